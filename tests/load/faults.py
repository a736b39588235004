# SPDX-License-Identifier: Apache-2.0
"""faults.py - what can go wrong with a request, one function each, and where it meets one:

    accept    a connection, before a byte of it was read
    handshake a connection under TLS, in its handshake
    unread    the next request on a connection that has answered one, while it is still in the socket
    head      a request of which only the head was read
    request   a request that was read to its end
    again     the same, but not the first on its connection

A fault answers True when the connection goes on.
"""
import select
import socket
import threading
import time
from dataclasses import dataclass
from typing import Callable

import tls_peer

STALL_S = 2
SLOW_S = 0.1
LATE_S = 0.3
IDLE_S = 0.005
PARTIAL_HEAD = b"HTTP/1.1 200 OK\r\nX-Pod: pod-a\r\nContent-"
PARTIAL_BODY = b"HTTP/1.1 200 OK\r\nX-Pod: pod-a\r\nContent-Length: 13\r\n\r\nhello"
CHUNK = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"


@dataclass
class Fault:
    meets: str
    strike: Callable


ALL = {"none": Fault("never", None)}


def fault(name, meets="request"):
    def add(function):
        ALL[name] = Fault(meets, function)
        return function
    return add


def find(name):
    """503 and its like are made as they are asked for."""
    if name.isdigit():
        return Fault("request", lambda c: answer_with(c, int(name)))
    return ALL[name]


def answer_with(c, status):
    c.send(b"HTTP/1.1 %d Whatever\r\nX-Pod: pod-b\r\nContent-Length: 0\r\n%s\r\n" % (status, c.fields))
    return True


# Ends at once.
fault("fin-accept", "accept")(lambda c: c.finish())
fault("rst-accept", "accept")(lambda c: c.reset())
fault("fin-silent")(lambda c: c.finish())
fault("rst-silent")(lambda c: c.reset())
fault("race-fin", "again")(lambda c: c.finish())


@fault("fin-late")
def fin_late(c):
    time.sleep(LATE_S)
    c.injection["at"] = time.time_ns()
    c.finish()


@fault("race-rst", "unread")
def race_rst(c):
    """Closing over what was not read resets."""
    c.peer.close()


@fault("race-unread-fin", "unread")
def race_unread_fin(c):
    """An end in order, before the request is read."""
    c.peer.shutdown(socket.SHUT_WR)
    c.drain()


@fault("rst-in-send", "head")
def rst_in_send(c):
    c.reset()


@fault("hang-in-send", "head")
def hang_in_send(c):
    """Reads no further: the client is left with most of its body."""
    poll = select.poll()
    poll.register(c.peer, select.POLLRDHUP | select.POLLHUP)
    poll.poll()
    c.injection["left"] = time.time_ns()
    c.peer.close()


# TLS's handshake.
for word, function in tls_peer.faults.items():
    fault(word, "handshake")(lambda c, strike=function: strike(c.peer))
for word, function in tls_peer.faults_inside.items():
    fault(word, "handshake")(lambda c, strike=function: strike(c.peer, c.server.tls.context))


@fault(tls_peer.WANTS_CERTIFICATE, "handshake")
def wants_certificate(c):
    tls_peer.make_context(*c.server.tls.files, True).wrap_socket(c.peer, server_side=True)


# Ends within the answer.
def cut(name, data):
    @fault(name)
    def orderly(c):
        c.send(data)
        c.finish()

    @fault(name + "-rst")
    def reset(c):
        c.send(data)
        c.reset()


cut("cut-head", PARTIAL_HEAD)
cut("cut-body", PARTIAL_BODY)
cut("cut-chunk", CHUNK)
cut("cut-chunk-size", CHUNK + b"1")
cut("cut-interim", b"HTTP/1.1 100 Continue\r\n\r\n")


# Never ends.
def hang(name, data):
    @fault(name)
    def silent(c):
        if data:
            c.send(data)
        c.drain()


hang("hang", b"")
hang("hang-interim", b"HTTP/1.1 100 Continue\r\n\r\n")
hang("hang-head", PARTIAL_HEAD)
hang("hang-body", PARTIAL_BODY)
hang("hang-chunk", CHUNK)


