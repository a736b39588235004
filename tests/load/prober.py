#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""prober.py PORT RATE SECONDS - an open loop that shares nothing with ours: RATE GETs per second to 127.0.0.1, each on a
connection of its own and at its time whatever became of the others. Latency counts from that time.

Prints "ready" when it begins, and at the end one JSON object.
"""
import asyncio
import json
import math
import sys
import time

port, rate, seconds = int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])
latencies, failures, late = [], [], []


async def ask(due):
    late.append(time.monotonic() - due)
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        answer = await reader.read()
        writer.close()
        if not answer.startswith(b"HTTP/1.1 200 "):
            raise ConnectionError(answer)
    except OSError as error:
        failures.append(type(error).__name__)
        return
    latencies.append(time.monotonic() - due)


async def probe():
    start, tasks = time.monotonic(), []
    print("ready", flush=True)
    for i in range(int(rate * seconds)):
        due = start + i / rate
        wait = due - time.monotonic()
        if wait > 0:
            await asyncio.sleep(wait)
        tasks.append(asyncio.create_task(ask(due)))
    await asyncio.wait(tasks)


def percentile(percent):
    return sorted(latencies)[math.ceil(percent / 100 * len(latencies)) - 1] * 1000


asyncio.run(probe())
print(json.dumps({"ok": len(latencies), "lost": len(failures), "kinds": sorted(set(failures)),
                  "p50": percentile(50), "p90": percentile(90), "p99": percentile(99), "late_max_s": max(late)}))
