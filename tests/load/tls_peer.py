# SPDX-License-Identifier: Apache-2.0
"""tls_peer.py - the TLS side of fault_server.py: handshakes, in order or wrong on purpose, and ends."""
import socket
import ssl
import struct

RECORD_HEAD = 5


def make_context(certificate, key, wants_certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    if wants_certificate:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(certificate)
    return context


def read_hello(peer):
    """The client's first record, whole."""
    data = b""
    while len(data) < RECORD_HEAD or len(data) < RECORD_HEAD + struct.unpack("!H", data[3:5])[0]:
        more = peer.recv(65536)
        if not more:
            raise OSError("the client left")
        data += more
    return data


def say_end(peer):
    """close_notify; then waits for the client's answer to it, or for its end."""
    try:
        peer.unwrap()
    except OSError:
        pass


def wait_for_end(peer):
    try:
        while peer.recv(65536):
            pass
    except OSError:
        pass
    peer.close()


def reset(peer):
    read_hello(peer)
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()


def close(peer):
    read_hello(peer)
    peer.shutdown(socket.SHUT_WR)
    wait_for_end(peer)


def hang(peer):
    wait_for_end(peer)


def say(peer, data):
    read_hello(peer)
    peer.sendall(data)
    peer.shutdown(socket.SHUT_WR)
    wait_for_end(peer)


def alert(peer):
    say(peer, b"\x15\x03\x03\x00\x02\x02\x46")  # fatal, protocol version


def plain(peer):
    say(peer, b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")


def half(peer, context):
    """Ends in the middle of the server's first flight."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = context.wrap_bio(incoming, outgoing, server_side=True)
    incoming.write(read_hello(peer))
    try:
        server.do_handshake()
    except ssl.SSLWantReadError:
        pass
    flight = outgoing.read()
    peer.sendall(flight[:len(flight) // 2])


def half_close(peer, context):
    half(peer, context)
    peer.shutdown(socket.SHUT_WR)
    wait_for_end(peer)


def half_hang(peer, context):
    half(peer, context)
    wait_for_end(peer)


# Done with a connection before it has TLS.
faults = {
    "tls-reset": reset, "tls-close": close, "tls-hang": hang, "tls-alert": alert, "tls-plain": plain,
}
faults_inside = {"tls-half-close": half_close, "tls-half-hang": half_hang}
WANTS_CERTIFICATE = "tls-wants-certificate"  # TLS 1.3 finds out when the client believes that all is well
