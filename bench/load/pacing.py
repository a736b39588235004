# SPDX-License-Identifier: Apache-2.0
"""How even an open loop is: what zerodrop says of itself, and what a server sees that notes when requests arrive."""
import json
import os
import subprocess
import sys

import generators

RATE, SECONDS = 2000, 10
RATE_ERROR, LATE_US = 0.001, 100


def percentile(values, percent):
    return sorted(values)[min(len(values) - 1, int(len(values) * percent / 100))]


def arrivals(cores):
    """What zerodrop said, and when its requests arrived."""
    server = subprocess.Popen([sys.executable, os.path.join(os.path.dirname(__file__), "arrivals.py")],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                              preexec_fn=lambda: os.sched_setaffinity(0, {cores[0]}))
    port = server.stdout.readline().strip()
    program = os.environ.get("ZERODROP", "build/zerodrop")
    work = generators.run([program, "load", "-q", "-o", "json", "-r", str(RATE), "-d", f"{SECONDS}s",
                           f"http://127.0.0.1:{port}/"], cores[1], SECONDS + 60)
    at, _ = server.communicate()
    return json.loads(work.out), json.loads(at)


def measure(cores):
    said, at = arrivals(cores)
    schedule = said["schedule"]
    late = schedule["late_us"]
    # Where the grid begins is not known to the server: the earliest arrival, measured on the grid, is taken as on time.
    offsets = [a - i * 1e9 / RATE for i, a in enumerate(at)]
    seen_us = [(o - min(offsets)) / 1e3 for o in offsets]
    seen_per_s = (len(at) - 1) / (at[-1] - at[0]) * 1e9
    off = abs(schedule["sent_per_s"] / RATE - 1)
    off_seen = abs(seen_per_s / RATE - 1)
    print(f"\npacing, {RATE}/s for {SECONDS} s: {said['requests']} requests, {said['failed']} failed,"
          f" {len(at)} arrived")
    print(f"  it says      {schedule['sent_per_s']:.3f}/s ({off:.3%} off), late"
          f" p50 {late['p50']:.1f} µs, p99 {late['p99']:.1f} µs, max {late['max']:.1f} µs")
    print(f"  the server   {seen_per_s:.3f}/s ({off_seen:.3%} off), later than the earliest"
          f" p50 {percentile(seen_us, 50):.1f} µs, p99 {percentile(seen_us, 99):.1f} µs, max {max(seen_us):.1f} µs")
    whole = said["requests"] == len(at) == RATE * SECONDS and not said["failed"]
    return [
        (whole and off <= RATE_ERROR and off_seen <= RATE_ERROR,
         f"pacing: {max(off, off_seen):.3%} off the rate asked for, wanted at most {RATE_ERROR:.1%}"),
        (late["p50"] < LATE_US, f"pacing: median lateness {late['p50']:.1f} µs, wanted below {LATE_US}"),
    ]
