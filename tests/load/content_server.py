#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""content_server.py - an HTTP server that says what it is asked to: /he/llo is answered with the chunks "he" and "llo".

/large/hello has a megabyte in front, /eof/hello ends with its connection. X-Version is the query, when there is one.
Listens on a free port of 127.0.0.1 and prints it.
"""
import http.server


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *args):
        pass

    def pieces(self, path):
        words = path.strip("/").split("/")
        if words[0] == "large":
            return [b"x" * 65536] * 16 + [words[1].encode()]
        return [word.encode() for word in words if word != "eof"]

    def do_GET(self):
        path, _, query = self.path.partition("?")
        until_end = path.startswith("/eof")
        self.send_response(200)
        if query:
            self.send_header("X-Version", query)
        self.send_header(*(("Connection", "close") if until_end else ("Transfer-Encoding", "chunked")))
        self.end_headers()
        for piece in self.pieces(path):
            self.wfile.write(piece if until_end else b"%x\r\n%s\r\n" % (len(piece), piece))
        if not until_end:
            self.wfile.write(b"0\r\n\r\n")

    do_POST = do_GET


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 1024


server = Server(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
