#!/usr/bin/env python3
"""Measures recording by turns without webhooks and with two, one of a healthy receiver and one of a dead, in one run.

Usage: webhooks.py PROGRAM   (make bench-webhooks runs it)
Environment: SENDS (10000) send logs a turn, TURNS (15) of each kind, CLIENTS (8) connections, FOLDER (a temporary one) for the data.

Prints how many send logs a second were recorded, the ratio of the two, whether the healthy receiver got all in the order of
recording, and the server's memory. Without webhooks means for an organisation that has none.
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
# A process of its own: nothing of it is done by the client, whose time counts.
RECEIVER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "webhook_receiver.py")


def run(*arguments):
    return subprocess.run([PROGRAM, *arguments, "--database", DATABASE], check=True, capture_output=True, text=True).stdout.strip()


def memory(process):
    with open(f"/proc/{process.pid}/status") as file:
        values = dict(line.split(":", 1) for line in file)
    # Of its own, and with the pages of the database that are mapped, which the system takes back when it needs them.
    return int(values["RssAnon"].split()[0]) / 1024, int(values["VmRSS"].split()[0]) / 1024


def is_whole(answer):
    """Whether an answer with a Content-Length has all of its body."""
    head, end, body = answer.partition(b"\r\n\r\n")
    return bool(end) and len(body) == int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])


class Organisation:
    def __init__(self, name, port):
        run("organisation", "create", name)
        self.headers = {"Authorization": "Bearer " + run("key", "create", "--organisation", name, "--permission", "*")}
        self.port = port

    def ask(self, method, path, body=None, connection=None):
        connection = connection or http.client.HTTPConnection("127.0.0.1", self.port)
        connection.request(method, path, body, self.headers)
        answer = connection.getresponse()
        text = answer.read()
        assert answer.status in (200, 201), (answer.status, text)
        return json.loads(text)["data"]

    def record(self, turn):
        """Records LOGS send logs over CLIENTS connections, each as fast as it is answered.

        Returns how many were recorded a second.
        """
        head = f"POST /send-logs HTTP/1.1\r\nHost: localhost\r\nAuthorization: {self.headers['Authorization']}\r\n"

        def request(client, i):
            body = json.dumps({
                "_id": f"{turn}-{client}-{i}", "campaign_id": f"campaign-{i % 5}", "message": "Hi {{contact.firstname}}, your order is ready.",
                "triggeredBy": "api", "startDeliveryAt": "2022-01-26T08:00:00Z", "destinations": [f"2782{i:07d}"]})
            return f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()

        requests = [[request(client, i) for i in range(client, LOGS, CLIENTS)] for client in range(CLIENTS)]

        def work(own):
            # Bare sockets: a client library would take more of the machine than the server does.
            with socket.create_connection(("127.0.0.1", self.port)) as connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for request in own:
                    connection.sendall(request)
                    answer = connection.recv(65536)
                    while not is_whole(answer):
                        more = connection.recv(65536)
                        if not more:
                            # A thread's own exception would end nothing but the thread.
                            return failures.append(answer + b" (the connection was closed)")
                        answer += more
                    if not answer.startswith(b"HTTP/1.1 201 "):
                        failures.append(answer)

        failures = []
        threads = [threading.Thread(target=work, args=(own,)) for own in requests]
        begin = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not failures, failures[0]
        return LOGS / (time.perf_counter() - begin)


def dead_port():
    """A port of loopback that is bound, so that nobody else takes it, and on which nobody listens."""
    held = socket.socket()
    held.bind(("127.0.0.1", 0))
    return held


run("organisation", "create", "Nobody")
receiver = subprocess.Popen([sys.executable, RECEIVER, GOT], stdout=subprocess.PIPE)
server = subprocess.Popen([PROGRAM, "serve", "--port", "0", "--webhooks-allow", "127.0.0.1", "--database", DATABASE],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
try:
    healthy, dead = int(receiver.stdout.readline()), dead_port()
    port = int(server.stdout.readline().rsplit(":", 1)[1])
    without, told = Organisation("Without", port), Organisation("With", port)
    template = '{"id": {{send._id}}, "campaign": {{campaign._id}}, "count": {{send.destinations}}}'
    hooks = [told.ask("POST", "/webhooks", json.dumps({"url": f"http://127.0.0.1:{number}/x", "body": template}))
             for number in (healthy, dead.getsockname()[1])]
    for one in (without, told):
        one.record("warm")
    print(f"{LOGS} send logs a turn, {CLIENTS} connections; send logs recorded a second\n{'turn':>4}  {'without':>8} {'with two':>8}  ratio  memory of its own, MB")
    before, rates = memory(server), []
    for turn in range(TURNS):
        # Who comes first changes, and nothing of the turn before is left to be told.
        pair = {}
        for one in ((without, told), (told, without))[turn % 2]:
            deadline = time.time() + 600
            while told.ask("GET", f"/webhooks/{hooks[0]['_id']}")["behind"] > 0 and time.time() < deadline:
                time.sleep(0.1)
            pair[one] = one.record(turn)
        rates.append((pair[without], pair[told]))
        print(f"{turn + 1:4}  {pair[without]:8.0f} {pair[told]:8.0f}  {pair[told] / pair[without]:5.3f}  {memory(server)[0]:.1f}")
    print(f"median ratio {statistics.median(two / one for one, two in rates):.3f}; 0.9 is what is asked for")
    begin, sent, got = time.time(), (TURNS + 1) * LOGS, []
    while len(got) < sent and time.time() - begin < 600:
        time.sleep(0.05)
        with open(GOT) as file:
            got = [json.loads(line)["id"] for line in file.read().splitlines()]
    print(f"the healthy receiver had {len(got)} of {sent}, the last of them {time.time() - begin:.1f} s after the last was recorded")
    # What was told is kept a moment later.
    while told.ask("GET", f"/webhooks/{hooks[0]['_id']}")["behind"] > 0:
        time.sleep(0.1)
    expected, sequence = [], None
    while True:
        page = told.ask("GET", f"/webhooks/{hooks[0]['_id']}/deliveries?limit=1000" + (f"&before={sequence}" if sequence else ""))
        expected += [delivery["send_id"] for delivery in page["deliveries"]]
        sequence = page["next"]
        if sequence is None:
            break
    expected.reverse()
    wrong = next((place for place, (one, two) in enumerate(zip(got, expected)) if one != two), None)
    if wrong is not None:
        print(f"at place {wrong}: {got[wrong:wrong + 5]} instead of {expected[wrong:wrong + 5]}; {len(got)}, {len(expected)}, {len(set(got))}")
    print("in the order of recording, each once" if got == expected and len(set(got)) == sent else "NOT IN ORDER, OR NOT ALL, OR TWICE")
    state = told.ask("GET", f"/webhooks/{hooks[1]['_id']}")
    print(f"the dead one failed {state['failures']} times, and is {state['behind']} behind")
    after = memory(server)
    print(f"memory of its own: {before[0]:.0f} MB before, {after[0]:.0f} MB after; with mapped pages {before[1]:.0f} and {after[1]:.0f} MB")
    if got != expected or len(got) != sent:
        sys.exit(1)
finally:
    for process in (server, receiver):
        process.terminate()
        process.wait()
