# SPDX-License-Identifier: Apache-2.0
"""One nginx on one core: answers 13 bytes to everything, and counts what it has seen."""
import os
import resource
import socket
import subprocess
import time
import urllib.request

import machine

# No tickets: wrk would resume its sessions, and its handshakes would be of another kind than everybody else's.
TLS = """\
	ssl_certificate {folder}/certificate.pem;
	ssl_certificate_key {folder}/key.pem;
	ssl_protocols TLSv1.2 TLSv1.3;
	ssl_session_tickets off;
"""

CONF = """\
daemon off;
master_process off; # one process on one core: the worker
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
worker_rlimit_nofile {files};
events {{ worker_connections {connections}; }}
http {{
	access_log off;
	client_body_temp_path {folder}/body;
	proxy_temp_path {folder}/proxy;
	fastcgi_temp_path {folder}/fastcgi;
	uwsgi_temp_path {folder}/uwsgi;
	scgi_temp_path {folder}/scgi;
	keepalive_requests 1000000000;
	keepalive_timeout 3600s;
{tls}	server {{
{listens}
		location / {{ return 200 "hello, world\\n"; }}
	}}
	server {{
		listen 127.0.0.1:{port};
		location = /seen {{ stub_status; }}
	}}
}}
"""
CONNECTIONS = 32768


def make_certificate(folder):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1",
                    "-subj", "/CN=bench", "-keyout", f"{folder}/key.pem", "-out", f"{folder}/certificate.pem"],
                   check=True, stderr=subprocess.DEVNULL)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Nginx:
    """Listens at each of `addresses` for traffic, and at 127.0.0.1 for questions."""

    def __init__(self, folder, core, addresses, tls=False):
        self.asked = 0
        self.port = free_port()
        if tls:
            make_certificate(folder)
        listens = "\n".join(f"\t\tlisten {a}:{self.port} {'ssl ' * tls}backlog=4096;" for a in addresses)
        conf = os.path.join(folder, "nginx.conf")
        with open(conf, "w") as out:
            out.write(CONF.format(folder=folder, connections=CONNECTIONS, files=self.files(), port=self.port,
                                  listens=listens, tls=TLS.format(folder=folder) if tls else ""))
        self.errors = os.path.join(folder, "error.log")
        self.process = subprocess.Popen([machine.find("nginx"), "-c", conf], stderr=subprocess.DEVNULL,
                                        preexec_fn=lambda: os.sched_setaffinity(0, {core}))
        self.wait()

    @staticmethod
    def files():
        return min(resource.getrlimit(resource.RLIMIT_NOFILE)[1], CONNECTIONS + 1024)

    def wait(self):
        deadline = time.monotonic() + 10
        while True:
            try:
                return self.seen()
            except OSError as error:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit(f"bench/load: nginx did not start: {error}: see {self.errors}")
                time.sleep(0.01)

    def seen(self):
        """Requests that it has taken, our questions not counted."""
        url = f"http://127.0.0.1:{self.port}/seen"
        with urllib.request.urlopen(url, timeout=10) as answer:
            numbers = answer.read().decode().splitlines()[2].split()
        self.asked += 1
        return int(numbers[2]) - self.asked

    def cpu_s(self):
        with open(f"/proc/{self.process.pid}/schedstat") as words:
            return int(words.read().split()[0]) / 1e9

    def stop(self):
        self.process.terminate()
        self.process.wait()
