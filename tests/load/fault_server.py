#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""fault_server.py FAULT COUNT LEDGER [CERTIFICATE KEY [cut]] - an HTTP server that does one thing wrong COUNT times and
keeps its own ledger.

Listens on a free port of 127.0.0.1 and prints it. Every third request (of those that the fault can meet: see faults.py)
meets it until COUNT are done; the rest are answered in order. On TERM writes the ledger as JSON to LEDGER and ends; the
fault "die" does that by itself. With a certificate it speaks TLS, and says close_notify at the end of a connection, or, with
"cut", does not.

As a module: FaultServer runs in threads of the program that tests with it. Instants are CLOCK_REALTIME, ns.
"""
import ctypes
import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
import faults    # noqa: E402
import tls_peer  # noqa: E402

BODY = b"hello, world\n"
HEAD = b"HTTP/1.1 200 OK\r\nX-Pod: pod-a\r\nContent-Length: %d\r\n" % len(BODY)
BACKLOG = 4096
PIECE = 1 << 18

SO_ATTACH_FILTER = 26


def filter_program():
    """Drops what has SYN and not ACK in its flags: A = byte 13; A &= 0x12; if A == 2 drop, else pass."""
    code = [(0x30, 0, 0, 13), (0x54, 0, 0, 0x12), (0x15, 0, 1, 0x02), (0x06, 0, 0, 0), (0x06, 0, 0, 0xffffffff)]
    words = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in code))
    return words, struct.pack("HP", len(code), ctypes.addressof(words))


FILTER_WORDS, NO_MORE_HANDSHAKES = filter_program()


REQUEST_RECORD = 40 # bytes: none of TLS's own, at the end of a connection, is as long


class Ledger:
    """What happened here, whatever the client makes of it."""

    def __init__(self):
        self.connections = 0
        self.requests = 0  # that came, even those that were never read
        self.answered = 0  # completely, and as asked
        self.raced = 0     # that came on a connection after we had ended it: lost, by nobody's fault
        self.injected = []  # {"at", "port": the client's, "left": when it had closed too, where that was waited for}
        self.seen = []      # when each request came
        self.took = []      # from there to its answer

    def as_json(self):
        return json.dumps({**vars(self), "injected": len(self.injected), "injections": self.injected})


class Connection:
    """One client's, and what can be done to it."""

    def __init__(self, server, peer, address):
        self.server, self.ledger, self.lock = server, server.ledger, server.lock
        self.peer, self.port = peer, address[1]
        self.buffered = b""
        self.served = 0
        self.is_secure = False
        self.injection = None
        self.fields = b"" # that every answer to this request has
        self.closing = False

    def is_due(self):
        """Whether this one meets the fault; into the ledger before anything is done about it."""
        with self.lock:
            self.server.met += 1
            if self.server.met % self.server.every or len(self.ledger.injected) == self.server.count:
                return False
            self.injection = {"at": time.time_ns(), "port": self.port}
            self.ledger.injected.append(self.injection)
            return True

    def came(self):
        with self.lock:
            self.came_at = time.time_ns()
            self.ledger.requests += 1
            self.ledger.seen.append(self.came_at)

    def send(self, data):
        self.peer.sendall(data)

    def answer(self, more=b""):
        # Counted together with being sent, so that a server that dies has either done both or none.
        with self.lock:
            version = b"X-Version: %d\r\n" % (2 if self.ledger.answered else 1)
            self.peer.sendall(HEAD + version + self.fields + b"\r\n" + BODY + more)
            self.ledger.answered += 1
            self.ledger.took.append(time.time_ns() - self.came_at)

    def reset(self):
        self.peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.peer.close()

    def drain(self):
        """What still comes until the client has closed too."""
        came = 0
        try:
            while more := self.peer.recv(PIECE):
                came += len(more)
        except OSError:
            pass
        if self.injection:
            self.injection["left"] = time.time_ns()
        self.peer.close()
        return came

    def finish(self):
        """An end in order: FIN, and no reset however long the client stays. Whether another request came all the same."""
        if self.is_secure and not self.server.tls.is_cut:
            tls_peer.say_end(self.peer)
        self.peer.shutdown(socket.SHUT_WR)
        # Under TLS these are no longer bytes that anybody could read.
        came = self.drain() > 0 and not self.is_secure
        if came:
            self.came()
        return came

    def finish_idle(self):
        """The same, where the client may have had its next request on the way."""
        raced = self.finish()
        with self.lock:
            self.ledger.raced += raced
        return raced

    def read_head(self):
        """None at the end of the connection."""
        while b"\r\n\r\n" not in self.buffered:
            more = self.peer.recv(PIECE)
            if not more:
                return None
            self.buffered += more
        head, self.buffered = self.buffered.split(b"\r\n\r\n", 1)
        return head

    def read_body(self, head):
        length = 0
        for line in head.split(b"\r\n")[1:]:
            name, value = line.split(b":", 1)
            if name.lower() == b"content-length":
                length = int(value)
        length -= len(self.buffered)
        self.buffered = b"" # no client sends its next request before it has its answer
        while length > 0:
            more = self.peer.recv(PIECE)
            if not more:
                return False
            length -= len(more)
        return True

    def has_next(self):
        """Waits for the next request, or for the end, and leaves it in the socket."""
        start = socket.socket.recv(self.peer, tls_peer.RECORD_HEAD, socket.MSG_PEEK)
        if not self.is_secure:
            return len(start) > 0
        return len(start) == tls_peer.RECORD_HEAD and struct.unpack("!H", start[3:])[0] >= REQUEST_RECORD

    def decide_end(self, head):
        """HTTP/1.0 asks for what HTTP/1.1 takes for granted."""
        first, _, rest = head.lower().partition(b"\r\n")
        asked = b"connection: keep-alive" in rest
        self.closing = b"connection: close" in rest or (first.endswith(b"/1.0") and not asked)
        # So that each request is on a connection that could have met it.
        self.closing |= self.server.fault.meets in ("accept", "handshake")
        self.fields = b"Connection: close\r\n" if self.closing else b"Connection: keep-alive\r\n" if asked else b""

    def serve_one(self):
        """Whether it is done; the connection may go on unless it is closing."""
        fault = self.server.fault
        if fault.meets == "unread" and self.served:
            if not self.has_next():
                return False
            if self.is_due():
                self.came()
                return fault.strike(self)
        head = self.read_head()
        if head is None:
            return False
        self.came()
        self.decide_end(head)
        if fault.meets == "head" and self.is_due():
            return fault.strike(self)
        if not self.read_body(head):
            return False
        self.server.gate.wait()
        if fault.meets == "request" or (fault.meets == "again" and self.served):
            if self.is_due():
                return fault.strike(self)
        self.answer()
        return True

    def shake_hands(self):
        """Whether there is a connection now."""
        fault = self.server.fault
        if fault.meets == "handshake" and self.is_due():
            fault.strike(self)
            return False
        self.peer = self.server.tls.context.wrap_socket(self.peer, server_side=True)
        self.is_secure = True
        return True

    def serve(self):
        try:
            if self.server.tls and not self.shake_hands():
                return
            while self.serve_one() and not self.closing:
                self.served += 1
            if self.closing:
                self.finish()
        except OSError:
            pass
        finally:
            self.peer.close()


