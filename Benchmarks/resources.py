#!/usr/bin/env python3
"""Measures the private memory of the server with many connections, and what more cores add to each kind of request.

Usage: resources.py PROGRAM   (make bench-resources runs it)
Environment: LOGS (100000), SECONDS (3), ROUNDS (3), SEED and FOLDER as for compare.py, whose data and requests these are; CORES ("1 2") numbers of
cores. With BAR=40, the exit code is 1 if the peak of the private memory, which has no mapped pages of files, is above 40 MB. A wrong response makes it 1
too.

Memory: with a complete recipient index, 2,000 connections are opened, and make a request each. While they stay open, 64 others make requests of
all kinds for 3 times SECONDS.
Cores: in each round the server runs on different numbers of cores in turns, to which taskset pins it. The columns are medians of the rounds:

all      thousands of requests a second with wrk on the same cores: what a machine of that size does; in brackets the spread, (max - min) / median
server   the same with wrk on all cores of the machine. If these are the server's too, wrk takes a part, and clients elsewhere would get more.
         All columns after this one belong to it
x        the rate divided by that of the smallest number of cores
CPU us   microseconds of the server's CPU for a request
used     cores that the server, wrk and all other processes used. wrk has one thread, and is the limit if it used 0.9 cores
busiest  the share of the server's CPU that its busiest thread used. As this thread has one core at most, the server cannot use more than 1/share
         cores (limit), unless its work is divided between more threads, as that of event loops is by http.threads
threads  the shares of all threads of a name. Send logs are recorded in one serial queue on any number of cores
"""
import collections
import concurrent.futures
import contextlib
import glob
import http.client
import itertools
import os
import random
import re
import resource
import select
import shutil
import statistics
import sys
import time

import load
from compare import Comparison, run_in_folder, setting
from compare_requests import workloads
from server import TICK, Process

IDLE, BUSY, PERIOD = 2000, 64, 0.05
# The names of threads that are not those of pools.
NAMES = {"NIO-ELT": "event loops", "-qos.overcommit": "serial queues", "oot.default-qos": "Swift tasks"}


def threads(server):
    """The seconds of CPU that each thread has used, by its ID and name."""
    seconds = {}
    for path in glob.glob(f"/proc/{server.process.pid}/task/*/stat"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError), open(path) as file:
            number, name, rest = re.fullmatch(r"(\d+) \((.*?)(?:-\d.*)?\) (.*)\n", file.read()).groups()
            seconds[number, NAMES.get(name, name)] = sum(map(int, rest.split()[11:13])) / TICK
    return seconds


def used(server):
    """The seconds of CPU that the server, the programs that ended, and the machine have used."""
    with open("/proc/stat") as file:
        times = list(map(int, file.readline().split()[1:9]))
    return server.cpu(), sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2]), (sum(times) - times[3] - times[4]) / TICK


def raw(requests):
    return [load.request(one.key, one.method, one.path, one.body, one.accept) for one in requests]


