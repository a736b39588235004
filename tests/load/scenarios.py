#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""scenarios.py NAME - what is not one request's misfortune: nobody listens, limits of our own, the end of a run.

Each scenario compares what `zerodrop load` says with what the server counted. Those that need a network of their own are run
by `unshare --map-root-user --net`.
"""
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

from fault_server import FaultServer
from zerodrop import MS, PATIENCE_S, Run, Wrong, expect

MODES = ("--fresh", "--keepalive")
ALL = 1 << 30
SCENARIOS = {}


def scenario(function):
    SCENARIOS[function.__name__.replace("_", "-")] = function
    return function


def until(holds, *words):
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        expect(time.monotonic() < deadline, "never so:", *words)
        time.sleep(0.002)


def in_each_mode(function):
    """At once: most of a scenario is waiting."""
    with ThreadPoolExecutor() as pool:
        list(pool.map(function, MODES))


def url(server):
    return f"http://127.0.0.1:{server.port}/"


def only(run, kinds, *words):
    expect(set(run.said.failures) <= set(kinds), "names:", run.said.failures, *words)


def shell(*lines):
    for line in lines:
        subprocess.run(line.split(), check=True)


# Nobody there.
@scenario
def refused():
    with socket.socket() as nobody: # bound, so that no other program listens there meanwhile
        nobody.bind(("127.0.0.1", 0))

        def one(mode):
            run = Run("-r", "200", "-n", "20", mode, f"http://127.0.0.1:{nobody.getsockname()[1]}/").finish()
            expect(run.said.failures == {"connect/refused": 20}, run.said.failures)
            expect(run.said.connections["opened"] == 0, run.said.connections)
            for f in run.failures:
                expect(f.local_port > 0 and f.bytes_sent == 0, vars(f))
        in_each_mode(one)


@scenario
def outage():
    """Every request has a connection of its own: what the server did not accept was refused, and while it was out."""
    server = FaultServer("none", 0)
    run = Run("-r", "400", "-n", "600", "--fresh", url(server))
    until(lambda: server.ledger.connections > 100, "a hundred connections")
    server.outage_s = 0.5
    run.finish()
    until(lambda: server.outage_s == 0, "the end of the outage")
    said = run.said
    expect(said.failures == {"connect/refused": 600 - server.ledger.connections} and said.failed > 0, vars(said),
           server.ledger.connections)
    expect(said.ok == server.ledger.answered == server.ledger.connections, vars(said), server.ledger.answered)
    for f in run.failures:
        earliest, latest = run.wall(f.ended_ns)
        expect(latest >= server.outage["from"] and earliest <= server.outage["to"], vars(f), server.outage)


class FullBacklog:
    """A listener that nobody gets through to."""

    def __init__(self):
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(0)
        self.port = self.listener.getsockname()[1]
        self.fillers, stuck = [], 0
        while stuck < 3: # a retried SYN may find the room that the one before it had not
            filler = socket.socket()
            filler.settimeout(0.3)
            stuck += filler.connect_ex(("127.0.0.1", self.port)) != 0
            self.fillers.append(filler)

    def connecting(self):
        """How many are trying."""
        with open("/proc/net/tcp") as lines:
            return sum(1 for line in lines if f":{self.port:04X} 02 " in line)


@scenario
def full_backlog():
    server = FullBacklog()

    def one(mode):
        run = Run("-r", "200", "-n", "20", mode, "--connect-timeout", "400ms", url(server)).finish()
        expect(run.said.failures == {"connect/timeout": 20}, run.said.failures)
        expect(run.said.connections["opened"] == 0, run.said.connections)
        for f in run.failures:
            expect(f.ended_ns - f.started_ns >= 400 * MS and f.bytes_sent == 0, vars(f))
    in_each_mode(one)


@scenario
def unreachable():
    """By no route, by a route that says so, by one that forbids it, and by a neighbour that never answers."""
    shell("ip link set lo up", "ip route add unreachable 192.0.2.0/24", "ip route add prohibit 198.51.100.0/24",
          "ip link add name here type veth peer name there", "ip link set dev there up", "ip link set dev here up",
          "ip addr add 10.0.0.1/24 dev here")
    for name, value in (("retrans_time_ms", 100), ("mcast_solicit", 1)):
        with open(f"/proc/sys/net/ipv4/neigh/here/{name}", "w") as out:
            out.write(str(value))
    for address in ("203.0.113.1", "192.0.2.1", "198.51.100.1", "10.0.0.2"):
        def one(mode):
            run = Run("-r", "200", "-n", "20", mode, f"http://{address}/").finish()
            expect(run.said.failures == {"connect/unreachable": 20}, address, run.said.failures)
        in_each_mode(one)


# Limits of our own.
def limited(kind, run, server):
    """Whoever got through was left waiting; the rest never left, and that is not the service's fault."""
    got_through = server.ledger.connections
    expect(run.said.failures == {"wait/timeout": got_through, kind: 40 - got_through}, run.said.failures,
           "connections:", got_through)
    expect(0 < got_through < 40, "connections:", got_through)


@scenario
def ports():
    """Ten of them."""
    shell("ip link set lo up")
    servers = {mode: FaultServer("hang", ALL, every=1) for mode in MODES}
    with open("/proc/sys/net/ipv4/ip_local_port_range", "w") as out:
        out.write("61000 61009")
    for mode, server in servers.items(): # not at once: they are the same ten
        run = Run("-r", "400", "-n", "40", mode, "--timeout", "1s", url(server)).finish()
        limited("client/ports", run, server)


@scenario
def files():
    def few():
        resource.setrlimit(resource.RLIMIT_NOFILE, (30, 30))

    def one(mode):
        server = FaultServer("hang", ALL, every=1)
        run = Run("-r", "400", "-n", "40", mode, "--timeout", "1s", url(server), before=few).finish()
        limited("client/files", run, server)
    in_each_mode(one)