class Tls:
    def __init__(self, certificate, key, cut=""):
        self.files = certificate, key
        self.is_cut = cut == "cut"
        self.context = tls_peer.make_context(certificate, key, False)


class FaultServer:
    def __init__(self, name, count, every=3, ledger_path=None, tls=None):
        self.fault = faults.find(name)
        self.count, self.every = count, every
        self.ledger_path, self.tls = ledger_path, tls
        self.met = 0
        self.ledger = Ledger()
        self.lock = threading.RLock()
        self.gate = threading.Event() # closed while nobody is answered
        self.gate.set()
        self.outage_s = 0
        self.listen(0)
        threading.Thread(target=self.accept_all, daemon=True).start()

    def listen(self, port):
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # A large body that is not read fits into no buffer.
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, PIECE)
        self.listener.bind(("127.0.0.1", port))
        self.listener.listen(BACKLOG)
        self.port = self.listener.getsockname()[1]

    def take(self, peer, address):
        connection = Connection(self, peer, address)
        with self.lock:
            self.ledger.connections += 1
        if self.fault.meets == "accept" and connection.is_due():
            # Not in the way of those that come next, should it want to wait for the client.
            threading.Thread(target=self.fault.strike, args=(connection,), daemon=True).start()
            return
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=connection.serve, daemon=True).start()

    def accept_all(self):
        while True:
            if select.select([self.listener], [], [], 0.01)[0]:
                self.take(*self.listener.accept())
            if self.outage_s:
                self.be_out()

    def take_waiting(self):
        while select.select([self.listener], [], [], 0)[0]:
            self.take(*self.listener.accept())

    def is_shaking_hands(self):
        """On a busy machine a handshake takes a while, and whoever is in one would be reset."""
        found = subprocess.run(["ss", "-Htn", "state", "syn-recv", "sport", "=", f":{self.port}"], capture_output=True,
                               check=True)
        return len(found.stdout) > 0

    def be_out(self):
        """Nobody listens for a while. What was accepted goes on, and so does what had been promised by a handshake."""
        self.outage = {"from": time.time_ns()}
        self.listener.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, NO_MORE_HANDSHAKES)
        while self.is_shaking_hands():
            pass
        self.take_waiting()
        self.listener.close()
        time.sleep(self.outage_s)
        self.listen(self.port)
        self.outage["to"] = time.time_ns()
        self.outage_s = 0

    def end(self):
        """Writes the ledger; nothing goes out after that."""
        with self.lock:
            with open(self.ledger_path, "w") as out:
                out.write(self.ledger.as_json())
            os._exit(0)


def main():
    name, count, path = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    threading.stack_size(256 * 1024)
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda number, frame: ended.set())
    server = FaultServer(name, count, ledger_path=path, tls=Tls(*sys.argv[4:]) if sys.argv[4:] else None)
    print(server.port, flush=True)
    ended.wait()
    server.end()


if __name__ == "__main__":
    main()
