#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""fault_server.py FAULT COUNT LEDGER [CERTIFICATE KEY [cut]] - an HTTP server that does one thing wrong COUNT times and
keeps its own ledger.

Listens on a free port of 127.0.0.1 and prints it. Every third request (every third connection for rst-accept and for the
faults of TLS's handshake) meets the fault until COUNT are done; the rest are answered in order. On TERM writes the ledger
as JSON to LEDGER and ends. With a certificate it speaks TLS, and says close_notify at the end of a connection, or, with
"cut", does not.
"""
import json
import os
import select
import signal
import socket
import struct
import sys
import threading
import time

sys.dont_write_bytecode = True
import tls_peer  # noqa: E402

fault, count, ledger_path = sys.argv[1], int(sys.argv[2]), sys.argv[3]
is_secure, is_cut = len(sys.argv) > 4, sys.argv[6:] == ["cut"]
of_handshake = {tls_peer.WANTS_CERTIFICATE, *tls_peer.faults, *tls_peer.faults_inside}
lock = threading.Lock()
ledger = {"fault": fault, "connections": 0, "requests": 0, "injected": 0, "answered": 0}
seen = 0
gate = threading.Event()
gate.set()
body = b"hello, world\n"
answer_head = b"HTTP/1.1 200 OK\r\nX-Pod: pod-a\r\nContent-Length: %d\r\n" % len(body)
STALL_S = 2


def inject():
    """Whether the fault is due now; counts it."""
    global seen
    with lock:
        seen += 1
        due = seen % 3 == 0 and ledger["injected"] < count
        ledger["injected"] += due
        return due


def reset(peer):
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()


def finish(peer):
    """An end in order: everything read, FIN, and no reset however long the client stays."""
    if is_secure and not is_cut:
        tls_peer.say_end(peer)
    peer.shutdown(socket.SHUT_WR)
    try:
        while peer.recv(65536):
            pass
    except OSError:
        pass
    peer.close()


def read_head(peer, buffered):
    """(head, rest), or None at the end of the connection."""
    while b"\r\n\r\n" not in buffered:
        more = peer.recv(65536)
        if not more:
            return None
        buffered += more
    head, rest = buffered.split(b"\r\n\r\n", 1)
    return head, rest


def read_body(peer, head, rest):
    length = 0
    for line in head.split(b"\r\n")[1:]:
        name, value = line.split(b":", 1)
        if name.lower() == b"content-length":
            length = int(value)
    while len(rest) < length:
        more = peer.recv(65536)
        if not more:
            return None
        rest += more
    return rest[length:]


def stall():
    """Nobody is answered for a while, once, from the request that meets it on."""
    gate.clear()
    time.sleep(STALL_S)
    gate.set()


# What follows is done with the request read; True: the connection goes on.
def fin_silent(peer):
    finish(peer)


def rst_silent(peer):
    reset(peer)


def cut_head(peer):
    peer.sendall(answer_head[:30])
    finish(peer)


def cut_head_rst(peer):
    peer.sendall(answer_head[:30])
    reset(peer)


def malformed_head(peer):
    peer.sendall(b"HTTP/1.1 OK two hundred\r\n\r\n")
    finish(peer)


def cut_body(peer):
    peer.sendall(answer_head + b"\r\n" + body[:5])
    finish(peer)


def cut_body_rst(peer):
    peer.sendall(answer_head + b"\r\n" + body[:5])
    reset(peer)


def chunk_cut(peer):
    peer.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
    finish(peer)


def chunk_bad(peer):
    peer.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nxyz\r\n")
    finish(peer)


def hang(peer):
    finish_when_left(peer)


def hang_head(peer):
    peer.sendall(answer_head[:30])
    finish_when_left(peer)


def hang_body(peer):
    peer.sendall(answer_head + b"\r\n" + body[:5])
    finish_when_left(peer)


def finish_when_left(peer):
    try:
        while peer.recv(65536):
            pass
    except OSError:
        pass
    peer.close()


def status_503(peer):
    peer.sendall(b"HTTP/1.1 503 Service Unavailable\r\nX-Pod: pod-b\r\nContent-Length: 0\r\n\r\n")
    return True


def garbage(peer):
    peer.sendall(answer_head + b"\r\n" + body + b"and what nobody asked for")
    finish(peer)


def garbage_idle(peer):
    peer.sendall(answer_head + b"\r\n" + body)
    time.sleep(0.02)
    peer.sendall(b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n")
    finish(peer)


def interim(peer):
    peer.sendall(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
    return answer(peer)


def eof_body(peer):
    peer.sendall(b"HTTP/1.1 200 OK\r\n\r\nall there is")
    finish(peer)


def idle_close(peer):
    answer(peer)
    finish(peer)


def idle_close_rst(peer):
    answer(peer)
    time.sleep(0.002)  # its bytes are read before the reset comes
    reset(peer)


def stalled(peer):
    threading.Thread(target=stall, daemon=True).start()
    time.sleep(0.001)
    gate.wait()
    return answer(peer)


def answer(peer):
    close = b"Connection: close\r\n" if fault in {"rst-accept", *of_handshake} else b""
    peer.sendall(answer_head + close + b"\r\n" + body)
    return not close


def early_413(peer, head):
    """Answers and closes with most of the body unread, which makes the kernel reset the connection."""
    peer.sendall(b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    peer.close()


def early_cut(peer, head):
    """An answer whose end only the end of the connection could tell, and then a reset."""
    peer.sendall(b"HTTP/1.1 413 Content Too Large\r\n\r\ntoo l")
    reset(peer)


def rst_in_send(peer, head):
    reset(peer)


def race(peer, served):
    """Waits until the next request is there and closes over it, unread: the reset of a keep-alive race."""
    select.select([peer], [], [])
    peer.close()


faults = {
    "fin-silent": fin_silent, "rst-silent": rst_silent, "cut-head": cut_head, "cut-head-rst": cut_head_rst,
    "malformed-head": malformed_head, "cut-body": cut_body, "cut-body-rst": cut_body_rst, "chunk-cut": chunk_cut,
    "chunk-bad": chunk_bad, "hang": hang, "hang-head": hang_head, "hang-body": hang_body, "503": status_503,
    "garbage": garbage, "garbage-idle": garbage_idle, "interim": interim, "eof-body": eof_body,
    "idle-close": idle_close, "idle-close-rst": idle_close_rst, "stall": stalled,
}
before_body = {"early-413": early_413, "early-cut": early_cut, "rst-in-send": rst_in_send}


def serve_one(peer, buffered, served):
    """What is left over for the next request, or None when the connection is done."""
    if fault == "race-rst" and served and inject():
        return race(peer, served)
    got = read_head(peer, buffered)
    if got is None:
        peer.close()
        return None
    with lock:
        ledger["requests"] += 1
    if fault in before_body and inject():
        return before_body[fault](peer, got[0])
    rest = read_body(peer, *got)
    if rest is None:
        peer.close()
        return None
    gate.wait()
    wrong = faults.get(fault)
    if fault == "race-fin":
        wrong = fin_silent if served else None
    if wrong and inject():
        return rest if wrong(peer) else None
    with lock:
        ledger["answered"] += 1
    if not answer(peer):
        finish(peer)
        return None
    return rest


def shake_hands(peer):
    """The peer under TLS, or None when its handshake met the fault."""
    is_wrong = fault in of_handshake and inject()
    if is_wrong and fault in tls_peer.faults:
        return tls_peer.faults[fault](peer)
    context = tls_peer.make_context(*sys.argv[4:6], is_wrong and fault == tls_peer.WANTS_CERTIFICATE)
    if is_wrong and fault in tls_peer.faults_inside:
        return tls_peer.faults_inside[fault](peer, context)
    return context.wrap_socket(peer, server_side=True)


def serve(peer):
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    buffered, served = b"", 0
    try:
        if is_secure:
            peer = shake_hands(peer)
            if peer is None:
                return
        while buffered is not None:
            buffered = serve_one(peer, buffered, served)
            served += 1
    except OSError:
        pass
    finally:
        if peer:
            peer.close()


def end(number, frame):
    with open(ledger_path, "w") as out:
        json.dump(ledger, out)
    os._exit(0)


signal.signal(signal.SIGTERM, end)
threading.stack_size(256 * 1024)
listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen(4096)
print(listener.getsockname()[1], flush=True)
while True:
    accepted, _ = listener.accept()
    ledger["connections"] += 1
    if fault == "rst-accept" and inject():
        reset(accepted)
        continue
    threading.Thread(target=serve, args=(accepted,), daemon=True).start()
