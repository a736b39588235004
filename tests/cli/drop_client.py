#!/usr/bin/env python3
"""drop_client.py PORT CLIENTS - as many clients as told, until the server is gone; says what it lost.

Half of the clients take a new connection for each request, half keep theirs and think for up to 20 ms; every other
request is a POST. The client is careful (it sends nothing on a connection after an answer that closes it) and never
retries. Lost is a request on a connection whose handshake was completed that got no whole answer. Prints "warm" once
every client has been answered ten times, and at the end "answered=N closing=N lost=N" and each loss.
"""
import random
import socket
import sys
import threading
import time

PORT, CLIENTS = int(sys.argv[1]), int(sys.argv[2])
END = time.monotonic() + 60
lock = threading.Lock()
answered, closing, warm, lost = 0, 0, 0, []


def request(number):
    if number % 2:
        return b"GET /drop HTTP/1.1\r\nHost: a\r\n\r\n"
    return b"POST /drop HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"


def exchange(s, number):
    """The answer's head; raises when there is no whole answer."""
    s.sendall(request(number))
    data = b""
    while b"\r\n\r\n" not in data:
        more = s.recv(65536)
        if not more:
            raise ConnectionError("closed after %d bytes" % len(data))
        data += more
    head, body = data.split(b"\r\n\r\n", 1)
    length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
    while len(body) < length:
        more = s.recv(65536)
        if not more:
            raise ConnectionError("cut in the body")
        body += more
    if not head.startswith(b"HTTP/1.1 200 "):
        raise ConnectionError(head.split(b"\r\n")[0].decode())
    return head


def client(index):
    global answered, closing, warm
    keeps, s, number, served = index % 2 == 0, None, index, 0
    thoughts = random.Random(index)
    while time.monotonic() < END:
        if s is None:
            try:
                s = socket.create_connection(("127.0.0.1", PORT), timeout=10)
            except OSError:
                return  # refused or reset before the handshake was over: the server is gone, nothing was accepted
            served = 0
        number += 1
        try:
            head = exchange(s, number)
        except OSError as e:
            with lock:
                lost.append("%s after %d on this connection: %s" % (("POST", "GET")[number % 2], served, e))
            s.close()
            s = None
            continue
        served += 1
        closes = b"connection: close" in head.lower()
        with lock:
            answered += 1
            closing += closes
            warm += number == index + 10
            if number == index + 10 and warm == CLIENTS:
                print("warm", flush=True)
        if closes or not keeps:
            s.close()
            s = None
        if keeps and index % 4 == 0:
            time.sleep(thoughts.random() * 0.02)


threads = [threading.Thread(target=client, args=(i,)) for i in range(CLIENTS)]
for t in threads:
    t.start()
for t in threads:
    t.join()
print("answered=%d closing=%d lost=%d" % (answered, closing, len(lost)))
for line in lost:
    print("lost:", line)
