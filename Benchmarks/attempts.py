#!/usr/bin/env python3
"""Measures the server's CPU time for an attempt to deliver a webhook, of one program or of several in turns.

Usage: attempts.py PROGRAM [PROGRAM …]   (make bench-webhooks runs it)
Environment: ATTEMPTS (20000) for each turn, TURNS (3) for each program.

Send logs are imported while webhooks have no workers. Then a server delivers them to one healthy receiver, and does nothing else.
The CPU time includes all of it: reading the send logs, making the requests, and saving the results.
"""
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

ATTEMPTS = int(os.environ.get("ATTEMPTS", 20_000))
TURNS = int(os.environ.get("TURNS", 3))
RECEIVER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "webhook_receiver.py")


def measure(program, folder):
    """The CPU seconds of one attempt."""
    database = ["--database", f"sqlite:{folder}/attempts.db"]

    def run(*arguments):
        return subprocess.run([program, *arguments, *database], check=True, capture_output=True, text=True).stdout.strip()

    def serve(*arguments):
        command = [program, "serve", "--port", "0", "--webhooks-allow", "127.0.0.1", *arguments, *database]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        return server, f"http://127.0.0.1:{server.stdout.readline().strip().rsplit(':', 1)[1]}"

    def stop(process):
        process.terminate()
        process.wait()

    run("organisation", "create", "One")
    headers = {"Authorization": "Bearer " + run("key", "create", "--organisation", "One", "--permission", "*")}

    def call(url, body=None):
        return json.load(urllib.request.urlopen(urllib.request.Request(url, body, headers)))["data"]

    receiver = subprocess.Popen([sys.executable, RECEIVER, f"{folder}/got"], stdout=subprocess.PIPE, text=True)
    try:
        port = int(receiver.stdout.readline())
        server, base = serve("--webhooks-workers", "0")
        body = json.dumps({"url": f"http://127.0.0.1:{port}/x", "body": '{"id": {{send._id}}, "campaign": {{campaign._id}}}'})
        hook = call(f"{base}/webhooks", body.encode())["_id"]
        log = {"campaign_id": "spring", "message": "Hi {{contact.firstname}}, your order is ready.", "triggeredBy": "api",
               "startDeliveryAt": "2022-01-26T08:00:00Z", "destinations": ["27821234567"]}
        lines = "\n".join(json.dumps({"_id": f"send-{number}"} | log) for number in range(ATTEMPTS))
        assert call(f"{base}/send-logs/import", lines.encode())["recorded"] == ATTEMPTS
        stop(server)
        server, base = serve()
        while call(f"{base}/webhooks/{hook}")["behind"] > 0:
            time.sleep(0.2)
        with open(f"/proc/{server.pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        stop(server)
        with open(f"{folder}/got") as file:
            ids = [json.loads(line)["id"] for line in file]
        assert ids == [f"send-{number}" for number in range(ATTEMPTS)], "not in order, or not all"
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") / ATTEMPTS
    finally:
        stop(receiver)


programs = [os.path.abspath(program) for program in sys.argv[1:]]
times = {program: [] for program in programs}
for turn in range(TURNS):
    for program in programs:
        folder = tempfile.mkdtemp(prefix="sendlog-attempts-")
        try:
            times[program].append(measure(program, folder))
        finally:
            shutil.rmtree(folder)
first = statistics.median(times[programs[0]])
print(f"CPU of an attempt, median of {TURNS} turns of {ATTEMPTS} attempts")
for program in programs:
    middle = statistics.median(times[program])
    print(f"{middle * 1e6:6.0f} µs  {middle / first:5.2f} of the first  {program}")
