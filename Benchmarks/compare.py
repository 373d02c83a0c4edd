#!/usr/bin/env python3
"""Compares sendlog with a server in one file that uses Bun and SQLite: the CPU time and the rate of each kind of request.

Usage: compare.py PROGRAM BUN   (make bench-compare runs it)
Environment: LOGS (1000000) send logs of three organisations, ROUNDS (3), SECONDS (4) for each kind of request, server and round, SEED (1) of the
data, FOLDER (a temporary one beside the program) for the data and the log of sendlog, some 3 GB for a million send logs.

Both servers run with the same data and keys, sendlog with its default settings. Before anything is measured, a sample of the requests of each kind is
sent to both, and the responses are compared with the data. Searches and single send logs are read from all organisations but the last, which gets
the new ones. In each round the servers take turns, kind by kind. Prints the medians, and in brackets the spread: the difference between the
greatest and the least value in percent of the median. Ratios are those of the medians, sendlog to Bun. The exit code is 1 if a response is wrong.
"""
import gzip
import http.client
import json
import os
import random
import re
import shutil
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

import compare_data
import load
from compare_requests import Request, create, get, search, workloads
from server import Process

HERE = os.path.dirname(os.path.abspath(__file__))
SAMPLE = 20
TABLE = """
    CREATE TABLE send_logs (seq INTEGER PRIMARY KEY, org INTEGER NOT NULL, id TEXT NOT NULL, campaign_id TEXT NOT NULL, message TEXT NOT NULL,
        triggered_by TEXT NOT NULL, start TEXT NOT NULL, dest_count INTEGER NOT NULL, destinations TEXT NOT NULL);
"""
INDEXES = """
    CREATE UNIQUE INDEX send_logs_id ON send_logs(org, id);
    CREATE INDEX send_logs_start ON send_logs(org, start);
    CREATE INDEX send_logs_campaign ON send_logs(org, campaign_id, start);
    ANALYZE;
"""


def setting(name, default, least=1):
    text = os.environ.get(name) or str(default)
    if not text.isdecimal() or int(text) < least:
        raise SystemExit(f"error: {name} must be a whole number from {least:,} on, not {text}")
    return int(text)