@scenario
def connections_exhausted():
    """Four at a time and no answer: what comes due has to wait, and what waits for too long was not sent."""
    def one(mode):
        server = FaultServer("hang", ALL, every=1)
        run = Run("-c", "4", "-r", "200", "-d", "300ms", mode, "--timeout", "500ms", url(server)).finish()
        said = run.said
        until(lambda: server.ledger.requests == said.failed, said.failed, "requests")
        expect(said.requests == 60 and said.failures == {"wait/timeout": said.failed}, vars(said))
        expect(said.failed >= 4 and said.not_sent == 60 - said.failed, vars(said))
    in_each_mode(one)


# The end of a run.
ENDS = {"--fresh -r": ["--fresh", "-r", "200"], "--keepalive -r": ["--keepalive", "-r", "200"],
        "--fresh -c": ["--fresh", "-c", "20"], "--keepalive -c": ["--keepalive", "-c", "20"]}


def in_each_end(function):
    with ThreadPoolExecutor() as pool:
        list(pool.map(function, ENDS))


def interrupted(name, fault, signals):
    """The run and its server, once it has been stopped in the middle of something."""
    server = FaultServer(fault, ALL, every=1)
    run = Run("-d", "10m", "--timeout", "1m", *ENDS[name], url(server))
    until(lambda: server.ledger.requests >= 20, "twenty requests")
    run.process.send_signal(signals[0])
    for number in signals[1:]:
        expect("stopping" in run.process.stderr.readline(), "does not say that it stops")
        run.process.send_signal(number)
    return run.finish(), server


@scenario
def interrupt():
    """What was in flight is waited for: every answer counts."""
    def one(name):
        for number in (signal.SIGINT, signal.SIGTERM):
            run, server = interrupted(name, "slow", [number])
            expect(run.said.failed == 0 and run.status == 0, name, vars(run.said))
            expect(run.said.ok == server.ledger.answered == server.ledger.requests, name, vars(run.said),
                   server.ledger.requests)
    in_each_end(one)


@scenario
def interrupt_twice():
    """Nothing is waited for: what was sent was cut, what was not sent was not, and each is counted once."""
    def one(name):
        run, server = interrupted(name, "hang", [signal.SIGINT, signal.SIGINT])
        only(run, ["wait/timeout"], name)
        until(lambda: server.ledger.requests == run.said.failed, name, run.said.failed, "requests, not",
              server.ledger.requests)
        expect(run.said.ok == 0 and run.status == 1, name, vars(run.said))
    in_each_end(one)


@scenario
def interrupt_connecting():
    """Not a byte has gone out: nothing was sent, so nothing was lost, and nothing can be said either."""
    server = FullBacklog()

    def one(name):
        run = Run("-d", "10m", "--connect-timeout", "1m", *ENDS[name], url(server))
        until(lambda: server.connecting() >= 20, "twenty that are trying")
        run.process.send_signal(signal.SIGINT)
        expect("stopping" in run.process.stderr.readline(), "does not say that it stops")
        run.process.send_signal(signal.SIGINT)
        said = run.finish().said
        expect(said.ok == said.failed == 0 and said.not_sent == said.requests >= 10 and run.status == 4, name,
               vars(said), run.status)
    for name in ENDS:
        one(name)


@scenario
def interrupt_patience():
    """Asked once, and nobody ever answers: it does not wait for ever."""
    def one(name):
        run, server = interrupted(name, "hang", [signal.SIGINT])
        only(run, ["wait/timeout"], name)
        until(lambda: server.ledger.requests == run.said.failed, name, run.said.failed, "requests, not",
              server.ledger.requests)
    in_each_end(one)


@scenario
def killed_server():
    """It dies with requests in its hands. What it had answered is ok; all others are lost, and one name each."""
    here = os.path.dirname(os.path.abspath(__file__))

    def one(mode):
        with tempfile.NamedTemporaryFile() as out:
            server = subprocess.Popen([sys.executable, os.path.join(here, "fault_server.py"), "die", "40", out.name],
                                      stdout=subprocess.PIPE, text=True)
            port = int(server.stdout.readline())
            run = Run("-r", "400", "-d", "10m", mode, f"http://127.0.0.1:{port}/")
            server.wait(PATIENCE_S)
            until(lambda: "connect/refused" in run.failures_so_far(), "refused")
            run.process.send_signal(signal.SIGINT)
            run.finish()
            ledger = json.load(out)
        only(run, ["connect/refused", "connect/reset", "send/reset", "wait/reset", "wait/closed"])
        expect(run.said.ok == ledger["answered"], vars(run.said), ledger)
    in_each_mode(one)


@scenario
def stopped_client():
    """Held up for longer than its own timeout: the answers have been there in time, and are no timeouts."""
    def one(mode):
        server = FaultServer("slow", ALL, every=1)
        run = Run("-r", "100", "-n", "40", mode, "--timeout", "1s", "--connect-timeout", "1s", url(server))
        until(lambda: server.ledger.requests >= 10, "ten requests")
        run.process.send_signal(signal.SIGSTOP)
        until(lambda: server.ledger.answered == server.ledger.requests, "all of them answered")
        time.sleep(1.5) # its timeout, and more
        run.process.send_signal(signal.SIGCONT)
        run.finish()
        expect(run.said.failures == {} and run.said.ok == 40, mode, vars(run.said))
    in_each_mode(one)


def main():
    try:
        SCENARIOS[sys.argv[1]]()
        status = 0
    except Wrong as wrong:
        print(wrong)
        status = 1
    sys.stdout.flush()
    os._exit(status) # the servers' threads have nothing to end


main()
