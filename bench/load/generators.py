# SPDX-License-Identifier: Apache-2.0
"""The load generators: how each is asked for the same thing, and what its own report says it did."""
import json
import os
import re
import resource
import signal
import subprocess
import threading
import time
from dataclasses import dataclass


@dataclass
class Report:
    """In a generator's own words."""
    requests: int
    seconds: float
    errors: int


@dataclass
class Work:
    """What a process took, by wait4 (its children's included)."""
    out: str
    status: int
    cpu_s: float
    wall_s: float


def run(argv, core, deadline_s):
    began = time.monotonic()
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                               preexec_fn=lambda: on_core(core))
    late = signal_later(process, deadline_s)
    out = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    late.cancel()
    return Work(out, process.returncode, usage.ru_utime + usage.ru_stime, time.monotonic() - began)


def on_core(core):
    os.sched_setaffinity(0, {core})
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def signal_later(process, seconds):
    timer = threading.Timer(seconds, lambda: process.send_signal(signal.SIGKILL))
    timer.daemon = True
    timer.start()
    return timer


def number(pattern, text, standard=None):
    found = re.search(pattern, text)
    if not found and standard is None:
        raise ValueError(f"no {pattern!r} in:\n{text}")
    return float(found.group(1)) if found else standard


UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1, "m": 60}


def duration(text):
    found = re.search(r"([\d.]+)(us|ms|s|m)", text)
    return float(found.group(1)) * UNITS[found.group(2)]


def is_tls(url):
    return url.startswith("https:")


class Zerodrop:
    name = "zerodrop"

    def argv(self, url, connections, seconds, fresh):
        program = os.environ.get("ZERODROP", "build/zerodrop")
        return [program, "load", "--quiet", "-o", "json", "-c", str(connections), "-d", f"{seconds}s",
                *(["--fresh"] if fresh else []), *(["--insecure"] if is_tls(url) else []), url]

    def read(self, out):
        said = json.loads(out)
        if said["requests"] != said["ok"] + said["failed"] + said["not_sent"]:
            raise ValueError("zerodrop's ledger does not add up")
        return Report(said["requests"], said["duration_s"], said["failed"] + said["not_sent"])


class Wrk:
    name = "wrk"

    def argv(self, url, connections, seconds, fresh):
        return ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s",
                *(["-H", "Connection: close"] if fresh else []), url]

    def read(self, out):
        done = re.search(r"(\d+) requests in (\S+),", out)
        errors = number(r"Non-2xx or 3xx responses: (\d+)", out, 0)
        errors += sum(int(n) for line in re.findall(r"Socket errors: (.*)", out) for n in re.findall(r"\d+", line))
        return Report(int(done.group(1)), duration(done.group(2)), int(errors))


class Ab:
    name = "ab"

    def argv(self, url, connections, seconds, fresh):
        # It sets a record aside for each of -n; -t alone would mean 50,000.
        return ["ab", "-q", f"-c{connections}", f"-t{seconds}", f"-n{seconds * 400000}",
                *([] if fresh else ["-k"]), url]

    def read(self, out):
        errors = number(r"Failed requests: +(\d+)", out) + number(r"Non-2xx responses: +(\d+)", out, 0)
        return Report(int(number(r"Complete requests: +(\d+)", out)), number(r"Time taken for tests: +([\d.]+)", out),
                      int(errors))


class Hey:
    name = "hey"

    def argv(self, url, connections, seconds, fresh):
        return ["hey", "-cpus", "1", f"-c={connections}", f"-z={seconds}s",
                *(["-disable-keepalive"] if fresh else []), url]

    def read(self, out):
        seconds = number(r"Total:\s+([\d.]+) secs", out)
        errors = sum(int(n) for n in re.findall(r"^ +\[(\d+)\]\t(?!\d+ responses)", out, re.M))
        errors += sum(int(n) for code, n in re.findall(r"\[(\d+)\]\t(\d+) responses", out) if code != "200")
        return Report(round(number(r"Requests/sec:\s+([\d.]+)", out) * seconds), seconds, errors)


class H2load:
    name = "h2load"

    # With -D and connections that close, nghttp2 1.52's never ends: so many requests instead, and its own time.
    FRESH_PER_S = {False: 15000, True: 1500}

    def argv(self, url, connections, seconds, fresh):
        much = ["-n", str(self.FRESH_PER_S[is_tls(url)] * seconds), "-H", "connection: close"] if fresh else [f"-D{seconds}"]
        return ["h2load", "--h1", "-t1", f"-c{connections}", *much, url]

    def read(self, out):
        failed, errored, timeout = (int(n) for n in re.search(r"(\d+) failed, (\d+) errored, (\d+) timeout",
                                                              out).groups())
        return Report(int(number(r"(\d+) succeeded", out)), duration(re.search(r"finished in (\S+),", out).group(1)),
                      failed + timeout)


ALL = [Zerodrop(), Wrk(), Ab(), Hey(), H2load()]
