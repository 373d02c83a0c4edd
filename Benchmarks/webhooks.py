#!/usr/bin/env python3
"""Measures recording in turns without webhooks and with two, one to a healthy receiver and one to an unreachable one.

Usage: webhooks.py PROGRAM   (make bench-webhooks runs it)
Environment: SENDS (10000) send logs for each turn, TURNS (15) of each kind, CLIENTS (8) connections, FOLDER (a temporary one) for the data.

Prints the send logs recorded per second, the ratio of the two, whether the healthy receiver got all in the order of recording,
and the server's memory. The turns without webhooks record for an organisation that has none.
"""
import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

PROGRAM = os.path.abspath(sys.argv[1])
LOGS = int(os.environ.get("SENDS", 10_000))
TURNS = int(os.environ.get("TURNS", 15))
CLIENTS = int(os.environ.get("CLIENTS", 8))
FOLDER = os.environ.get("FOLDER") or tempfile.mkdtemp(prefix="sendlog-webhooks-")
DATABASE = f"sqlite:{FOLDER}/webhooks-{os.getpid()}.db"
GOT = f"{FOLDER}/webhooks-{os.getpid()}.got"
# A separate process, so that it takes no time of the clients, which are measured.
RECEIVER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "webhook_receiver.py")


def run(*arguments):
    return subprocess.run([PROGRAM, *arguments, "--database", DATABASE], check=True, capture_output=True, text=True).stdout.strip()


def memory(process):
    with open(f"/proc/{process.pid}/status") as file:
        values = dict(line.split(":", 1) for line in file)
    # Private memory, and resident memory with mapped pages of the database, which the kernel reclaims when it needs them.
    return int(values["RssAnon"].split()[0]) / 1024, int(values["VmRSS"].split()[0]) / 1024


def is_whole(response):
    """Whether a response with a Content-Length is complete."""
    head, end, body = response.partition(b"\r\n\r\n")
    return bool(end) and len(body) == int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])


class Organisation:
    def __init__(self, name, port):
        run("organisation", "create", name)
        self.headers = {"Authorization": "Bearer " + run("key", "create", "--organisation", name, "--permission", "*")}
        self.port = port

    def call(self, method, path, body=None, connection=None):
        connection = connection or http.client.HTTPConnection("127.0.0.1", self.port)
        connection.request(method, path, body, self.headers)
        response = connection.getresponse()
        text = response.read()
        assert response.status in (200, 201), (response.status, text)
        return json.loads(text)["data"]

    def record(self, turn):
        """Records LOGS send logs over CLIENTS connections, each as fast as it gets responses.

        Returns the number recorded per second.
        """
        head = f"POST /send-logs HTTP/1.1\r\nHost: localhost\r\nAuthorization: {self.headers['Authorization']}\r\n"

        def request(client, i):
            body = json.dumps({
                "_id": f"{turn}-{client}-{i}", "campaign_id": f"campaign-{i % 5}", "message": "Hi {{contact.firstname}}, your order is ready.",
                "triggeredBy": "api", "startDeliveryAt": "2022-01-26T08:00:00Z", "destinations": [f"2782{i:07d}"]})
            return f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()

        requests = [[request(client, i) for i in range(client, LOGS, CLIENTS)] for client in range(CLIENTS)]

        def work(batch):
            # Plain sockets: a client library would use more CPU time than the server.
            with socket.create_connection(("127.0.0.1", self.port)) as connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for request in batch:
                    connection.sendall(request)
                    response = connection.recv(65536)
                    while not is_whole(response):
                        more = connection.recv(65536)
                        if not more:
                            # An exception would end only this thread.
                            return failures.append(response + b" (the connection was closed)")
                        response += more
                    if not response.startswith(b"HTTP/1.1 201 "):
                        failures.append(response)

        failures = []
        threads = [threading.Thread(target=work, args=(batch,)) for batch in requests]
        begin = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not failures, failures[0]
        return LOGS / (time.perf_counter() - begin)


