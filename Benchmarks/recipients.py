#!/usr/bin/env python3
"""Measures the search by recipient: its size, its latency over HTTP, what it costs recording, and how far it is behind.

Usage: recipients.py PROGRAM BUN   (make bench-recipients runs it)
Environment: LOGS (100000) send logs of 10 destinations each, SMALL (LOGS, at most 1000000) send logs for the comparisons with the index off
and with Bun, SECONDS (60) of recording at RATE (10000) send logs a second, FOLDER (a temporary one) that stores the data for the next run, PARTS (all)
to run some parts alone, POSTGRES the URL of an empty database (the part postgres is left out without it).
"""
import http.client
import json
import os
import random
import re
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time

from server import Process

PROGRAM, BUN = os.path.abspath(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "bun"
LOGS, SECONDS, RATE = (int(os.environ.get(n, d)) for n, d in (("LOGS", 100_000), ("SECONDS", 60), ("RATE", 10_000)))
SMALL = int(os.environ.get("SMALL", min(LOGS, 1_000_000)))
FOLDER = os.environ.get("FOLDER") or tempfile.mkdtemp(prefix="sendlog-recipients-")
POSTGRES = os.environ.get("POSTGRES")
PARTS = os.environ.get("PARTS", "recording small search reindex month lag" + (" postgres" if POSTGRES else "")).split()
HERE = os.path.dirname(os.path.abspath(__file__))
DESTINATIONS, PEOPLE, FREQUENT = 10, 5_000_000, 10_000
FIRST, SPAN = 1_672_531_200, 300 * 86_400
MESSAGE = "Hi {{contact.firstname}}, your order {{order.number}} is ready at {{branch.name}}. Bring your ID. Reply STOP to opt out."


def number(person):
    """A recipient: person 0 gets as many sends as FREQUENT says, those from PEOPLE on get none, and the others a few each."""
    return f"278{2 + person % 3}{1_000_000 + person}"


def generate(path, logs):
    """Writes the send logs, over 300 days."""
    rng = random.Random(1)
    people = [f'"{number(p)}"' for p in range(PEOPLE)]
    with open(path + ".part", "w", buffering=1 << 20) as out:
        for i in range(logs):
            second = FIRST + i * SPAN // logs
            start = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
            to = rng.choices(people, k=DESTINATIONS)
            if i % max(1, logs // FREQUENT) == 0:
                to[0] = people[0]
            out.write(f'{{"_id":"{second:08x}{i:016x}","campaign_id":"5f5a1d8d{int(200 * rng.random() ** 2):016x}","message":"{MESSAGE}",'
                      f'"triggeredBy":"api","startDeliveryAt":"{start}.000Z","destinations":[{",".join(to)}]}}\n')
    os.rename(path + ".part", path)


def data(logs):
    path = f"{FOLDER}/logs-{logs}.ndjson"
    if not os.path.exists(path):
        generate(path, logs)
    return path


def remove(database):
    for ending in ("", "-wal", "-shm"):
        if os.path.exists(database + ending):
            os.remove(database + ending)


def url(database):
    return database if "://" in database else "sqlite:" + database


def run(database, *arguments):
    return subprocess.run([PROGRAM, *arguments, "--database", url(database)], check=True, capture_output=True, text=True).stdout.strip()


def number_of(database, on_sqlite, on_postgres):
    """The number that a statement returns, which is not the same on both stores."""
    if "://" in database:
        return int(subprocess.run(["psql", "-AtX", database, "-c", on_postgres], check=True, capture_output=True, text=True).stdout or 0)
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        return connection.execute(on_sqlite).fetchone()[0]


class Searched(Process):
    """A server with a search by recipient, and a connection to it."""

    def __init__(self, arguments, environment={}):
        super().__init__(arguments, environment)
        self.headers = {}
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=3600)

    def call(self, method, path, body=None):
        self.connection.request(method, path, body, self.headers)
        response = self.connection.getresponse()
        return response.status, response.read()

    def search(self, recipient):
        """The total and the first page of 50."""
        status, text = self.call("POST", "/send-logs/search", json.dumps({"find": {"destination": recipient}, "options": {"limit": 50}}))
        assert status == 200, text
        return json.loads(text)["data"]

    def stop(self):
        self.connection.close()
        super().stop()


class Server(Searched):
    """A sendlog server with one organisation."""

    def __init__(self, database, index="on"):
        self.database = database
        if database == POSTGRES or not os.path.exists(database):
            run(database, "organisation", "create", "Bench")
        super().__init__([PROGRAM, "serve", "--port", "0", "--database", url(database), "--recipients-index", index, "--log-level", "warning"])
        key = run(database, "key", "create", "--organisation", "Bench", "--permission", "*", "--name", "bench")
        self.headers = {"Authorization": "Bearer " + key}

    def behind(self):
        """The number of send logs that the index lacks; /metrics shows it too, but reads it once in ten seconds."""
        join = "SELECT coalesce(sum(sequence - coalesce(through, 0)), 0) FROM {} o LEFT JOIN recipient_indexes i ON i.{} = o.{}"
        return number_of(self.database, join.format("organisations", "organisation", "id"), join.format("organisation_heads", "org_id", "org_id"))

    def wait_for_index(self):
        while self.behind() != 0:
            time.sleep(0.2)

    def wait_for_merges(self):
        while number_of(self.database, "SELECT max(has_merges) FROM recipient_indexes", "SELECT max(merges::int) FROM recipient_indexes"):
            time.sleep(0.2)

    def load(self, path):
        """Imports a file over HTTP; returns the seconds."""
        began = time.monotonic()
        with open(path, "rb") as file:
            self.connection.request("POST", "/send-logs/import", file, {**self.headers, "Content-Length": str(os.path.getsize(path))})
            response = self.connection.getresponse()
            report = json.loads(response.read())
        assert response.status == 200 and not report["data"]["failed"], report
        return time.monotonic() - began


def index_size(database):
    """The bytes of all pages of the index."""
    return number_of(database, "SELECT sum(pgsize) FROM dbstat WHERE aggregate = TRUE AND name LIKE '%recipient_buckets%'",
                     "SELECT pg_total_relation_size('recipient_buckets')")


def latencies(server, recipients):
    times = []
    for recipient in recipients:
        began = time.perf_counter()
        server.search(recipient)
        times.append((time.perf_counter() - began) * 1000)
    times.sort()
    return times[len(times) // 2], times[len(times) * 99 // 100]


KINDS = (
    ("no send", 2000, lambda rng: number(PEOPLE + rng.randrange(1_000_000))),
    ("some sends", 2000, lambda rng: number(1 + rng.randrange(PEOPLE - 1))),
    (f"{FREQUENT:,} sends", 100, lambda rng: number(0)))


def print_latencies(name, server):
    for kind, count, recipient in KINDS:
        rng = random.Random(kind)
        latencies(server, [recipient(rng) for _ in range(20)])
        before = server.cpu()
        p50, p99 = latencies(server, [recipient(rng) for _ in range(count)])
        used = (server.cpu() - before) / count
        print(f"{name:10} {kind:14} p50 {p50:7.2f} ms  p99 {p99:7.2f} ms  CPU {used * 1e6:9,.0f} us")


WRK = """
local ffi = require("ffi")
ffi.cdef("typedef struct { long seconds, nanoseconds; } timespec; int clock_gettime(int, timespec *);")
local time = ffi.new("timespec")
local rate = tonumber(os.getenv("RATE"))
local made, started = 0, nil
local function now()
  ffi.C.clock_gettime(1, time)
  return tonumber(time.seconds) * 1000 + tonumber(time.nanoseconds) / 1e6
end
function delay()
  if rate == 0 then return 0 end
  started = started or now()
  return math.max(0, math.floor(started + made * 1000 / rate - now()))
end
function request()
  made = made + 1
  local body = string.format('{"_id":"%08x%06x%010x","campaign_id":"c","message":"m","triggeredBy":"api","startDeliveryAt":"2024-06-01",'
    .. '"destinations":["2782%07d","2783%07d","2784%07d"]}', os.time(), tonumber(os.getenv("SALT")), made, math.random(0, 9999999),
    math.random(0, 9999999), math.random(0, 9999999))
  return wrk.format("POST", "/send-logs", {Authorization = "Bearer " .. os.getenv("KEY")}, body)
end
function done(summary, latency)
  io.write(string.format("RESULT %d %d %d %d\\n", summary.requests, summary.duration, latency:percentile(50), latency:percentile(99)))
end
"""


class Load:
    """wrk, recording send logs of three destinations; at a rate per second, or as fast as it can."""

    def __init__(self, server, seconds, rate=0):
        script = f"{FOLDER}/create.lua"
        with open(script, "w") as file:
            file.write(WRK)
        self.process = subprocess.Popen(
            ["wrk", "-t1", "-c32", f"-d{seconds}s", "--timeout", "30s", "-s", script, f"http://127.0.0.1:{server.port}"],
            env={**os.environ, "KEY": server.headers["Authorization"].split()[1], "SALT": str(random.SystemRandom().getrandbits(24)), "RATE": str(rate)},
            stdout=subprocess.PIPE, text=True)

    def result(self):
        """Returns requests, requests per second, p50 and p99 in milliseconds."""
        text = self.process.communicate()[0]
        requests, took, p50, p99 = map(int, re.search(r"RESULT (.*)", text)[1].split())
        assert "Non-2xx" not in text, text
        return requests, requests / (took / 1e6), p50 / 1000, p99 / 1000


def recording():
    """Import and create with the index and without, in turns."""
    path, results = data(SMALL), {"on": [], "off": []}
    for turn in range(3):
        for index in ("on", "off") if turn % 2 == 0 else ("off", "on"):
            database = f"{FOLDER}/recording.db"
            remove(database)
            server = Server(database, index)
            try:
                before, began = server.cpu(), time.monotonic()
                server.load(path)
                imported = time.monotonic() - began
                if index == "on":
                    server.wait_for_index()
                    server.wait_for_merges()
                import_cpu = server.cpu() - before
                before = server.cpu()
                requests, rate, p50, p99 = Load(server, 10).result()
                if index == "on":
                    server.wait_for_index()
                    server.wait_for_merges()
                results[index].append((import_cpu / SMALL, imported / SMALL, (server.cpu() - before) / requests, 1 / rate, p99))
                print(f"index {index:3}: import {import_cpu / SMALL * 1e6:6.2f} us CPU a log, {SMALL / imported:9,.0f} a second; create "
                      f"{(server.cpu() - before) / requests * 1e6:6.1f} us CPU, {rate:7,.0f} a second, p99 {p99:.2f} ms", flush=True)
            finally:
                server.stop()
    on, off = ([statistics.median(column) for column in zip(*results[index])] for index in ("on", "off"))
    print("with the index, of the rate without: import {:.2f} by CPU, {:.2f} by time; create {:.2f} by CPU, {:.2f} by time; p99 of creates {:.2f} times"
          .format(*(off[i] / on[i] for i in range(4)), on[4] / off[4]))


def loaded(logs):
    """Returns a database with send logs and their whole index."""
    database = f"{FOLDER}/recipients-{logs}.db"
    if not os.path.exists(database):
        remove(database + ".part")
        server = Server(database + ".part")
        try:
            before, seconds = server.cpu(), server.load(data(logs))
            print(f"{logs:,} send logs: import {logs / seconds:,.0f} a second, then the index lacks {server.behind():,} of them")
            server.wait_for_index()
            server.wait_for_merges()
            print(f"import, index and merges {(server.cpu() - before) / logs * 1e6:.1f} us CPU a log, at most {server.memory('VmHWM'):.0f} MB resident")
        finally:
            server.stop()
        for ending in ("", "-wal", "-shm"):
            if os.path.exists(database + ".part" + ending):
                os.rename(database + ".part" + ending, database + ending)
    return database


def small():
    """sendlog and Bun with SQLite over the same pairs."""
    database, peer = loaded(SMALL), f"{FOLDER}/peer-{SMALL}.db"
    if not os.path.exists(peer):
        subprocess.run([sys.executable, f"{HERE}/recipients_peer.py", data(SMALL), peer], check=True)
    pairs = SMALL * DESTINATIONS
    with sqlite3.connect(peer) as connection:
        size = connection.execute("SELECT sum(pgsize) FROM dbstat WHERE aggregate = TRUE AND name LIKE '%recipients%'").fetchone()[0]
    ours = index_size(database)
    print(f"size: {ours / pairs:.2f} bytes a destination, Bun with SQLite {size / pairs:.2f}: {ours / size:.2f} of it")
    servers = [("sendlog", Server(database)), ("Bun", Searched([BUN, f"{HERE}/recipients_peer.mjs"], {"DB": peer}))]
    try:
        for _, _, recipient in KINDS:
            rng = random.Random(5)
            for _ in range(20):
                wanted = recipient(rng)
                answers = [server.search(wanted) for _, server in servers]
                lists = [[log["_id"] for log in answer["send_logs"]] for answer in answers]
                assert answers[0]["total"] == answers[1]["total"] and lists[0] == lists[1], wanted
        for _ in range(2):
            for name, server in servers:
                print_latencies(name, server)
    finally:
        for _, server in servers:
            server.stop()


def search():
    database = loaded(LOGS)
    print(f"index of {LOGS * DESTINATIONS:,} destinations: {index_size(database) / LOGS / DESTINATIONS:.2f} bytes each")
    server = Server(database)
    try:
        for recipient, least in ((number(0), FREQUENT), (number(PEOPLE), 0)):
            assert server.search(recipient)["total"] >= least
        print_latencies("sendlog", server)
        print(f"private memory {server.memory():.1f} MB")
    finally:
        server.stop()


def reindex():
    """The first indexing of an old database."""
    database = loaded(LOGS)
    run(database, "database", "reindex")
    server = Server(database)
    try:
        began, before = time.monotonic(), server.cpu()
        private = 0
        while server.behind() != 0:
            private = max(private, server.memory())
            time.sleep(0.2)
        seconds, used = time.monotonic() - began, server.cpu() - before
        pairs = LOGS * DESTINATIONS
        print(f"first indexing: {pairs / seconds / 1e6:.2f} million destinations a second, {pairs / used / 1e6:.2f} a second of CPU; "
              f"memory: {private:.0f} MB private, at most {server.memory('VmHWM'):.0f} MB resident with mapped pages")
        server.wait_for_merges()
        print(f"with all merges: {pairs / (server.cpu() - before) / 1e6:.2f} million destinations a second of CPU, {time.monotonic() - began:.0f} s; "
              f"at most {server.memory('VmHWM'):.0f} MB resident")
    finally:
        server.stop()


def month():
    """The distinct recipients of a tenth of the log."""
    server = Server(loaded(LOGS))
    try:
        moment = lambda second: time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(second))
        body = json.dumps({"a": {"startDeliveryAt": {"$gte": moment(FIRST), "$lte": moment(FIRST + SPAN // 10 - 1)}}})
        for _ in range(3):
            began, before = time.monotonic(), server.cpu()
            status, text = server.call("POST", "/recipients/compare", body)
            assert status == 200, text
            print(f"distinct recipients of {LOGS * DESTINATIONS // 10:,} destinations: {json.loads(text)['data']['a']:,} in {time.monotonic() - began:.2f} s, "
                  f"{server.cpu() - before:.2f} s of CPU, {server.memory():.0f} MB private memory")
    finally:
        server.stop()


def lag():
    """How far the index is behind while send logs are recorded, and whether searches find what was just recorded."""
    database = f"{FOLDER}/lag.db"
    remove(database)
    run(loaded(SMALL), "database", "backup", database)
    server = Server(database)
    probe = http.client.HTTPConnection("127.0.0.1", server.port)
    behind, times = [], []
    try:
        load = Load(server, SECONDS, RATE)
        number, began = 0, time.monotonic()
        while load.process.poll() is None:
            number += 1
            recipient = f"4915{os.getpid() % 10000:04d}{number:06d}"
            body = json.dumps({"campaign_id": "c", "message": "m", "triggeredBy": "api", "startDeliveryAt": "2024-06-01", "destinations": [recipient]})
            probe.request("POST", "/send-logs", body, server.headers)
            response = probe.getresponse()
            assert response.status == 201, response.read()
            response.read()
            at = time.perf_counter()
            total = server.search(recipient)["total"]
            times.append((time.perf_counter() - at) * 1000)
            assert total == 1, (recipient, total)
            if number % 10 == 0:
                behind.append((server.behind(), time.monotonic() - began))
            time.sleep(0.02)
        requests, rate, p50, p99 = load.result()
        times.sort()
        greatest = max(count for count, _ in behind)
        print(f"{rate:,.0f} creates a second for {SECONDS} s (p50 {p50:.2f} ms, p99 {p99:.2f} ms): the index is at most {greatest:,} send logs behind, "
              f"{greatest / rate:.2f} s; {len(times):,} searches find what was just recorded, p50 {times[len(times) // 2]:.1f} ms, "
              f"p99 {times[len(times) * 99 // 100]:.1f} ms, at most {times[-1]:.1f} ms")
    finally:
        probe.close()
        server.stop()


def postgres():
    """Size and latency on PostgreSQL."""
    server = Server(POSTGRES)
    try:
        seconds = server.load(data(SMALL))
        server.wait_for_index()
        server.wait_for_merges()
        size = index_size(POSTGRES) / SMALL / DESTINATIONS
        # What VACUUM leaves is what the table would have without the merged rows.
        subprocess.run(["psql", "-qX", POSTGRES, "-c", "VACUUM FULL recipient_buckets"], check=True)
        print(f"{SMALL:,} send logs on PostgreSQL: import {SMALL / seconds:,.0f} a second; index {size:.2f} bytes a destination with the space "
              f"of merged rows, {index_size(POSTGRES) / SMALL / DESTINATIONS:.2f} without")
        print_latencies("sendlog", server)
    finally:
        server.stop()


def main():
    os.makedirs(FOLDER, exist_ok=True)
    try:
        for part in PARTS:
            print(f"\n{part}", flush=True)
            globals()[part]()
    finally:
        if not os.environ.get("FOLDER"):
            shutil.rmtree(FOLDER)


main()
