# SPDX-License-Identifier: Apache-2.0
"""Requests per second and processor time per request, every generator against one nginx, in turns."""
from dataclasses import dataclass
from statistics import median

import generators
import machine
from nginx import Nginx

MODES = {"kept-alive": False, "fresh": True}
RATE_GOAL = {"kept-alive": 1.0, "fresh": 1.2}
TLS_RATE_GOAL = {"kept-alive": 1.0, "fresh": 1.0} # nearly all of a fresh one is OpenSSL's work, on both sides
BUSY = 0.95   # nginx works that share of the time: it, and not the generator, is what limits the rate
OTHERS = 0.10 # of either core, by somebody else: a rate measured so says nothing
AGREE = 0.75  # of the rounds


@dataclass
class Run:
    rate: float          # as the generator says
    generator_us: float  # processor time per request that nginx saw
    nginx_us: float
    busy: float          # nginx's core, by nginx
    errors: int
    trouble: str         # why it proves nothing; "" none
    others: tuple = (0, 0) # shares of the two cores that went to somebody else


def address(round_number, mode, generator):
    """Each run has one of its own, so that nobody meets the TIME_WAITs of another."""
    return f"127.{101 + list(MODES).index(mode)}.{round_number + 1}.{generators.ALL.index(generator) + 1}"


def scheme(options):
    return "https" if options.tls else "http"


def one(nginx, cores, options, generator, mode, where):
    fresh = MODES[mode]
    before = nginx.seen(), nginx.cpu_s(), machine.busy_s()
    work = generators.run(generator.argv(f"{scheme(options)}://{where}:{nginx.port}/", options.connections, options.seconds, fresh),
                          cores[1], options.seconds * 4 + 30)
    cpu, busy = nginx.cpu_s() - before[1], machine.busy_s()
    seen = nginx.seen() - before[0]
    try:
        report = generator.read(work.out)
    except (AttributeError, ValueError, KeyError):
        return Run(0, 0, 0, 0, 0, f"ended with status {work.status}: {work.out.strip()[-200:]}")
    others = tuple(max(0, busy[c] - before[2][c] - mine) / work.wall_s for c, mine in zip(cores, (cpu, work.cpu_s)))
    run = Run(report.requests / report.seconds, work.cpu_s / seen * 1e6, cpu / seen * 1e6, cpu / work.wall_s,
              report.errors, "", others)
    # Those in flight at the end are cut by most of them, without a word.
    if abs(seen - report.requests) > 2 * options.connections:
        run.trouble = f"says {report.requests} requests, nginx saw {seen}"
    if report.errors:
        run.trouble = f"{report.errors} errors"
    tell(generator.name, mode, run,
         machine.time_waits_of(where, nginx.port, True) if fresh else None)
    return run


def tell(name, mode, run, client_closed):
    note = f"  {run.trouble}" if run.trouble else ""
    if client_closed is not None:
        note = f"  {client_closed} client ports in TIME_WAIT" + note
    stolen = "/".join(f"{share:.0%}" for share in run.others)
    print(f"  {mode:<11}{name:<9}{run.rate:>9.0f}/s {run.generator_us:>7.2f} µs"
          f"{run.nginx_us:>8.2f} µs{run.busy:>7.0%}   others on its cores {stolen}{note}", flush=True)


def spread(values):
    return f"{median(values):.2f} ({min(values):.2f}-{max(values):.2f})"


def is_quiet(run):
    return max(run.others) <= OTHERS


def ratios(runs, mode, other, of, good=lambda run: True):
    """Ours to theirs, round by round."""
    pairs = zip(runs[mode, "zerodrop"], runs[mode, other])
    return [of(a) / of(b) for a, b in pairs if of(a) and of(b) and good(a) and good(b)]


def tell_medians(runs):
    print(f"\n{'':<21}{'requests/s':>12}{'per CPU second':>16}{'µs/request':>12}{'of nginx':>10}{'busy':>6}"
          f"   zerodrop to it: rate, CPU per request")
    for mode in MODES:
        for g in generators.ALL:
            some = runs[mode, g.name]
            us = median(r.generator_us for r in some)
            line = (f"  {mode:<11}{g.name:<9}{median(r.rate for r in some):>11.0f}{1e6 / us if us else 0:>16.0f}"
                    f"{us:>12.2f}{median(r.nginx_us for r in some):>10.2f}{median(r.busy for r in some):>6.0%}")
            rate, cpu = (ratios(runs, mode, g.name, f) for f in (lambda r: r.rate, lambda r: r.generator_us))
            if g.name != "zerodrop" and rate:
                line += f"   {spread(rate)}, {spread(cpu)}"
            print(line)


def rate_goal(runs, mode, wanted, clean):
    """Only from rounds in which both had their cores to themselves."""
    quiet = ratios(runs, mode, "wrk", lambda r: r.rate, is_quiet)
    if not quiet:
        return None, (f"{mode}: zerodrop's rate to wrk's, wanted {wanted}: in no round did both have their cores to"
                      " themselves")
    limited = all(median(r.busy for r in runs[mode, n]) >= BUSY for n in ("zerodrop", "wrk"))
    note = ", nginx is what limits both" if limited else ""
    return (clean and median(quiet) >= wanted,
            f"{mode}: {median(quiet):.2f} times wrk's rate, wanted {wanted} ({len(quiet)} quiet rounds{note})")


def cost_goal(runs, mode, clean):
    """Others in the cache cost a few per cent, now here, now there: without quiet rounds most of them have to agree."""
    quiet, every = (ratios(runs, mode, "wrk", lambda r: r.generator_us, good) for good in (is_quiet, lambda run: True))
    found = quiet or every
    if not found:
        return False, f"{mode}: no round was completed"
    below = sum(1 for ratio in found if ratio <= 1) / len(found)
    holds = median(found) <= 1
    if not quiet and 1 - AGREE < below < AGREE:
        holds = None
    note = f"{len(quiet)} quiet rounds" if quiet else f"no quiet round, at most 1 in {below:.0%} of {len(every)}"
    note += "" if clean else "; with errors, so it proves nothing"
    return clean and holds, f"{mode}: {median(found):.2f} times wrk's CPU per request, wanted at most 1 ({note})"


def goals(runs, rate_goals):
    found = []
    for mode in MODES:
        clean = not any(r.trouble for r in runs[mode, "zerodrop"] + runs[mode, "wrk"])
        found += [rate_goal(runs, mode, rate_goals[mode], clean), cost_goal(runs, mode, clean)]
    return found


def measure(folder, cores, options):
    places = {(r, m, g.name): address(r, m, g) for r in range(options.rounds) for m in MODES for g in generators.ALL}
    nginx = Nginx(folder, cores[0], places.values(), options.tls)
    runs = {(m, g.name): [] for m in MODES for g in generators.ALL}
    low, high = machine.port_range()
    print(f"{scheme(options)}: nginx on core {cores[0]}, generators on core {cores[1]}, {options.connections} connections,"
          f" {options.rounds} rounds of {options.seconds} s; local ports {low}-{high}")
    try:
        for r in range(options.rounds):
            print(f"round {r + 1}, {machine.time_waits()} connections of the host in TIME_WAIT")
            turn = generators.ALL[r % len(generators.ALL):] + generators.ALL[:r % len(generators.ALL)]
            for mode in MODES:
                for g in turn:
                    runs[mode, g.name].append(one(nginx, cores, options, g, mode, places[r, mode, g.name]))
    finally:
        nginx.stop()
    tell_medians(runs)
    return goals(runs, TLS_RATE_GOAL if options.tls else RATE_GOAL)
