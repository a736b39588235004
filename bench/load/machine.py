# SPDX-License-Identifier: Apache-2.0
"""What the machine does meanwhile: its cores, who else is on them, and the sockets in TIME_WAIT."""
import os
import shutil
import subprocess
import time

TICKS_PER_S = os.sysconf("SC_CLK_TCK")
IDLE = (3, 4)  # idle, iowait: their places in a line of /proc/stat


def busy_s():
    """Seconds for which each core has been busy, whoever was on it."""
    busy = {}
    with open("/proc/stat") as lines:
        for line in lines:
            name, *ticks = line.split()
            if name.startswith("cpu") and name != "cpu":
                spent = sum(int(t) for i, t in enumerate(ticks[:8]) if i not in IDLE)
                busy[int(name[3:])] = spent / TICKS_PER_S
    return busy


def find(program):
    return shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin:/sbin")


def siblings(core):
    """The cores that share their execution units with this one."""
    with open(f"/sys/devices/system/cpu/cpu{core}/topology/thread_siblings_list") as words:
        text = words.read().strip()
    found = set()
    for word in text.split(","):
        low, _, high = word.partition("-")
        found |= set(range(int(low), int(high or low) + 1))
    return found


def two_quiet_cores():
    """The two least busy ones of those that we may use, no two threads of one core."""
    before = busy_s()
    time.sleep(1)
    after = busy_s()
    cores = sorted(os.sched_getaffinity(0), key=lambda c: after[c] - before[c])
    first = cores[0]
    others = [c for c in cores if c not in siblings(first)]
    if not others:
        raise SystemExit("bench/load: two cores are needed, one for each side")
    return first, others[0]


def port_range():
    with open("/proc/sys/net/ipv4/ip_local_port_range") as words:
        low, high = (int(w) for w in words.read().split())
    return low, high


def time_waits():
    """All of this host's (of its network namespace)."""
    with open("/proc/net/sockstat") as lines:
        for line in lines:
            words = line.split()
            if words[0] == "TCP:":
                return int(words[words.index("tw") + 1])
    return 0


def time_waits_of(address, port, of_client):
    """Those whose side closed first: the client's are what its ports run out by."""
    side = f"dst {address} and dport = :{port}" if of_client else f"src {address} and sport = :{port}"
    found = subprocess.run(["ss", "-Htn", "state", "time-wait", *side.split()], capture_output=True, text=True,
                           check=True)
    return found.stdout.count("\n")


def memory_kib(pid):
    """Resident memory of a process, now, and its highest so far."""
    now = high = 0
    try:
        with open(f"/proc/{pid}/status") as lines:
            for line in lines:
                if line.startswith("VmRSS:"):
                    now = int(line.split()[1])
                elif line.startswith("VmHWM:"):
                    high = int(line.split()[1])
    except (FileNotFoundError, ProcessLookupError):
        pass
    return now, high


def children(pid):
    """The processes below it, all generations."""
    found = []
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children") as words:
                for child in words.read().split():
                    found += [int(child)] + children(int(child))
    except (FileNotFoundError, ProcessLookupError):
        pass
    return found
