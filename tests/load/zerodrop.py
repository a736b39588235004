# SPDX-License-Identifier: Apache-2.0
"""zerodrop.py - `zerodrop load`, what it says, and whether that adds up by itself."""
import json
import os
import subprocess
import tempfile
import time
from datetime import datetime
from types import SimpleNamespace

PATIENCE_S = 60
MS = 1000000
# `started` is cut to a millisecond, and read a moment before the monotonic clock that counts from it.
STARTED_WITHIN_NS = 50 * MS


class Wrong(Exception):
    pass


def expect(holds, *words):
    if not holds:
        raise Wrong(" ".join(str(w) for w in words))


def until(predicate):
    """Waits for what is sure to come; whoever waits in vain goes on, and says what is missing."""
    end = time.monotonic() + PATIENCE_S
    while not predicate() and time.monotonic() < end:
        time.sleep(0.001)


def wall_ns(text):
    return round(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000) * MS


class Run:
    """Started at once; `finish` waits for its end."""

    def __init__(self, *options, before=None):
        self.folder = tempfile.TemporaryDirectory(prefix="zerodrop-load-")
        self.failures_path = os.path.join(self.folder.name, "failures.jsonl")
        program = os.environ.get("ZERODROP", "build/asan/src/cmd/zerodrop")
        self.process = subprocess.Popen([program, "load", "--quiet", "-o", "json", "--failures", self.failures_path,
                                         *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                        preexec_fn=before)

    def failures_so_far(self):
        with open(self.failures_path) as lines:
            return lines.read()

    def finish(self):
        try:
            out, self.errors = self.process.communicate(timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
            raise Wrong(f"not done after {PATIENCE_S} s")
        self.status = self.process.returncode
        self.ended_ns = time.time_ns()
        expect(out, "no summary, exit status", self.status, self.errors)
        self.said = SimpleNamespace(**json.loads(out))
        self.started_ns = wall_ns(self.said.started)
        with open(self.failures_path) as lines:
            self.failures = [SimpleNamespace(**json.loads(line)) for line in lines]
        self.check()
        return self

    def check(self):
        """What holds of every run."""
        s = self.said
        expect(s.adds_up and s.requests == s.ok + s.failed + s.not_sent, "does not add up:", vars(s))
        expect(s.failed == len(self.failures) == sum(s.failures.values()), "failed, told and named differ:", vars(s))
        kinds = [f.kind for f in self.failures]
        expect({k: kinds.count(k) for k in kinds} == s.failures, "told other kinds than named:", kinds, s.failures)
        for f in self.failures:
            expect(f.scheduled_ns <= f.started_ns <= f.ended_ns, "runs backwards:", vars(f))
            expect(abs(wall_ns(f.at) - self.started_ns - f.scheduled_ns) <= 2 * MS, "`at` is not when it was due:",
                   vars(f))

    def wall(self, since_start_ns):
        """The earliest and the latest instant that it may mean, CLOCK_REALTIME."""
        return self.started_ns + since_start_ns, self.started_ns + since_start_ns + STARTED_WITHIN_NS