class Resources(Comparison):
    def __init__(self, program, folder):
        super().__init__(program, None, folder)
        self.bar, self.available, self.wrong = setting("BAR", 1_000_000), sorted(os.sched_getaffinity(0)), []
        self.cores = sorted({min(int(count), len(self.available)) for count in (os.environ.get("CORES") or "1 2").split()})

    @contextlib.contextmanager
    def serve(self, count):
        """Runs the server on the first cores, with a complete recipient index."""
        pinned = ["taskset", "-c", ",".join(map(str, self.available[:count]))]
        with open(f"{self.folder}/sendlog.log", "a") as log, \
                Process([*pinned, self.program, "serve", "--port", "0", "--database", "sqlite:" + self.database], log=log) as server:
            self.wait_for_index(server)
            yield server

    def check(self, name, result, missing):
        """Notes wrong responses. About so many must be 404: wrk ends anywhere in the requests."""
        if result.failed or abs(result.refused - missing) > 100:
            self.wrong.append(f"{name}: {result.failed} requests failed, {result.refused} responses were errors instead of {missing:.0f}")

    def run(self):
        print(f"{self.logs:,} send logs of {len(self.organisations)} organisations: generating and loading", flush=True)
        self.load()
        kinds = list(workloads(self.organisations, self.seed))
        self.measure_memory({kind.name: kind.requests for kind in kinds})
        self.measure_cores(kinds)
        for one in self.wrong:
            print("error: " + one, file=sys.stderr)
        return not self.wrong

    def measure_memory(self, requests):
        mixed = [one for some in requests.values() for one in random.Random(self.seed).choices(some, k=100)]
        random.Random(self.seed).shuffle(mixed)
        # wrk makes new IDs only if the first request needs one.
        mixed.insert(0, requests["create"][0])
        get, samples, poll, show = requests["get"][0], [], select.poll(), lambda when, memory: print(f"{when:50} {memory:6.1f} MB private", flush=True)
        with self.serve(len(self.available)) as server:
            show("after the first indexing, in another run", server.memory())
        with self.serve(len(self.available)) as server, contextlib.ExitStack() as stack, concurrent.futures.ThreadPoolExecutor(1) as pool:
            show("at the start", server.memory())
            connections = [stack.enter_context(contextlib.closing(http.client.HTTPConnection("127.0.0.1", server.port))) for _ in range(IDLE)]
            for connection in connections:
                connection.connect()
                poll.register(connection.sock, select.POLLIN)
            time.sleep(1)
            show(f"{IDLE:,} connections before a request", server.memory())
            for connection in connections:
                connection.request(get.method, get.path, headers={"Authorization": "Bearer " + get.key})
                connection.getresponse().read()
            time.sleep(1)
            show(f"{IDLE:,} connections after a request each", server.memory())
            measuring = pool.submit(load.measure, server, raw(mixed), BUSY, 3 * self.seconds)
            while not measuring.done():
                samples.append(server.memory())
                time.sleep(PERIOD)
            result = measuring.result()
            show(f"peak with {BUSY} more, {result.rate:,.0f} requests a second", max(samples))
            show("after these", server.memory())
            self.check("requests of all kinds", result, result.completed * sum(one.status == 404 for one in mixed) / len(mixed))
            # A connection that the server closed has an event. They may be idle for a minute.
            if closed := len(poll.poll(0)):
                self.wrong.append(f"the server closed {closed} of {IDLE:,} idle connections; set SECONDS lower")
        if max(samples) > self.bar:
            self.wrong.append(f"the peak of the private memory is {max(samples):.1f} MB, above BAR={self.bar}")

    def measure_kind(self, server, kind, cores):
        """Measures with wrk on these cores: the result, the cores used, the share of the busiest thread, and the shares by name of thread."""
        os.sched_setaffinity(0, cores)
        begin, before, start = used(server), threads(server), time.monotonic()
        result = load.measure(server, raw(kind.requests), kind.connections, self.seconds)
        mine, wrk, machine = (after - before for before, after in zip(begin, used(server)))
        os.sched_setaffinity(0, self.available)
        self.check(kind.name, result, result.completed if kind.requests[0].status == 404 else 0)
        # With the second of warm-up. The time of threads that ended is missing.
        others, busy = max(0, machine - mine - wrk) / (time.monotonic() - start), self.seconds + 1
        shares, names = {thread: (seconds - before.get(thread, 0)) / mine for thread, seconds in threads(server).items()}, collections.Counter()
        for (_, name), share in shares.items():
            names[name] += share / self.rounds
        return result, (mine / busy, wrk / busy, others), max(shares.values()), names

    def measure_cores(self, kinds):
        measured, first, whole = collections.defaultdict(list), self.cores[0], len(self.available)
        for round in range(self.rounds):
            for count in sorted(self.cores, reverse=round % 2 == 1):
                with self.serve(count) as server:
                    for kind, place in itertools.product(kinds, {count, whole}):
                        measured[kind.name, count, place].append(self.measure_kind(server, kind, self.available[:place]))
            print(f"Round {round + 1} of {self.rounds} is complete.", flush=True)
        print(f"\nMedians of {self.rounds} rounds of {self.seconds} s, on a machine of {whole} cores\n"
              f"{'workload':14} cores {'all':>12} {'x':>5} {'server':>12} {'x':>5} {'CPU us':>7} {'used':>14} busiest limit  threads")
        for kind, count in itertools.product(kinds, self.cores):
            line = f"{kind.name:14} {count:5}"
            for place, base in ((count, first), (whole, whole)):
                rates = [one[0].rate / 1000 for one in measured[kind.name, count, place]]
                median, least = statistics.median(rates), statistics.median(one[0].rate / 1000 for one in measured[kind.name, first, base])
                line += f" {f'{median:.3g} ({(max(rates) - min(rates)) / median:.0%})':>12} {median / least:5.2f}"
            results, cores, busiest, names = zip(*measured[kind.name, count, whole])
            line += f" {statistics.median(one.cpu for one in results) * 1000:7.1f} {'+'.join(f'{statistics.median(some):.2f}' for some in zip(*cores)):>14}"
            names = ", ".join(f"{name} {share:.0%}" for name, share in sum(names, collections.Counter()).most_common(3) if share > 0.01)
            print(f"{line} {statistics.median(busiest):7.0%} {1 / statistics.median(busiest):5.1f}  {names}")


def main():
    if len(sys.argv) != 2:
        raise SystemExit("usage: resources.py PROGRAM")
    program = os.path.abspath(sys.argv[1])
    if missing := [needed for needed in (program, "wrk", "taskset") if not shutil.which(needed)]:
        raise SystemExit(f"error: {missing[0]} is not an installed program; make bench-resources builds and installs all that is needed")
    # Other defaults than those of compare.py.
    for name, default in (("LOGS", "100000"), ("SECONDS", "3")):
        os.environ[name] = os.environ.get(name) or default
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    run_in_folder("resources-", program, lambda folder: Resources(program, folder).run())


if __name__ == "__main__":
    main()
