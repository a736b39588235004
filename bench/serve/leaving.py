# SPDX-License-Identifier: Apache-2.0
"""How long the end takes when nothing holds it up."""
import os
import select
import signal
import socket
import statistics
import subprocess
import time


def start():
    program = os.environ.get("ZERODROP", "build/zerodrop")
    process = subprocess.Popen([program, "serve", "--address", "127.0.0.1", "--port", "0", "--lame-duck", "0"],
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return process, int(process.stdout.readline().decode().rsplit(":", 1)[1])


def gone_ms(process, since):
    """From `since` to its exit, seen by event."""
    watch = select.poll()
    fd = os.pidfd_open(process.pid)
    watch.register(fd, select.POLLIN)
    watch.poll(30000)
    end = time.monotonic()
    os.close(fd)
    process.wait()
    process.stdout.close()
    return (end - since) * 1000


def with_nothing_to_do():
    process, _ = start()
    time.sleep(0.05)
    since = time.monotonic()
    process.send_signal(signal.SIGTERM)
    return gone_ms(process, since)


def after_last_answer():
    """The answer comes when the listener is long closed, so that nothing else is waited for."""
    process, port = start()
    with socket.create_connection(("127.0.0.1", port)) as s:
        s.sendall(b"GET /?wait=3 HTTP/1.1\r\nHost: bench\r\n\r\n")
        time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        s.recv(4096)
    return gone_ms(process, time.monotonic())


def measure(count):
    goals = []
    for what, once, limit, times in (("from TERM to the exit with nothing to do", with_nothing_to_do, 5, count),
                                     ("from the last answer to the exit", after_last_answer, 1, count // 2)):
        taken = sorted(once() for _ in range(times))
        middle = statistics.median(taken)
        print(f"{what}: {middle:.2f} ms ({taken[0]:.2f}-{taken[-1]:.2f})")
        goals.append((middle <= limit, f"{what} at most {limit} ms ({middle:.2f})"))
    return goals