@fault("drip-body")
def drip_body(c):
    """Alive, and yet never done."""
    c.send(CHUNK)
    try:
        while not select.select([c.peer], [], [], 0.02)[0]:
            c.send(b"1\r\nx\r\n")
    except OSError:
        pass
    c.drain()


# No HTTP.
def malformed(name, data):
    @fault(name)
    def wrong(c):
        c.send(data)
        c.finish()


malformed("bad-status", b"HTTP/1.1 OK two hundred\r\n\r\n")
malformed("not-http", b"SSH-2.0-OpenSSH_9.2\r\n")
malformed("bad-field", b"HTTP/1.1 200 OK\r\nContent Length 3\r\n\r\nabc")
malformed("two-lengths", b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nabcde")
malformed("bad-chunk", CHUNK + b"xyz\r\n")


@fault("endless-head")
def endless_head(c):
    try:
        c.send(b"HTTP/1.1 200 OK\r\n")
        for i in range(1 << 16):
            c.send(b"X-%d: %s\r\n" % (i, b"x" * 1000))
    except OSError:
        pass
    c.drain()


# Answers that are whole, in spite of all.
@fault("interim")
def interim(c):
    c.send(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
    c.answer()
    return True


@fault("eof-body")
def eof_body(c):
    """Under TLS only close_notify can say that this was all."""
    c.send(b"HTTP/1.1 200 OK\r\n\r\nall there is")
    with c.lock:
        c.ledger.answered += not (c.is_secure and c.server.tls.is_cut)
    c.finish()


@fault("garbage")
def garbage(c):
    """In one piece with the answer."""
    c.answer(more=b"and what nobody asked for")
    c.finish()


@fault("second-answer")
def second_answer(c):
    """The same, and it looks like the answer to the next request."""
    c.answer(more=b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    c.finish()


@fault("garbage-idle")
def garbage_idle(c):
    c.answer()
    time.sleep(IDLE_S)
    c.send(b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n")
    if c.finish_idle(): # whoever asked in that instant has an answer
        with c.lock:
            c.ledger.answered += 1


@fault("idle-close")
def idle_close(c):
    """Right behind the answer: whoever keeps connections may already be sending its next request."""
    c.answer()
    c.finish_idle()


@fault("idle-close-rst")
def idle_close_rst(c):
    c.answer()
    time.sleep(IDLE_S)
    c.reset()


@fault("stall")
def stall(c):
    """Nobody is answered for a while, once, from the request that meets it on."""
    def end():
        time.sleep(STALL_S)
        c.server.gate.set()
    c.server.gate.clear()
    threading.Thread(target=end, daemon=True).start()
    c.server.gate.wait()
    c.answer()
    return True


@fault("slow")
def slow(c):
    time.sleep(SLOW_S)
    c.answer()
    return True


@fault("die")
def die(c):
    """The last one takes all the others with it."""
    with c.lock:
        if len(c.ledger.injected) == c.server.count:
            c.server.end()
        c.answer()
    return True


# Answers that are whole, and not what was asked for.
def wrong_content(name, version, body):
    @fault(name)
    def answer(c):
        c.send(b"HTTP/1.1 200 OK\r\n%sContent-Length: %d\r\n%s\r\n%s" % (version, len(body), c.fields, body))
        return True


wrong_content("other-body", b"X-Version: 2\r\n", b"hello, moon!\n")
wrong_content("empty-body", b"X-Version: 2\r\n", b"")
wrong_content("no-version", b"", b"hello, world\n")
wrong_content("version-back", b"X-Version: 1\r\n", b"hello, world\n") # only the first answer was of version 1


# Before the request is there.
def early(c, status):
    c.send(b"HTTP/1.1 %d Early\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" % status)


@fault("early-413", "head")
def early_413(c):
    """Closes with most of the body unread, which makes the kernel reset the connection."""
    early(c, 413)
    c.peer.close()


@fault("early-413-fin", "head")
def early_413_fin(c):
    early(c, 413)
    c.peer.shutdown(socket.SHUT_WR)
    c.drain()


@fault("early-cut", "head")
def early_cut(c):
    """An answer whose end only the end of the connection could tell, and then a reset."""
    c.send(b"HTTP/1.1 413 Content Too Large\r\n\r\ntoo l")
    c.reset()
