#!/usr/bin/env python3
"""Compares a large organisation with the same one when it was smaller: requests, time to start, and the rate of import while it grows.

Usage: scale.py PROGRAM   (make bench-scale runs it)
Environment: LOGS (10000000) send logs of 10 destinations each on average, imported STEP (LOGS / 10) at a time, ROUNDS (3), SECONDS (3) for each kind
of request, size and round, FOLDER (a temporary one beside the program) for the data, 11 GB for 10 million send logs.

The send logs are three years in the order of time, the same number each day: the organisation grows by days. They go to LOGS / 2 people. A campaign
lasts a month and 55 run at a time, 5,000 send logs each with 10 million, so a search for campaigns finds as many at both sizes. The recipients that
are searched for have 20 sends: for recipient-early in the first step, for recipient-spread in the first step at the small size and in all steps at
the large one. sendlog has its default settings, and its log goes to a file. A step is one request, which gives the rate; then the recipient index is
completed and merged, which counts for the CPU time. After the first step the database is copied. At the end, a server of the copy and one of the
whole database take turns, kind by kind, after samples of their responses were compared with the data. Prints medians. No ratio makes it fail.
"""
import array
import http.client
import json
import os
import random
import shutil
import sqlite3
import statistics
import subprocess
import sys
import time

import load
from compare import run_in_folder, setting
from compare_data import DAY, FIRST, MESSAGES, SPAN, TRIGGERS, moment
from server import Process