def run_in_folder(prefix, program, run):
    """Runs a measurement with a temporary folder in FOLDER or beside the program, and ends this program: with 1 if it returns false."""
    # An exception, so that the servers are stopped.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    # On the disk of the program: in memory, as /tmp may be, new send logs would be durable for free.
    parent = os.environ.get("FOLDER") or os.path.dirname(program)
    os.makedirs(parent, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(prefix=prefix, dir=parent) as folder:
            sys.exit(0 if run(folder) else 1)
    except KeyboardInterrupt:
        sys.exit("interrupted")


def check(name, server, kinds, organisations):
    """Ends the program if a response of the server differs from the data."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=300)

    def compare(request):
        fields = {"Authorization": "Bearer " + request.key} | ({"Accept-Encoding": request.accept} if request.accept else {})
        connection.request(request.method, request.path, json.dumps(request.body) if request.body is not None else None, fields)
        response = connection.getresponse()
        text = response.read()
        # Bun offers no gzip.
        coding = request.accept if name == "sendlog" else None
        if response.headers["Content-Encoding"] != coding:
            raise SystemExit(f"error: {name} responds to {request.method} {request.path} without the Content-Encoding {coding}")
        if coding:
            text = gzip.decompress(text)
        actual, expected = json.loads(text).get("data"), request.data()
        if actual and expected:
            # sendlog returns more than is compared.
            actual = {field: actual.get(field) for field in expected}
        if (response.status, actual) != (request.status, expected):
            raise SystemExit(f"error: {name} responds wrongly to {request.method} {request.path} {request.body or ''}:\n"
                             f"{response.status} {str(actual)[:500]}\ninstead of\n{request.status} {str(expected)[:500]}")

    rng = random.Random(3)
    *read, written = organisations
    for kind in kinds:
        if kind.name != "create":
            for request in rng.sample(kind.requests, min(SAMPLE, len(kind.requests))):
                compare(request)
    first = read[0]
    compare(get(first, 0)._replace(key=written.key, status=404, data=lambda: None))
    compare(get(first, 0)._replace(key=first.key + "x", status=401, data=lambda: None))
    # The limits are the times of two send logs, which are among those found.
    since, until = sorted(rng.sample(first.starts, 2))
    compare(search(first, since=since, until=until, skip=3, limit=50))
    new = create(written, rng).body | {"_id": "5eed" * 6, "campaign_id": "5eed" * 6}
    counted = {**new, "destinations": 10}
    compare(Request(written.key, "POST", "/send-logs", 201, lambda: counted, new))
    path = "/send-logs/" + new["_id"]
    compare(Request(written.key, "GET", path, 200, lambda: counted))
    compare(Request(written.key, "GET", path + "?group_destinations=list", 200, lambda: new))
    compare(Request(written.key, "POST", "/send-logs/search", 200, lambda: {"total": 1, "send_logs": [counted]},
                    {"find": {"campaign_id": [new["campaign_id"]]}}))
    connection.close()


class Comparison:
    def __init__(self, program, bun, folder):
        self.program, self.bun, self.folder = program, bun, folder
        self.logs, self.rounds, self.seconds, self.seed = setting("LOGS", 1_000_000, 3000), setting("ROUNDS", 3), setting("SECONDS", 4), setting("SEED", 1)
        count, more = divmod(self.logs, 3)
        self.organisations = [compare_data.Organisation(i + 1, count + (i < more), folder) for i in range(3)]
        self.database, self.peer_database = f"{folder}/sendlog.db", f"{folder}/peer.db"

    def sendlog(self, *arguments):
        """Runs a command of sendlog, and returns what it prints."""
        command = [self.program, *arguments, "--database", "sqlite:" + self.database]
        with open(f"{self.folder}/sendlog.log", "a") as log:
            result = subprocess.run(command, stdout=subprocess.PIPE, stderr=log, text=True, timeout=3600)
        if result.returncode:
            raise SystemExit(f"error: {' '.join(command)} failed:\n" + self.end_of_log())
        return result.stdout.strip()

    def end_of_log(self):
        with open(f"{self.folder}/sendlog.log", errors="replace") as log:
            return log.read()[-1000:]

    def load(self):
        """Makes the data, and both databases."""
        free, needed = shutil.disk_usage(self.folder).free, 3000 * self.logs + 200_000_000
        if free < needed:
            raise SystemExit(f"error: {self.folder} has {free / 1e9:.1f} GB of free space, and this needs {needed / 1e9:.1f} GB; set FOLDER or LOGS")
        connection = sqlite3.connect(self.peer_database)
        connection.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + TABLE)
        for organisation in self.organisations:
            connection.executemany("INSERT INTO send_logs(org, id, campaign_id, message, triggered_by, start, dest_count, destinations) "
                                   "VALUES (?, ?, ?, ?, ?, ?, ?, ?)", organisation.generate(self.seed))
        connection.commit()
        connection.executescript(INDEXES)
        connection.close()
        for organisation in self.organisations:
            self.sendlog("organisation", "create", organisation.name)
            organisation.key = self.sendlog("key", "create", "--organisation", organisation.name, "--permission", "sendLog")
            self.sendlog("import", "--organisation", organisation.name, organisation.path)

    def wait_for_index(self, server):
        """Waits until the recipient index, which the server makes in the background, is complete and merged."""
        end = time.monotonic() + 3600
        while time.monotonic() < end:
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
            connection.request("GET", "/metrics")
            behind = re.search(r"^sendlog_recipient_index_behind_send_logs (\d+)", connection.getresponse().read().decode(), re.M)
            connection.close()
            if behind and behind[1] == "0":
                return server.settle(600)
            time.sleep(1)
        raise SystemExit("error: the recipient index was not complete after an hour")

    def run(self):
        print(f"{self.logs:,} send logs of {len(self.organisations)} organisations: generating and loading", flush=True)
        self.load()
        keys = json.dumps([organisation.key for organisation in self.organisations])
        with open(f"{self.folder}/sendlog.log", "a") as log, \
                Process([self.program, "serve", "--port", "0", "--database", "sqlite:" + self.database], log=log) as sendlog, \
                Process([self.bun, "run", f"{HERE}/compare_peer.mjs"], {"DB": self.peer_database, "KEYS": keys}) as peer:
            self.wait_for_index(sendlog)
            servers, kinds = {"sendlog": sendlog, "Bun": peer}, list(workloads(self.organisations, self.seed))
            for name, server in servers.items():
                check(name, server, kinds, self.organisations)
            print("The sampled responses of both servers agree with the data.", flush=True)
            return self.measure(servers, kinds)

    def measure(self, servers, kinds):
        """Prints the table, and returns whether all responses had the right status."""
        results = {}
        for round in range(self.rounds):
            for kind in kinds:
                raw = [load.request(one.key, one.method, one.path, one.body, one.accept) for one in kind.requests]
                for name in sorted(servers, reverse=round % 2 == 0):
                    # Bun offers no gzip.
                    if name == "sendlog" or kind.peer == kind.name:
                        result = load.measure(servers[name], raw, kind.connections, self.seconds)
                        results.setdefault((kind.name, name), []).append(result)
            print(f"Round {round + 1} of {self.rounds} is complete.", flush=True)
        print(f"\nMedians of {self.rounds} rounds of {self.seconds} s, on {os.cpu_count()} cores\n"
              f"{'':15} CPU seconds for 1000 requests                  requests a second\n"
              f"{'workload':15} {'sendlog':>15} {'Bun':>15} {'ratio':>8}    {'sendlog':>15} {'Bun':>15} {'ratio':>8}")
        wrong = 0
        for kind in kinds:
            mine, peers = results[kind.name, "sendlog"], results[kind.peer, "Bun"]
            cells = [cell for field in ("cpu", "rate") for cell in self.cells([getattr(one, field) for one in mine], [getattr(one, field) for one in peers])]
            print(f"{kind.name:15} {cells[0]:>15} {cells[1]:>15} {cells[2]:>8}    {cells[3]:>15} {cells[4]:>15} {cells[5]:>8}")
            for name in servers:
                for one in results.get((kind.name, name), []):
                    refused = one.refused - (one.completed if kind.requests[0].status == 404 else 0)
                    if one.failed or refused:
                        print(f"{'':15} {name}: {one.failed} requests failed, {abs(refused)} responses had another status")
                        wrong += 1
        print("Bun offers no gzip: list-100k-gzip is compared with Bun's list-100k.")
        return wrong == 0

    @staticmethod
    def cells(mine, peers):
        """The values of both servers with their spread, and the ratio of their medians."""
        one, other = statistics.median(mine), statistics.median(peers)

        def cell(values, median):
            text = f"{median:,.0f}" if median >= 100 else f"{median:.3g}"
            return text + (f" ({(max(values) - min(values)) / median:.0%})" if len(values) > 1 else "")

        return cell(mine, one), cell(peers, other), f"{one / other:.2f}"


def main():
    if len(sys.argv) != 3:
        raise SystemExit("usage: compare.py PROGRAM BUN")
    program, bun = os.path.abspath(sys.argv[1]), sys.argv[2]
    for needed in (program, bun, "wrk"):
        if not shutil.which(needed):
            raise SystemExit(f"error: {needed} is not an installed program; make bench-compare builds and installs all that is needed")
    run_in_folder("compare-", program, lambda folder: Comparison(program, bun, folder).run())


if __name__ == "__main__":
    main()
