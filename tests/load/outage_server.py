#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""outage_server.py LEDGER - an HTTP server whose listener is away for half a second at each USR1; what was accepted is
served. Listens on a free port of 127.0.0.1 and prints it. On TERM writes to LEDGER between which wall clock times (s)
there was no listener, and how many requests were answered.
"""
import json
import select
import signal
import socket
import sys
import time

ANSWER = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi"
AWAY_S = 0.5
outages, answered = [], 0
wake, woken = socket.socketpair()
wake.setblocking(False)
signal.set_wakeup_fd(wake.fileno())
signal.signal(signal.SIGUSR1, lambda number, frame: None)
signal.signal(signal.SIGTERM, lambda number, frame: None)


def listen(port):
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(4096)
    listener.setblocking(False)
    poll.register(listener, select.EPOLLIN)
    return listener


def accept():
    try:
        while True:
            peer, _ = listener.accept()
            peers[peer.fileno()] = peer
            poll.register(peer, select.EPOLLIN)
    except BlockingIOError:
        pass


def serve(fd):
    """A request is one packet here; the second time it is the end of the connection."""
    global answered
    try:
        if peers[fd].recv(65536):
            peers[fd].sendall(ANSWER)
            peers[fd].shutdown(socket.SHUT_WR)
            answered += 1
            return
    except OSError:
        pass
    poll.unregister(fd)
    peers.pop(fd).close()


poll, peers, back_at = select.epoll(), {}, None
listener = listen(0)
port = listener.getsockname()[1]
poll.register(woken, select.EPOLLIN)
print(port, flush=True)
while True:
    wait = -1 if back_at is None else max(0, back_at - time.monotonic())
    for fd, _ in poll.poll(wait):
        if fd == woken.fileno():
            number = woken.recv(1)[0]
            if number == signal.SIGTERM:
                with open(sys.argv[1], "w") as out:
                    json.dump({"outages": outages, "answered": answered}, out)
                sys.exit(0)
            outages.append([time.time()])
            listener.close()
            back_at = time.monotonic() + AWAY_S
        elif fd == listener.fileno():
            accept()
        else:
            serve(fd)
    if back_at is not None and time.monotonic() >= back_at:
        listener, back_at = listen(port), None
        outages[-1].append(time.time())
