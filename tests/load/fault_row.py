#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""fault_row.py FAULT KIND [ONLY…] [--tls CERTIFICATE,KEY[,cut]] [--body SIZE] [--each EXPRESSION] [-- LOAD OPTION…] - one
row of the table of faults.

Runs `zerodrop load` against the fault server on fresh and on kept-alive connections, with GET and with POST, one request at
a time and in an open loop, all at once; and compares, line by line, what it reported with what the server did: how many,
under which name, on which connection, when.

KIND is what each injected fault is to be reported as, or several with | between when only luck says which: a failure's name,
"closed_idle" or "unsolicited" (the counters of connections), "raced" (the server's count), or "ok" for nothing at all.
ONLY: fresh kept GET POST one open. EXPRESSION is Python, about `f`, a line of --failures.
"""
import argparse
import itertools
import os
import re
import sys
import tempfile

from fault_server import FaultServer, Tls
from zerodrop import MS, Run, Wrong, expect, until

# How many requests, and how many of them meet the fault.
ONE = (["-c", "1", "-n", "26"], 26, 4)
OPEN = (["-r", "200", "-n", "60"], 60, 8)
LOOPS = {"one": ONE, "open": OPEN}
COUNTERS = ("closed_idle", "unsolicited")


def parse():
    words = argparse.ArgumentParser(usage=__doc__)
    words.add_argument("fault")
    words.add_argument("kind")
    words.add_argument("only", nargs="*")
    words.add_argument("--tls")
    words.add_argument("--body", type=int, default=9)
    words.add_argument("--each", default="True")
    before, _, options = "\0".join(sys.argv[1:]).partition("\0--\0")
    row = words.parse_intermixed_args(before.split("\0"))
    row.options = options.split("\0") if options else []
    row.kinds = row.kind.split("|")
    row.tls = Tls(*row.tls.split(",")) if row.tls else None
    row.scheme, row.trust = ("https", ["--cacert", row.tls.files[0]]) if row.tls else ("http", [])
    row.timeout_ns = next((int(ms) * MS for ms in re.findall(r"--(?:connect-)?timeout\0(\d+)ms", options)), 0)
    return row


def combinations(row):
    axes = [("fresh", "kept"), ("GET", "POST"), ("one", "open")]
    return itertools.product(*[[w for w in axis if w in row.only] or axis for axis in axes])


class Cell:
    def __init__(self, row, mode, method, loop, body):
        options, self.requests, self.count = LOOPS[loop]
        self.row, self.name = row, (row.fault, mode, method, loop)
        self.fresh, self.one = mode == "fresh", loop == "one"
        self.server = FaultServer(row.fault, self.count, tls=row.tls)
        self.run = Run(*options, "--fresh" if self.fresh else "--keepalive", "-X", method,
                       *(["-b", "@" + body] if method == "POST" else []), *row.trust, *row.options,
                       f"{row.scheme}://127.0.0.1:{self.server.port}/")

    def reported(self, kind):
        if kind in COUNTERS:
            return self.run.said.connections[kind]
        return self.server.ledger.raced if kind == "raced" else self.run.said.failures.get(kind, 0)

    def check_counts(self):
        said, ledger = self.run.said, self.server.ledger
        # Which request meets the fault is up to the machine where it takes a connection that was used before.
        injected = len(ledger.injected)
        expect(injected == self.count or (0 < injected < self.count and not self.one), "injected only", injected, "of",
               self.count)
        expect(set(said.failures) <= set(self.row.kinds), "names:", said.failures)
        if self.row.kinds != ["ok"]:
            counts = {kind: self.reported(kind) for kind in self.row.kinds}
            expect(sum(counts.values()) == injected, "injected", injected, "reported", counts)
        # Whether a request came after the end, the server saw, unless TLS was between.
        if {"closed_idle", "wait/closed"} <= set(self.row.kinds) and not self.row.tls:
            expect(said.failed == ledger.raced, "lost", said.failed, "raced", ledger.raced)
        expect([said.requests, said.not_sent] == [self.requests, 0], "requests:", vars(said))
        statuses = sum(n for kind, n in said.failures.items() if kind.startswith(("status/", "content/")))
        until(lambda: ledger.answered >= said.ok) # the server counts what the client has already
        expect(said.ok == ledger.answered, "ok", said.ok, "answered", ledger.answered)
        expect(sum(said.status.values()) == said.ok + statuses, "status:", said.status)
        # A machine too busy to send on time takes nothing from what was counted.
        late = any(note["what"] == "late" for note in said.notes)
        expect(self.run.status in ([1] if said.failed else [0, 4] if late else [0]), "exit status", self.run.status)

    def check_never_twice(self):
        """As many came as were sent; but nobody saw those on a connection that was reset before they were read, or that
        had ended under TLS."""
        ledger, failures = self.server.ledger, self.run.failures
        blind = ("/reset", "/closed", "tls/failed") if self.row.tls else ("/reset",)
        unseen = sum(1 for f in failures if f.kind.endswith(blind))
        expect(self.requests - unseen <= ledger.requests <= self.requests, "sent", self.requests, "came",
               ledger.requests)

    def check_failure(self, f, injections, next_ns):
        """It is one of the injections on its connection, and it ended between that and whatever came after."""
        earliest, latest = self.run.wall(f.ended_ns)
        mine = [i for i in injections if i["port"] == f.local_port and i["at"] <= latest]
        expect(mine, "nothing was injected there and then:", vars(f), injections)
        injections.remove(mine[0])
        expect(earliest <= mine[0].get("left", self.run.ended_ns), "ended after the connection:", vars(f), mine[0])
        if self.one:
            expect(earliest <= next_ns(mine[0]["at"]), "ended after the next was sent:", vars(f), mine[0])
        expect(f.remote_port == self.server.port and f.fresh == self.fresh, "not of this run:", vars(f))
        if self.row.timeout_ns:
            expect(f.ended_ns - f.started_ns >= self.row.timeout_ns, "given up early:", vars(f))
        expect(eval(self.row.each, {"f": f}), "not so of each:", vars(f))

    def check_failures(self):
        seen = sorted(self.server.ledger.seen)
        injections = list(self.server.ledger.injected)

        def next_ns(at):
            later = [s for s in seen if s > at]
            # The one that met the fault may be among them: a connection that ends before its request is read.
            return later[1] if len(later) > 1 else self.run.ended_ns

        for f in sorted(self.run.failures, key=lambda f: f.ended_ns):
            self.check_failure(f, injections, next_ns)

    def check(self):
        self.run.finish()
        self.check_counts()
        self.check_never_twice()
        self.check_failures()


def main():
    row = parse()
    failed = 0
    with tempfile.NamedTemporaryFile() as body:
        body.write(b"x" * row.body)
        body.flush()
        cells = [Cell(row, *words, body.name) for words in combinations(row)]
        for cell in cells:
            try:
                cell.check()
            except Wrong as wrong:
                failed += 1
                print(*cell.name, "-", wrong)
    sys.stdout.flush()
    os._exit(1 if failed or not cells else 0) # the servers' threads have nothing to end


main()
