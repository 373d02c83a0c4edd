#!/usr/bin/env python3
"""Compares pages of the Sends Report with API searches for as many rows, one after the other over one connection.

Usage: pages.py PROGRAM   (make bench-pages runs it)
Environment: LOGS (1000000) send logs of one organisation, FOLDER (a temporary one) that stores the data for the next run.
"""
import http.client
import json
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse

PROGRAM = os.path.abspath(sys.argv[1])
LOGS = int(os.environ.get("LOGS", 1_000_000))
FOLDER = os.environ.get("FOLDER") or tempfile.mkdtemp(prefix="sendlog-pages-")
DATABASE = f"{FOLDER}/pages-{LOGS}.db"
FIRST, SPAN = 1_672_531_200_000, 3 * 365 * 86_400_000
MESSAGES = (
    "Hi {{contact.firstname}}, your order {{order.number}} is ready at {{branch.name}}. Bring your ID. Reply STOP to opt out.",
    "Hallo {{contact.firstname}}, jou bestelling is oppad! Volg dit hier: {{short_link}}",
    "Dear {{contact.title}} {{contact.lastname}}, payment of R{{invoice.amount}} is due on {{invoice.due_date}}. Pay at {{short_link}}.")


def campaign(number):
    return f"5f5a1d8d{number:016x}"


def generate(out):
    rng = random.Random(7)
    for i in range(LOGS):
        ms = FIRST + i * SPAN // LOGS
        start = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(ms // 1000))
        out.write(f'{{"_id":"{ms // 1000:08x}{i:016x}","campaign_id":"{campaign(int(LOGS / 500 * rng.random() ** 2))}","message":"{MESSAGES[i % 3]}",'
                  f'"triggeredBy":"{("api", "schedule", "manual")[i % 3]}","startDeliveryAt":"{start}.{ms % 1000:03d}Z","destinations":["2782{i % 10**7:07d}"]}}\n')


def run(*arguments, **more):
    return subprocess.run([PROGRAM, *arguments, "--database", f"sqlite:{DATABASE}"], check=True, capture_output=True, text=True, **more).stdout.strip()


if not os.path.exists(DATABASE):
    with open(f"{FOLDER}/logs.ndjson", "w", buffering=1 << 20) as file:
        generate(file)
    run("organisation", "create", "Pages")
    run("import", "--organisation", "Pages", f"{FOLDER}/logs.ndjson")
    os.remove(f"{FOLDER}/logs.ndjson")
key = run("key", "create", "--organisation", "Pages", "--permission", "*")
server = subprocess.Popen([PROGRAM, "serve", "--port", "0", "--rate-limit-console-requests", "0", "--database", f"sqlite:{DATABASE}"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
try:
    port = int(server.stdout.readline().rsplit(":", 1)[1])
    connection = http.client.HTTPConnection("127.0.0.1", port)

    def call(method, path, body=None, headers={}):
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        return response, response.read()

    response, page = call("GET", "/console/sign-in")
    token = re.search(rb'form-token" value="([0-9a-f]+)', page).group(1).decode()
    form = urllib.parse.urlencode({"form-token": token, "key": key, "zone": "Africa/Johannesburg"})
    response, _ = call("POST", "/console/sign-in", form, {"Cookie": response.headers["Set-Cookie"].split(";")[0]})
    cookies = "; ".join(cookie.split(";")[0] for cookie in response.headers.get_all("Set-Cookie") if "Max-Age=0" not in cookie)

    def milliseconds(repeat, *functions):
        """The median time of each function, called in turns."""
        times = [[] for _ in functions]
        for round in range(repeat + 5):
            for number, function in enumerate(functions):
                begin = time.perf_counter()
                function()
                if round >= 5:
                    times[number].append(time.perf_counter() - begin)
        return [1000 * statistics.median(one) for one in times]

    print(f"{LOGS} send logs; medians of 60, in turns\n{'rows':>5}  {'which':14} {'API':>8} {'page':>8}  ratio")
    for rows in (25, 50):
        quarter = {"$gte": "2023-12-31T22:00:00Z", "$lte": "2024-03-31T21:59:59.999Z"}
        for name, find, skip, query in (
                ("first", {}, 0, {}), ("middle", {}, LOGS // 2, {}), ("last", {}, LOGS - 1, {}),
                ("a campaign", {"campaign_id": [campaign(7)]}, 0, {"campaign": campaign(7)}),
                ("a quarter", {"startDeliveryAt": quarter}, 0, {"from": "2024-01-01", "to": "2024-03-31"})):
            skip -= skip % rows
            body = json.dumps({"find": find, "options": {"skip": skip, "limit": rows}})
            path = "/console/sends?" + urllib.parse.urlencode({**query, "rows": rows, "page": skip // rows + 1})
            api = lambda: call("POST", "/send-logs/search", body, {"Authorization": "Bearer " + key})[1]
            html = lambda: call("GET", path, None, {"Cookie": cookies})[1]
            assert html().count(b"class=when") == len(json.loads(api())["data"]["send_logs"]) > 0
            one, other = milliseconds(60, api, html)
            print(f"{rows:5}  {name:14} {one:5.2f} ms {other:5.2f} ms  {other / one:5.2f}")
    for path in ("/console/campaigns", "/console/campaigns?sort=-sends", "/console/campaigns?sort=name"):
        print(f"{path:32} {milliseconds(10, lambda: call('GET', path, None, {'Cookie': cookies}))[0]:8.1f} ms")
finally:
    server.terminate()
    server.wait()