PROGRAM = os.path.abspath(sys.argv[1])
LOGS = setting("LOGS", 10_000_000, 100_000)
STEP, ROUNDS, SECONDS = setting("STEP", LOGS // 10), setting("ROUNDS", 3), setting("SECONDS", 3)
DAYS, MONTH, ACTIVE, PEOPLE = SPAN // DAY, 30, 55, LOGS // 2
CAMPAIGN, CAMPAIGN_SIZE = "5f5a1d8d%016x", LOGS * MONTH // DAYS // ACTIVE
# The recipients of a group that are searched for, and the sends of each. The groups are recipient-early and recipient-spread: the first recipient,
# and which send logs they get, as a modulus and a remainder.
SEARCHED, SENDS = 200, 20
GROUPS = (PEOPLE, STEP // (SEARCHED * SENDS), 0), (PEOPLE + SEARCHED, LOGS // (SEARCHED * SENDS), 1)
SIZES, TEXTS = (1, 2, 3, 5, 8, 10, 12, 15, 17, 27), [json.dumps(message, ensure_ascii=False) for message in MESSAGES]
# The send logs that the recipient index lacks, and whether it has merges to do. /metrics shows the former too, but reads it once in ten seconds.
BEHIND = """SELECT coalesce(sum(sequence - coalesce(through, 0)), 0) + coalesce(max(has_merges), 0)
    FROM organisations o LEFT JOIN recipient_indexes i ON i.organisation = o.id"""
# The start and the ID of send log i, and the number of a recipient: first come the people, then the GROUPS, then those without sends.
start = lambda i: FIRST + i * SPAN // LOGS
id = lambda i: f"{start(i) // 1000:08x}{i:016x}"
number = lambda recipient: f"278{2 + recipient % 3}{1_000_000 + recipient}"
# The campaign of each send log so far.
campaigns = array.array("I")


def generate(path, rng, people):
    """Writes the send logs of the next step, and returns the number of their destinations."""
    destinations = 0
    with open(path, "w", buffering=1 << 20, encoding="utf-8") as file:
        for i in range(len(campaigns), len(campaigns) + STEP):
            campaign, to = i // CAMPAIGN_SIZE + int(ACTIVE * rng.random()), rng.choices(people, k=SIZES[int(10 * rng.random())])
            for first, spacing, rest in GROUPS:
                if i % spacing == rest and i < spacing * SEARCHED * SENDS:
                    to.append(f'"{number(first + i // spacing % SEARCHED)}"')
            campaigns.append(campaign)
            destinations += len(to)
            file.write(f'{{"_id":"{id(i)}","campaign_id":"{CAMPAIGN % campaign}","message":{TEXTS[campaign % len(TEXTS)]},"triggeredBy":'
                       f'"{TRIGGERS[i % len(TRIGGERS)]}","startDeliveryAt":"{moment(start(i))}","destinations":[{",".join(to)}]}}\n')
    return destinations


class Server(Process):
    def __init__(self, database, key):
        self.database, self.key = database, key
        with open(database + ".log", "a") as log:
            super().__init__([PROGRAM, "serve", "--port", "0", "--database", "sqlite:" + database], log=log)

    def data(self, method, path, body=None, headers={}):
        """Returns the data of a response; the body is bytes or a file."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=3600, blocksize=1 << 18)
        connection.request(method, path, body, {"Authorization": "Bearer " + self.key, **headers})
        content = json.load(response := connection.getresponse())
        connection.close()
        assert response.status == 200, f"{method} {path} gets {response.status}: {content}"
        return content["data"]

    def wait_for_index(self):
        """Waits until the recipient index is complete and merged."""
        end, connection = time.monotonic() + 3600, sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=60)
        while connection.execute(BEHIND).fetchone()[0]:
            assert time.monotonic() < end, "the recipient index was not complete after an hour"
            time.sleep(0.2)
        connection.close()
        self.settle(600)

    def load(self, path):
        """Imports the send logs of a step, prints what it costs, and returns their number a second."""
        before, began = self.cpu(), time.monotonic()
        with open(path, "rb") as file:
            report = self.data("POST", "/send-logs/import", file, {"Content-Length": str(os.path.getsize(path))})
        took = time.monotonic() - began
        self.wait_for_index()
        used, waited = self.cpu() - before, time.monotonic() - began - took
        total = self.data("POST", "/send-logs/search", b'{"options":{"limit":0}}')["total"]
        assert (report["recorded"], report["failed"], total) == (STEP, 0, len(campaigns)), (str(report)[:500], total)
        print(f"{total:>12,} {STEP / took:>12,.0f} {used / STEP * 1e6:>10.1f} {waited:>10.1f} {self.memory():>11.1f}", flush=True)
        return STEP / took


def fill(first, all):
    """Fills the database, and copies it after the first step; returns the key and the rates of the steps."""
    run = lambda *arguments: subprocess.check_output([PROGRAM, *arguments, "--database", "sqlite:" + all], stderr=subprocess.PIPE, text=True).strip()
    run("organisation", "create", "Bench")
    key = run("key", "create", "--organisation", "Bench", "--permission", "*", "--name", "bench")
    path, rng, people, rates, destinations = all + ".ndjson", random.Random(1), [f'"{number(person)}"' for person in range(PEOPLE)], [], 0
    print(f"{'import up to':>12} {'logs/s':>12} {'CPU us/log':>10} {'index s':>10} {'private MB':>11}", flush=True)
    for steps in (1, LOGS // STEP - 1):
        with Server(all, key) as server:
            for _ in range(steps):
                destinations += generate(path, rng, people)
                rates.append(server.load(path))
                os.remove(path)
        size = os.path.getsize(all)
        print(f"size: {size / 1e9:.2f} GB, {size / len(campaigns):,.0f} bytes a log, {size / destinations:.1f} a destination; {destinations:,} of them")
        assert not os.path.exists(all + "-wal"), "the server did not stop as it should, and left a write-ahead log"
        if len(rates) == 1:
            shutil.copyfile(all, first)
    return key, rates


def kinds(total):
    """Kinds of requests at a size: method, path, body, and a function that returns the total, length and first ID of the response."""
    rng = random.Random(2)
    search = lambda expected, find={}, **options: ("POST", "/send-logs/search", {"find": find, "options": options}, expected)

    def of_campaigns():
        # Whole days, and not the first month, when campaigns have fewer sends. The campaigns are active in the middle of the range.
        day = rng.randrange(MONTH, total * DAYS // LOGS - MONTH)
        low, high = (-(-at * LOGS // DAYS) for at in (day, day + MONTH))
        some = rng.sample(range(front := (low + high) // 2 // CAMPAIGN_SIZE, front + ACTIVE), 3)
        expected = lambda: (len(found := [i for i in range(low, high) if campaigns[i] in some]), min(100, len(found)), id(found[-1]))
        dates = {"$gte": moment(FIRST + day * DAY), "$lte": moment(FIRST + (day + MONTH) * DAY - 1)}
        return search(expected, {"campaign_id": [CAMPAIGN % one for one in some], "startDeliveryAt": dates}, limit=100)

    def of_recipients(first, spacing, rest):
        last = lambda one: id(spacing * (SEARCHED * (SENDS - 1) + one) + rest)
        return [search(lambda one=one: (SENDS, SENDS, last(one)), {"destination": number(first + one)}, limit=50) for one in range(SEARCHED)]

    return {"search-first": [search(lambda: (total, 1000, id(total - 1)))],
            "search-deep": [search(lambda: (total, 1000, id(1999)), skip=total - 2000)],
            "search-campaign": [of_campaigns() for _ in range(200)],
            "recipient-early": of_recipients(*GROUPS[0]), "recipient-spread": of_recipients(*GROUPS[total == LOGS]),
            "recipient-none": [search(lambda: (0, 0, None), {"destination": number(PEOPLE + 2 * SEARCHED + one)}, limit=50) for one in range(1000)],
            "get": [("GET", "/send-logs/" + id(i), None, lambda i=i: (None, 1, id(i))) for i in rng.choices(range(total), k=5000)]}


def check(server, requests):
    """Compares some responses with the data."""
    for method, path, body, expected in requests:
        data = server.data(method, path, json.dumps(body).encode() if body else None)
        page = data["send_logs"] if body else [data]
        actual = data.get("total"), len(page), page[0]["_id"] if page else None
        assert actual == expected(), f"{method} {path} {body} returns total, length and first ID {actual}, not {expected()}"


def measure(servers, requests):
    """Prints the table of the requests, and returns the number of responses that had an error status or were missing."""
    results, wrong = {}, 0
    for turn in range(ROUNDS):
        for name in requests[0]:
            for size in (0, 1) if turn % 2 == 0 else (1, 0):
                result = load.measure(servers[size], [load.request(servers[size].key, *one[:3]) for one in requests[size][name]], 16, SECONDS)
                results.setdefault((name, size), []).append((result.cpu * 1000, result.p50, result.p99, result.rate))
                wrong += result.failed + result.refused
    heads = "".join(f"{head:>10}" for head in ("CPU us", "p50 ms", "p99 ms", "req/s"))
    print(f"\n{'':16} {STEP:>40,} {LOGS:>40,} {'ratio':>15}\n{'work':16} {heads} {heads} {'CPU':>7} {'p50':>7}")
    for name in requests[0]:
        medians = [[statistics.median(column) for column in zip(*results[name, size])] for size in (0, 1)]
        cells = ("".join(f"{value:>10,.{digits}f}" for value, digits in zip(row, (1, 2, 2, 0))) for row in medians)
        print(f"{name:16}", *cells, *(f"{large / small:>7.2f}" for small, large in list(zip(*medians))[:2]))
    return wrong


def main(folder):
    if shutil.disk_usage(folder).free < (needed := 900 * LOGS + 1600 * STEP + 500_000_000):
        sys.exit(f"error: {folder} has less than {needed / 1e9:.1f} GB of free space; set FOLDER or LOGS")
    databases = f"{folder}/first.db", f"{folder}/all.db"
    key, rates = fill(*databases)
    with Server(databases[0], key) as first, Server(databases[1], key) as all:
        servers, requests = (first, all), (kinds(STEP), kinds(LOGS))
        for server, size in zip(servers, requests):
            check(server, [one for kind in size.values() for one in kind[:20]])
        means = (statistics.mean(one[3]()[0] for one in size["search-campaign"][:20]) for size in requests)
        print("The sampled responses agree with the data. Searches for campaigns find {:,.0f} and {:,.0f} send logs.".format(*means), flush=True)
        wrong = measure(servers, requests)
    times = []
    for database in databases * 5:
        with Server(database, key) as server:
            times.append(server.seconds_to_start * 1000)
    small, large = statistics.median(times[::2]), statistics.median(times[1::2])
    print(f"start: {small:.0f} and {large:.0f} ms, ratio {large / small:.2f}\n"
          f"import: {rates[0]:,.0f} logs a second in the first step, {rates[-1]:,.0f} in the last one, ratio {rates[-1] / rates[0]:.2f}")
    if wrong:
        print(f"error: {wrong} responses had an error status or were missing", file=sys.stderr)
    return wrong == 0


if LOGS % STEP or not LOGS / 12 <= STEP < LOGS:
    sys.exit("error: STEP must divide LOGS, and be from a twelfth to a half of it")
run_in_folder("scale-", PROGRAM, main)