def closed_port():
    """A loopback port that is bound, so that no other process can use it, but on which nothing listens."""
    bound = socket.socket()
    bound.bind(("127.0.0.1", 0))
    return bound


run("organisation", "create", "Quiet")
receiver = subprocess.Popen([sys.executable, RECEIVER, GOT], stdout=subprocess.PIPE)
server = subprocess.Popen([PROGRAM, "serve", "--port", "0", "--webhooks-allow", "127.0.0.1", "--database", DATABASE],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
try:
    healthy, unreachable = int(receiver.stdout.readline()), closed_port()
    port = int(server.stdout.readline().rsplit(":", 1)[1])
    without, with_hooks = Organisation("Without", port), Organisation("With", port)
    template = '{"id": {{send._id}}, "campaign": {{campaign._id}}, "count": {{send.destinations}}}'
    hooks = [with_hooks.call("POST", "/webhooks", json.dumps({"url": f"http://127.0.0.1:{number}/x", "body": template}))
             for number in (healthy, unreachable.getsockname()[1])]
    for one in (without, with_hooks):
        one.record("warm")
    print(f"{LOGS} send logs a turn, {CLIENTS} connections; send logs recorded a second\n{'turn':>4}  {'without':>8} {'with two':>8}  ratio  private memory, MB")
    before, rates = memory(server), []
    for turn in range(TURNS):
        # The order alternates, and each turn starts without a backlog of the one before.
        pair = {}
        for one in ((without, with_hooks), (with_hooks, without))[turn % 2]:
            deadline = time.time() + 600
            while with_hooks.call("GET", f"/webhooks/{hooks[0]['_id']}")["behind"] > 0 and time.time() < deadline:
                time.sleep(0.1)
            pair[one] = one.record(turn)
        rates.append((pair[without], pair[with_hooks]))
        print(f"{turn + 1:4}  {pair[without]:8.0f} {pair[with_hooks]:8.0f}  {pair[with_hooks] / pair[without]:5.3f}  {memory(server)[0]:.1f}")
    print(f"median ratio {statistics.median(two / one for one, two in rates):.3f}; the target is 0.9")
    begin, sent, got = time.time(), (TURNS + 1) * LOGS, []
    while len(got) < sent and time.time() - begin < 600:
        time.sleep(0.05)
        with open(GOT) as file:
            got = [json.loads(line)["id"] for line in file.read().splitlines()]
    print(f"the healthy receiver had {len(got)} of {sent}, the last of them {time.time() - begin:.1f} s after the last was recorded")
    # Results of deliveries are saved a moment later.
    while with_hooks.call("GET", f"/webhooks/{hooks[0]['_id']}")["behind"] > 0:
        time.sleep(0.1)
    expected, sequence = [], None
    while True:
        page = with_hooks.call("GET", f"/webhooks/{hooks[0]['_id']}/deliveries?limit=1000" + (f"&before={sequence}" if sequence else ""))
        expected += [delivery["send_id"] for delivery in page["deliveries"]]
        sequence = page["next"]
        if sequence is None:
            break
    expected.reverse()
    wrong = next((index for index, (one, two) in enumerate(zip(got, expected)) if one != two), None)
    if wrong is not None:
        print(f"at index {wrong}: {got[wrong:wrong + 5]} instead of {expected[wrong:wrong + 5]}; {len(got)}, {len(expected)}, {len(set(got))}")
    print("in the order of recording, each once" if got == expected and len(set(got)) == sent else "NOT IN ORDER, OR NOT ALL, OR TWICE")
    state = with_hooks.call("GET", f"/webhooks/{hooks[1]['_id']}")
    print(f"the unreachable one failed {state['failures']} times, and has a backlog of {state['behind']}")
    after = memory(server)
    print(f"private memory: {before[0]:.0f} MB before, {after[0]:.0f} MB after; with mapped pages {before[1]:.0f} and {after[1]:.0f} MB")
    if got != expected or len(got) != sent:
        sys.exit(1)
finally:
    for process in (server, receiver):
        process.terminate()
        process.wait()
