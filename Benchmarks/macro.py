#!/usr/bin/env python3
"""Measures the program over a real port: size of the data, start, import, and each kind of request under load by wrk.

Usage: macro.py PROGRAM   (make bench runs it)
Environment: LOGS (100000) send logs in one organisation, DESTINATIONS (10) each, CONNECTIONS (32), SECONDS (3) for each workload,
FOLDER (a temporary one) that stores the data for the next run.
"""
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request

import load
from server import Process

PROGRAM = os.path.abspath(sys.argv[1])
LOGS, DESTINATIONS, CONNECTIONS, SECONDS = (
    int(os.environ.get(name, default))
    for name, default in (("LOGS", 100_000), ("DESTINATIONS", 10), ("CONNECTIONS", 32), ("SECONDS", 3)))
FIRST, SPAN = 1672531200, 3 * 365 * 86400
LONG = min(100_000, max(1000, LOGS))


def moment(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(seconds))


def campaign(k):
    return f"5f5a1d8d{k:016x}"


def numbers(rng, n):
    return [f"27{rng.choice((60, 71, 72, 73, 78, 82, 83, 84))}{rng.randrange(10**7):07d}" for _ in range(n)]


def log(rng, i, id=None, n=DESTINATIONS):
    return {"_id": id or f"{FIRST + i * SPAN // LOGS:08x}{i:016x}", "campaign_id": campaign(int(200 * rng.random() ** 2)),
            "message": "Hi {{contact.firstname}}, your order {{order.number}} is ready at {{branch.name}}. Bring your ID. Reply STOP to opt out.",
            "triggeredBy": rng.choice(("api", "schedule", "manual")), "startDeliveryAt": moment(FIRST + i * SPAN // LOGS), "destinations": numbers(rng, n)}


def generate(path):
    rng = random.Random(1)
    with open(path + ".part", "w") as out:
        for i in range(LOGS):
            out.write(json.dumps(log(rng, i, n=LONG if i == LOGS // 2 else DESTINATIONS), separators=(",", ":")) + "\n")
    os.rename(path + ".part", path)


def run(*arguments):
    return subprocess.run([PROGRAM, *arguments], check=True, capture_output=True, text=True).stdout.strip()


class Server(Process):
    def __init__(self, database):
        super().__init__([PROGRAM, "serve", "--port", "0", "--database", "sqlite:" + database, "--log-level", "warning"])


def workloads(key, ids, long_id):
    rng = random.Random(2)
    search = lambda **body: load.request(key, "POST", "/send-logs/search", body)
    month = lambda: {"$gte": moment(at := FIRST + rng.randrange(SPAN - 30 * 86400) // 86400 * 86400), "$lte": moment(at + 28 * 86400)[:-5] + ".000Z"}
    lists = f"/send-logs/{long_id}?group_destinations=list"
    yield "get", CONNECTIONS, [load.request(key, "GET", "/send-logs/" + rng.choice(ids)) for _ in range(5000)]
    yield "get-missing", CONNECTIONS, [load.request(key, "GET", f"/send-logs/none-{i}") for i in range(1000)]
    yield "search-first", CONNECTIONS // 2, [search()]
    yield "search-campaign", CONNECTIONS // 2, [search(find={"campaign_id": [campaign(int(200 * rng.random() ** 2)) for _ in range(3)],
                                                             "startDeliveryAt": month()}, options={"limit": 100}) for _ in range(200)]
    yield "search-deep", CONNECTIONS // 2, [search(options={"skip": max(LOGS - 1000 * k, 0)}) for k in (1, 2, 3)]
    yield "search-middle", CONNECTIONS // 2, [search(options={"skip": LOGS // 2})]
    yield f"list-{LONG}", CONNECTIONS // 2, [load.request(key, "GET", lists)]
    yield f"list-{LONG}-gzip", CONNECTIONS // 2, [load.request(key, "GET", lists, accept="gzip")]
    yield "create", CONNECTIONS, [load.request(key, "POST", "/send-logs", log(rng, i, load.ID)) for i in range(200)]


def measure(server, name, connections, requests):
    result = load.measure(server, requests, connections, SECONDS)
    errors = result.failed + result.refused - (result.completed if name == "get-missing" else 0)
    print(f"{name:18} {result.rate:10,.0f} {result.p50:9.2f} {result.p99:9.2f} {result.cpu * 1000:11,.1f} {server.memory():9.1f}"
          + (f"  {errors} errors" if errors else ""), flush=True)


def main():
    folder = os.environ.get("FOLDER") or tempfile.mkdtemp(prefix="sendlog-bench-")
    os.makedirs(folder, exist_ok=True)
    data, database = os.path.join(folder, f"{LOGS}x{DESTINATIONS}.ndjson"), os.path.join(folder, "bench.db")
    if not os.path.exists(data):
        generate(data)
    for ending in ("", "-wal", "-shm"):
        if os.path.exists(database + ending):
            os.remove(database + ending)
    where = ("--database", "sqlite:" + database)
    run("organisation", "create", "Bench", *where)
    key = run("key", "create", "--organisation", "Bench", "--permission", "sendLog", "--name", "bench", *where)
    server = Server(database)
    try:
        request = urllib.request.Request(f"http://127.0.0.1:{server.port}/send-logs/import", data=open(data, "rb"), method="POST", headers={
            "Authorization": "Bearer " + key, "Content-Type": "application/x-ndjson", "Content-Length": str(os.path.getsize(data))})
        began = time.monotonic()
        with urllib.request.urlopen(request, timeout=3600) as response:
            report = json.load(response)["data"]
        assert report["recorded"] == LOGS, report
        used = server.cpu()
        print(f"{LOGS:,} send logs of {DESTINATIONS} destinations, one of {LONG:,}; {os.cpu_count()} cores")
        print(f"import over HTTP: {LOGS / used:,.0f} logs a second and core, {LOGS / (time.monotonic() - began):,.0f} a second, {server.memory():.1f} MB")
        server.stop()
        size, text = os.path.getsize(database), os.path.getsize(data)
        print(f"size: {size / text:.2f} times the JSON text, {size / LOGS:,.0f} bytes a log")
        server = Server(database)
        print(f"start: ready after {server.seconds_to_start * 1000:.0f} ms\n")
        with open(data) as f:
            lines = f.readlines() if LOGS <= 200_000 else [next(f) for _ in range(200_000)]
        ids = [line[8:32] for line in lines]
        long_id = f"{FIRST + (LOGS // 2) * SPAN // LOGS:08x}{LOGS // 2:016x}"
        print(f"{'workload':18} {'req/s':>10} {'p50 ms':>9} {'p99 ms':>9} {'CPU us/req':>11} {'anon MB':>9}")
        for name, connections, requests in workloads(key, ids, long_id):
            measure(server, name, connections, requests)
    finally:
        server.stop()
        if not os.environ.get("FOLDER"):
            shutil.rmtree(folder)


main()
