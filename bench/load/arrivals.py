# SPDX-License-Identifier: Apache-2.0
"""arrivals.py - a server that notes when each request arrives: pacing as somebody else sees it.

Prints its port; at the end of its input prints the instants (CLOCK_MONOTONIC, ns) as JSON and ends.
"""
import gc
import json
import select
import socket
import sys
import time

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


def main():
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(4096)
    print(listener.getsockname()[1], flush=True)
    poll = select.epoll()
    poll.register(listener, select.EPOLLIN)
    poll.register(sys.stdin, select.EPOLLIN)
    peers, at = {}, []
    gc.disable()
    while True:
        for fd, _ in poll.poll():
            if fd == sys.stdin.fileno():
                print(json.dumps(at))
                return
            if fd == listener.fileno():
                peer, _ = listener.accept()
                peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                peers[peer.fileno()] = peer
                poll.register(peer, select.EPOLLIN)
                continue
            if peers[fd].recv(65536): # a request is smaller than a segment, and each waits for its answer
                at.append(time.monotonic_ns())
                peers[fd].sendall(ANSWER)
            else:
                peers.pop(fd).close()


main()
