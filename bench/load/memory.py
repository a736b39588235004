# SPDX-License-Identifier: Apache-2.0
"""Resident memory of a long open loop, looked at from outside every second."""
import json
import os
import resource
import subprocess
import time

import generators
import machine
from nginx import Nginx
from speed import OTHERS

RATE = 50000
CONNECTIONS = 256
BURST_S = 10 # without a limit it is the beginning that is hard: each request finds no connection that is free
BOUND_MIB = 100
PLACE = "127.103.1.1"


def resident_mib(pid):
    """Now, and the highest so far, with its children."""
    each = [machine.memory_kib(p) for p in [pid] + machine.children(pid)]
    return sum(now for now, _ in each) / 1024, sum(high for _, high in each) / 1024


def own_cpu_s():
    """Of everything that was started from here and has ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def watch(process):
    """(second, now, highest) until it ends."""
    began, looks = time.monotonic(), []
    while process.poll() is None:
        now, high = resident_mib(process.pid)
        if now:
            looks.append((time.monotonic() - began, now, high))
        time.sleep(1)
    return looks


def tell(looks):
    step = max(1, len(looks) // 10)
    for second, now, high in looks[::step]:
        print(f"  {second:>6.0f} s  {now:>7.1f} MiB now, {high:>7.1f} MiB most")


def one(nginx, cores, seconds, limit):
    """What it said of itself, what was seen of it, and the shares of the cores that others had."""
    program = os.environ.get("ZERODROP", "build/zerodrop")
    before, began = (nginx.cpu_s(), own_cpu_s(), machine.busy_s()), time.monotonic()
    process = subprocess.Popen([program, "load", "-q", "-o", "json", "-r", str(RATE), "-d", f"{seconds}s", *limit,
                                f"http://{PLACE}:{nginx.port}/"], stdout=subprocess.PIPE, text=True,
                               preexec_fn=lambda: generators.on_core(cores[1]))
    looks = watch(process)
    said = json.loads(process.communicate()[0])
    busy, wall_s = machine.busy_s(), time.monotonic() - began
    mine = nginx.cpu_s() - before[0], own_cpu_s() - before[1]
    return said, looks, [max(0, busy[c] - before[2][c] - m) / wall_s for c, m in zip(cores, mine)]


def tell_run(said, others):
    late = said["schedule"]["late_us"]
    print(f"  {said['schedule']['sent_per_s']:.0f}/s sent, {said['ok']} ok, {said['failed']} failed"
          f" {said['failures'] or ''}, {said['not_sent']} not sent; late p50 {late['p50']:.0f} µs, max"
          f" {late['max']:.0f} µs; {said['connections']['opened']} connections; others on its cores"
          f" {others[0]:.0%}/{others[1]:.0%}")


def is_whole(said, others, seconds):
    """None: late, which a busy machine explains; lost it does not."""
    if said["schedule"]["sent_per_s"] > RATE * 0.99 and said["ok"] > 0.99 * RATE * seconds:
        return True
    return None if not said["failed"] and max(others) > OTHERS else False


def measure(folder, cores, seconds):
    nginx = Nginx(folder, cores[0], [PLACE])
    goals = []
    try:
        for limit, duration in ((["-c", str(CONNECTIONS)], seconds), ([], min(seconds, BURST_S))):
            words = f"at most {CONNECTIONS} connections" if limit else "as many connections as it takes"
            print(f"\nmemory, {RATE}/s for {duration} s, {words}")
            said, looks, others = one(nginx, cores, duration, limit)
            tell(looks)
            tell_run(said, others)
            most = max(high for _, _, high in looks)
            whole = is_whole(said, others, duration)
            goals.append((whole and most < BOUND_MIB, f"memory: {most:.1f} MiB at most in {duration} s at"
                          f" {said['schedule']['sent_per_s']:.0f}/s, {words}; wanted below {BOUND_MIB} at {RATE}"))
    finally:
        nginx.stop()
    return goals
