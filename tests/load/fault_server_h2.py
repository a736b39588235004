#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""fault_server_h2.py FAULT COUNT LEDGER [CERTIFICATE KEY] - an HTTP/2 server that does one thing wrong COUNT times and
keeps its own ledger.

Listens on a free port of 127.0.0.1 (with a certificate: TLS, ALPN h2) and prints it. Every third request meets the fault
until COUNT are done; the rest are answered in order. Frames are written by hand, as no library would send the wrong
ones; requests are not read beyond their number and their end. On TERM writes the ledger as JSON to LEDGER and ends.
"""
import json
import os
import select
import signal
import socket
import ssl
import struct
import sys
import threading
import time

fault, count, ledger_path = sys.argv[1], int(sys.argv[2]), sys.argv[3]
lock = threading.Lock()
# lost: requests that ended without an answer with the connection; refused: those that a GOAWAY left out.
ledger = {"fault": fault, "connections": 0, "requests": 0, "injected": 0, "answered": 0, "lost": 0, "refused": 0, "most": 0,
          "cancelled": 0}
seen = 0
gate = threading.Event()
gate.set()
STALL_S = 2
LIMIT = {"limit": 2, "together": 10}.get(fault, 100)

DATA, HEADERS, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE = 0, 1, 3, 4, 5, 6, 7, 8
END_STREAM = ACK = 1
END_HEADERS = 4
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
NO_ERROR, INTERNAL_ERROR, REFUSED_STREAM, CANCEL = 0, 2, 7, 8
EVERY_STREAM = 2**31 - 1
body = b"hello, world\n"


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def field(name, value):
    """Literal, not indexed, as it is."""
    return b"\0" + bytes([len(name)]) + name + bytes([len(value)]) + value


def head(status, *fields):
    return field(b":status", b"%d" % status) + b"".join(field(n, v) for n, v in fields)


ok = head(200, (b"x-pod", b"pod-a"), (b"content-length", b"%d" % len(body)))


def word(code):
    return struct.pack(">I", code)


def inject():
    """Whether the fault is due now; counts it."""
    global seen
    with lock:
        seen += 1
        due = seen % 3 == 0 and ledger["injected"] < count
        ledger["injected"] += due
        return due


def note(name, n=1):
    with lock:
        ledger[name] += n


class Peer:
    def __init__(self, sock):
        self.sock, self.buffered = sock, b""
        self.open = set()  # requests that have not been answered
        self.whole = set()  # those of them that are there to the last byte
        self.served = 0
        self.last = None  # requests beyond it are refused

    def send(self, *frames):
        self.sock.sendall(b"".join(frames))

    def read(self, length):
        """None at the end of the connection."""
        while len(self.buffered) < length:
            more = self.sock.recv(65536)
            if not more:
                return None
            self.buffered += more
        got, self.buffered = self.buffered[:length], self.buffered[length:]
        return got

    def read_frame(self):
        start = self.read(9)
        if start is None:
            return None
        payload = self.read(int.from_bytes(start[:3], "big"))
        return None if payload is None else (start[3], start[4], int.from_bytes(start[5:9], "big"), payload)

    def answer(self, stream, more=b""):
        """`more` goes out before it, in the same packet."""
        gate.wait()
        note("answered")
        self.done(stream)
        self.send(more, frame(HEADERS, END_HEADERS, stream, ok), frame(DATA, END_STREAM, stream, body))

    def done(self, stream):
        self.open.discard(stream)
        self.whole.discard(stream)
        self.served += 1

    def finish(self):
        """An end in order: FIN, everything read, and no reset however long the client stays. What is still open then
        was lost, and so was what comes until the client knows."""
        self.sock.shutdown(socket.SHUT_WR)
        self.drain()
        raise EOFError

    def drain(self):
        try:
            while (got := self.read_frame()) is not None:
                if got[0] == HEADERS:
                    on_headers_late(self, got[2])
        except OSError:
            pass

    def reset(self):
        raw = self.sock
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        note("lost", len(self.open))
        self.open.clear()
        raw.close()
        raise EOFError


# What follows is done with a request that is there to the last byte.
def rst_internal(p, stream):
    p.done(stream)
    p.send(frame(RST_STREAM, 0, stream, word(INTERNAL_ERROR)))


def rst_refused(p, stream):
    p.done(stream)
    p.send(frame(RST_STREAM, 0, stream, word(REFUSED_STREAM)))


def rst_in_body(p, stream):
    p.done(stream)
    p.send(frame(HEADERS, END_HEADERS, stream, ok), frame(DATA, 0, stream, body[:5]),
           frame(RST_STREAM, 0, stream, word(CANCEL)))


def status_503(p, stream):
    p.done(stream)
    p.send(frame(HEADERS, END_HEADERS | END_STREAM, stream, head(503, (b"x-pod", b"pod-b"))))


def short_body(p, stream):
    p.done(stream)
    p.send(frame(HEADERS, END_HEADERS, stream, ok), frame(DATA, END_STREAM, stream, body[:5]))


def long_body(p, stream):
    p.done(stream)
    p.send(frame(HEADERS, END_HEADERS, stream, ok), frame(DATA, END_STREAM, stream, body + body))


def no_status(p, stream):
    p.done(stream)
    p.send(frame(HEADERS, END_HEADERS | END_STREAM, stream, field(b"x-pod", b"pod-a")))


def upper_case(p, stream):
    p.done(stream)
    p.send(frame(HEADERS, END_HEADERS | END_STREAM, stream, head(200, (b"X-Pod", b"pod-a"))))


def interim(p, stream):
    p.answer(stream, frame(HEADERS, END_HEADERS, stream, head(100)) +
             frame(HEADERS, END_HEADERS, stream, head(103, (b"link", b"</a>"), (b"x-pod", b"nobody"))))


def hang(p, stream):
    p.done(stream)


def hang_head(p, stream):
    p.done(stream)
    p.send(frame(HEADERS, END_HEADERS, stream, head(103)))


def hang_body(p, stream):
    p.done(stream)
    p.send(frame(HEADERS, END_HEADERS, stream, ok), frame(DATA, 0, stream, body[:5]))


def fin_silent(p, stream):
    p.finish()


def rst_silent(p, stream):
    p.reset()


def cut_head(p, stream):
    p.send(frame(HEADERS, END_HEADERS, stream, ok)[:20])
    p.finish()


def cut_head_rst(p, stream):
    p.send(frame(HEADERS, END_HEADERS, stream, ok)[:20])
    p.reset()


def cut_body(p, stream):
    p.send(frame(HEADERS, END_HEADERS, stream, ok), frame(DATA, 0, stream, body[:5]))
    p.finish()


def cut_frame(p, stream):
    p.send(frame(HEADERS, END_HEADERS, stream, ok), frame(DATA, END_STREAM, stream, body)[:12])
    p.finish()


def cut_body_rst(p, stream):
    p.send(frame(HEADERS, END_HEADERS, stream, ok), frame(DATA, 0, stream, body[:5]))
    p.reset()


def no_http2(p, stream):
    p.sock.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
    p.finish()


def bad_hpack(p, stream):
    p.send(frame(HEADERS, END_HEADERS | END_STREAM, stream, b"\xff\xff\xff\xff\xff\xff\xff"))
    p.finish()


def wrong_frame(p, stream):
    """A PING that is too short, when the body has begun."""
    p.send(frame(HEADERS, END_HEADERS, stream, ok), frame(DATA, 0, stream, body[:5]), frame(PING, 0, 0, b"short"))
    p.finish()


def leave_out(p, last):
    """GOAWAY: whatever is beyond `last` was not processed."""
    p.last = last
    p.send(frame(GOAWAY, 0, 0, word(max(last, 0)) + word(NO_ERROR)))
    for stream in [s for s in p.open if s > last]:
        p.open.discard(stream)
        note("refused")


def goaway_below(p, stream):
    leave_out(p, stream - 2)


def goaway_cut(p, stream):
    """This one was processed, but the connection ends before the answer."""
    leave_out(p, stream)
    p.finish()


def drain_in_order(p, stream):
    """RFC 9113 §6.8: first a notice, then, when everybody knows, the last word. Nothing is lost."""
    p.answer(stream, frame(GOAWAY, 0, 0, word(EVERY_STREAM) + word(NO_ERROR)) + frame(PING, 0, 0, b"lameduck"))


def idle_close(p, stream):
    p.answer(stream)
    p.finish()


def idle_close_rst(p, stream):
    p.answer(stream)
    p.reset()


def idle_goaway(p, stream):
    """And it is the client that closes."""
    p.answer(stream)
    p.send(frame(GOAWAY, 0, 0, word(stream) + word(NO_ERROR)))
    p.drain()
    raise EOFError


def garbage_idle(p, stream):
    p.answer(stream)
    p.sock.sendall(b"HTTP/1.1 408 Request Timeout\r\n\r\n")
    p.finish()


def stalled(p, stream):
    threading.Thread(target=stall, daemon=True).start()
    time.sleep(0.001)
    p.answer(stream)


def stall():
    """Nobody is answered for a while, once, from the request that meets it on."""
    gate.clear()
    time.sleep(STALL_S)
    gate.set()


faults = {
    "rst-internal": rst_internal, "rst-refused": rst_refused, "rst-in-body": rst_in_body, "503": status_503,
    "short-body": short_body, "long-body": long_body, "no-status": no_status, "upper-case": upper_case, "interim": interim,
    "hang": hang, "hang-head": hang_head, "hang-body": hang_body, "fin-silent": fin_silent, "rst-silent": rst_silent,
    "cut-head": cut_head, "cut-head-rst": cut_head_rst, "cut-body": cut_body, "cut-frame": cut_frame,
    "cut-body-rst": cut_body_rst, "no-http2": no_http2, "bad-hpack": bad_hpack, "wrong-frame": wrong_frame,
    "goaway-below": goaway_below, "goaway-cut": goaway_cut, "drain": drain_in_order, "idle-close": idle_close,
    "idle-close-rst": idle_close_rst, "idle-goaway": idle_goaway, "garbage-idle": garbage_idle, "stall": stalled,
}


def early_413(p, stream):
    """Answers when no more than the head has come, and wants no more of it (RFC 9113 §8.1)."""
    p.done(stream)
    p.send(frame(HEADERS, END_HEADERS | END_STREAM, stream, head(413)), frame(RST_STREAM, 0, stream, word(NO_ERROR)))


def rst_in_send(p, stream):
    p.reset()


before_body = {"early-413": early_413, "rst-in-send": rst_in_send}


def answer_together(p):
    """When nothing more comes, so that it is seen how many do."""
    if p.buffered or select.select([p.sock], [], [], 0.02)[0]:
        return
    for stream in sorted(p.whole):
        p.answer(stream)


def request(p, stream):
    """It is there to the last byte."""
    note("requests")
    p.whole.add(stream)
    if fault in ("limit", "together"):
        answer_together(p)
        return
    if fault == "race-fin" and p.served and inject():
        fin_silent(p, stream)
    wrong = faults.get(fault)
    if wrong and inject():
        wrong(p, stream)
    else:
        p.answer(stream)


def on_headers_late(p, stream):
    """True when a GOAWAY has left it out."""
    if p.last is not None and stream > p.last:
        note("refused")
        return True
    p.open.add(stream)
    return False


def on_headers(p, stream, flags):
    if on_headers_late(p, stream):
        return
    if fault == "race-rst" and p.served and inject():
        p.reset()
    with lock:
        ledger["most"] = max(ledger["most"], len(p.open))
    if not flags & END_STREAM and fault in before_body and inject():
        before_body[fault](p, stream)
    elif flags & END_STREAM:
        request(p, stream)


def on_data(p, stream, flags, payload):
    if payload:
        p.send(frame(WINDOW_UPDATE, 0, 0, word(len(payload))))
    if stream not in p.open:
        return
    if payload and not flags & END_STREAM:
        p.send(frame(WINDOW_UPDATE, 0, stream, word(len(payload))))
    if flags & END_STREAM:
        request(p, stream)


def on_frame(p, kind, flags, stream, payload):
    if kind == SETTINGS and not flags & ACK:
        p.send(frame(SETTINGS, ACK, 0))
    elif kind == PING and not flags & ACK:
        p.send(frame(PING, ACK, 0, payload))
    elif kind == PING and payload == b"lameduck":
        p.last = EVERY_STREAM  # what is still open is answered, then it ends
        p.send(frame(GOAWAY, 0, 0, word(EVERY_STREAM) + word(NO_ERROR)))
    elif kind == HEADERS:
        on_headers(p, stream, flags)
    elif kind == DATA:
        on_data(p, stream, flags, payload)
    elif kind == RST_STREAM:
        note("cancelled")
        p.open.discard(stream)
    elif kind == GOAWAY:
        p.finish()


def serve(p):
    if p.read(len(PREFACE)) != PREFACE:
        return
    if fault == "fin-first" and inject():
        p.sock.shutdown(socket.SHUT_WR)
        p.drain()
        return
    p.send(frame(SETTINGS, 0, 0, struct.pack(">HI", 3, LIMIT)))
    if fault == "lame":  # new connections are accepted, and told at once that there will be no more requests
        p.send(frame(GOAWAY, 0, 0, word(EVERY_STREAM) + word(NO_ERROR)))
    while (got := p.read_frame()) is not None:
        on_frame(p, *got)
        if p.last is not None and not p.open:
            p.finish()


def run(sock):
    p = Peer(sock)
    try:
        serve(p)
    except (OSError, EOFError):
        pass
    finally:
        note("lost", len(p.open))
        sock.close()


def end(number, frame_):
    with open(ledger_path, "w") as out:
        json.dump(ledger, out)
    os._exit(0)


signal.signal(signal.SIGTERM, end)
threading.stack_size(256 * 1024)
context = None
if len(sys.argv) > 4:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[4], sys.argv[5])
    context.set_alpn_protocols(["h2"])
listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen(4096)
print(listener.getsockname()[1], flush=True)


def accept(sock):
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        run(context.wrap_socket(sock, server_side=True) if context else sock)
    except OSError:
        sock.close()


while True:
    accepted, _ = listener.accept()
    ledger["connections"] += 1
    if fault == "rst-accept" and inject():
        accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        accepted.close()
        continue
    threading.Thread(target=accept, args=(accepted,), daemon=True).start()
