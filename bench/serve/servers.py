# SPDX-License-Identifier: Apache-2.0
"""The servers, each one process on one core, and what is asked of them."""
import os
import shutil
import socket
import subprocess
import time

REQUEST = b"GET / HTTP/1.1\r\nHost: bench\r\n\r\n"
IDLE = 10000
NGINX = """\
daemon off;
master_process off; # one process: the worker
pid {folder}/nginx.pid;
error_log {folder}/nginx.log warn;
worker_rlimit_nofile 20000;
events {{ worker_connections 16000; }}
http {{
	access_log off;
	client_body_temp_path {folder}/body;
	proxy_temp_path {folder}/proxy;
	fastcgi_temp_path {folder}/fastcgi;
	uwsgi_temp_path {folder}/uwsgi;
	scgi_temp_path {folder}/scgi;
	keepalive_requests 1000000000;
	keepalive_timeout 600s;
	server {{
		listen 127.0.0.1:{port} backlog=4096;
		location / {{ return 200 "version=1 pod=pod-1\\n"; }}
	}}
}}
"""


def find(program, places=""):
    return shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin:/sbin" + places)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    def __init__(self, name, command, core, port):
        self.name, self.port = name, port
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        env=dict(os.environ, GOMAXPROCS="1"),
                                        preexec_fn=lambda: os.sched_setaffinity(0, {core}))
        end = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                return
            except OSError:
                if time.monotonic() > end or self.process.poll() is not None:
                    raise SystemExit(f"bench/serve: {name} does not listen")
                time.sleep(0.02)

    def cpu_ns(self):
        tasks = f"/proc/{self.process.pid}/task"
        total = 0
        for task in os.listdir(tasks):
            with open(f"{tasks}/{task}/schedstat") as words:
                total += int(words.read().split()[0])
        return total

    def memory_kib(self):
        with open(f"/proc/{self.process.pid}/status") as lines:
            return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))

    def stop(self):
        self.process.kill()
        self.process.wait()


def zerodrop(folder, core):
    port = free_port()
    program = os.environ.get("ZERODROP", "build/zerodrop")
    return [Server("zerodrop", [program, "serve", "--address", "127.0.0.1", "--port", str(port), "--pod", "pod-1",
                                "--idle-timeout", "600s"], core, port)]


def nginx(folder, core):
    port = free_port()
    with open(f"{folder}/nginx.conf", "w") as conf:
        conf.write(NGINX.format(folder=folder, port=port))
    return [Server("nginx", [find("nginx"), "-p", folder, "-c", f"{folder}/nginx.conf"], core, port)]


def go(folder, core):
    compiler = find("go", ":/usr/local/go/bin:/usr/lib/go/bin:/usr/lib/go-1.19/bin")
    if not compiler:
        print("bench/serve: no Go here, so it is not compared")
        return []
    port = free_port()
    subprocess.run([compiler, "build", "-o", f"{folder}/hello", "bench/serve/hello.go"], check=True,
                   env=dict(os.environ, GOCACHE=f"{folder}/go", GO111MODULE="off", CGO_ENABLED="0"))
    return [Server("go", [f"{folder}/hello", f"127.0.0.1:{port}"], core, port)]


def load(server, options):
    """Requests per second, and the server's microseconds of processor time for each."""
    command = ["taskset", "-c", str(options.cores[1]), "wrk", "-t1", f"-c{options.connections}",
               f"-d{options.seconds}s", f"http://127.0.0.1:{server.port}/"]
    if options.fresh:
        command += ["-H", "Connection: close"]
    before = server.cpu_ns()
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    spent = server.cpu_ns() - before
    count = next(int(line.split()[0]) for line in said if " requests in " in line)
    rate = next(float(line.split()[1]) for line in said if line.startswith("Requests/sec:"))
    bad = [line.strip() for line in said if "Socket errors" in line or "Non-2xx" in line]
    if bad:
        print(f"{server.name}: {'; '.join(bad)}")
    return rate, spent / 1000 / count


def idle_kib(server):
    """With as many connections as the limit of descriptors allows, up to 10,000."""
    before = server.memory_kib()
    held = []
    try:
        for _ in range(IDLE):
            held.append(socket.create_connection(("127.0.0.1", server.port)))
    except OSError as e:
        print(f"{server.name}: only {len(held)} connections: {e.strerror}")
    for s in held:
        s.sendall(REQUEST)
        s.recv(4096)
    added = server.memory_kib() - before
    for s in held:
        s.close()
    return added / len(held), len(held)
