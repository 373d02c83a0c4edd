#!/usr/bin/env python3
"""Measures the latency of small requests of one organisation while another one keeps the server busy with large requests.

Usage: fairness.py PROGRAM [PROGRAM …]   (several programs, such as before and after a change, are measured one after the other)
Environment: SECONDS (8) for each load, ONLY (all) names of loads, separated by commas, BAR (none) milliseconds: with it the exit code
is 1 if a p99 under a load is greater, or if a load or the small requests get an unexpected status.

Two organisations share one SQLite database. "Busy" generates one load after the other, with clients of low priority, each of which repeats
its request when it has the response. Meanwhile one connection gets small send logs of "Quiet", and another one gets /health. Each makes one
request after the other, one every 5 ms as long as responses arrive within that time. Columns, in milliseconds:

p50, p99, max   latency of the requests that were made, including the last ones, whose responses may take 30 s at most
p99*            corrected for coordinated omission: with the requests that would have been made every 5 ms while one waited for its response
n, bad          the number of requests, and how many of them did not get 200
done, busy      requests of the load that got the expected response in SECONDS, and those that got 429 or 503, which are made again
MB/s, cores     bytes that the server received from the load's clients and sent to them, and the processor cores that it used
"""
import gc
import http.client
import json
import math
import multiprocessing
import os
import random
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import urllib.parse

SECONDS = float(os.environ.get("SECONDS", 8))
ONLY = [name.strip() for name in os.environ.get("ONLY", "").split(",") if name.strip()]
BAR = float(os.environ["BAR"]) if "BAR" in os.environ else None
LIST, LOGS, SMALL, CREATE, IMPORT = 5_000_000, 200_000, 3000, 1_000_000, 20_000_000
# In seconds: the period of small requests, the warm-up of a load, the wait for the last responses, the timeout of a request of a load, and
# the time for the server to finish the work of a load.
PERIOD, WARM, LATE, TIMEOUT, SETTLE = 0.005, 1, 30, 120, 60
TICK = os.sysconf("SC_CLK_TCK")
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)
# SO_TIMESTAMPNS, which Python does not name.
TIMESTAMPS = 35
fork = multiprocessing.get_context("fork")


def number(i):
    """An 11-digit number, different for each i below 10^9."""
    return b"27%09d" % (i * 2654435761 % 10**9)


def numbers(count):
    """The elements of a JSON array of numbers, in pieces."""
    for first in range(0, count, 100_000):
        piece = b'","'.join(map(number, range(first, min(first + 100_000, count))))
        yield (b'"' if first == 0 else b',"') + piece + b'"'


def machine_cpu():
    """The seconds in which the cores of the machine were not idle, since boot."""
    with open("/proc/stat") as file:
        times = list(map(int, file.readline().split()[1:9]))
    return (sum(times) - times[3] - times[4]) / TICK


def request(method, path, fields, body=b""):
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return head.encode() + (b"Content-Length: %d\r\n" % len(body) if method == "POST" else b"") + b"\r\n" + body


class Server:
    def __init__(self, program, folder):
        self.program, self.database = program, ["--database", f"sqlite:{folder}/fairness.db"]
        self.run("organisation", "create", "Busy")
        self.run("organisation", "create", "Quiet")
        self.busy, self.quiet = ({"Authorization": "Bearer " + self.run("key", "create", "--organisation", name, "--permission", "*")}
                                 for name in ("Busy", "Quiet"))
        # In the session of the clients: if Linux groups processes by session, priorities apply only within a session.
        self.process = subprocess.Popen([program, "serve", "--port", "0", "--rate-limit-console-requests", "0", "--log-level", "error", *self.database], stdout=subprocess.PIPE, text=True)
        try:
            if not select.select([self.process.stdout], [], [], 60)[0]:
                raise SystemExit("the server did not start")
            self.port = int(self.process.stdout.readline().rsplit(":", 1)[1])
            self.cookie, self.token = self.sign_in()
            self.fill()
        except BaseException:
            self.stop()
            raise

    def run(self, *arguments):
        return subprocess.run([self.program, *arguments, *self.database], check=True, capture_output=True, text=True, timeout=60).stdout.strip()

    def call(self, method, path, fields, body=None):
        """Makes a request, whose body may be in pieces. Returns the status, the fields and the body of the response."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT)
        connection.request(method, path, body, fields)
        response = connection.getresponse()
        text = response.read()
        connection.close()
        return response.status, response.headers, text

    def sign_in(self):
        """Signs in as Busy. Returns the cookies of the session, and the token for its forms."""
        token = lambda page: re.search(rb'form-token" value="([0-9a-f]+)', page)[1].decode()
        _, fields, page = self.call("GET", "/console/sign-in", {})
        form = urllib.parse.urlencode({"form-token": token(page), "key": self.busy["Authorization"].split()[1], "zone": "UTC"})
        _, fields, _ = self.call("POST", "/console/sign-in", {"Cookie": fields["Set-Cookie"].split(";")[0]}, form)
        cookie = {"Cookie": "; ".join(one.split(";")[0] for one in fields.get_all("Set-Cookie") if "Max-Age=0" not in one)}
        return cookie, token(self.call("GET", "/console/webhooks/new", cookie)[2])

    def fill(self):
        head = b'{"_id":"big","campaign_id":"list","message":"Hi {{contact.firstname}}","triggeredBy":"api","destinations":['
        size = len(head) + LIST * 14 - 1 + 2
        body = (piece for pieces in ((head,), numbers(LIST), (b"]}",)) for piece in pieces)
        status, _, text = self.call("POST", "/send-logs", {**self.busy, "Content-Length": str(size)}, body)
        assert status == 201, text
        for fields, name, count in ((self.busy, "busy", LOGS), (self.quiet, "quiet", SMALL)):
            days = [time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(1735689600 + day * 86400)) for day in range(365)]
            body = "".join(f'{{"_id":"{name}-{i}","campaign_id":"c{i % 97}","message":"Hi {{{{contact.firstname}}}}, your order is ready.",'
                           f'"triggeredBy":"api","startDeliveryAt":"{days[i * 365 // count]}","destinations":["2782{i:07d}"]}}\n' for i in range(count))
            status, _, text = self.call("POST", "/send-logs/import", fields, body.encode())
            assert status == 200 and json.loads(text)["data"]["recorded"] == count, text
        # The longest message, for previews.
        log = {"_id": "long", "campaign_id": "list", "message": "x" * 65_536, "triggeredBy": "api", "startDeliveryAt": "2024-01-01", "destinations": []}
        assert self.call("POST", "/send-logs", self.busy, json.dumps(log))[0] == 201

    def cpu(self):
        with open(f"/proc/{self.process.pid}/stat") as file:
            return sum(map(int, file.read().rpartition(")")[2].split()[11:13])) / TICK

    def unread(self):
        """The bytes sent to the server that it has not read: the kernel buffers tens of megabytes for a connection."""
        with open("/proc/net/tcp") as file:
            rows = [line.split() for line in file][1:]
        port, hexadecimal = f":{self.port:04X}", lambda row, part: int(row[4].split(":")[part], 16)
        return sum(hexadecimal(row, 1) if row[1].endswith(port) else hexadecimal(row, 0)
                   for row in rows if row[3] == "01" and (row[1].endswith(port) or row[2].endswith(port)))

    def settle(self):
        """Waits until the server is idle, then prints the cores that other processes use."""
        for _ in range(2 * SETTLE):
            before, machine = self.cpu(), machine_cpu()
            time.sleep(0.5)
            if self.cpu() - before < 0.03:
                others = (machine_cpu() - machine) / 0.5
                return print(f"{'':20} | other processes use {others:.1f} cores of this machine") if others > 0.3 else None
        print(f"{'':20} | {SETTLE} s later the server is still busy with former requests")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def lines(kinds):
    """Lines for an import of a load, of about IMPORT bytes."""
    block = b"".join(kinds)
    return block * (IMPORT // len(block))


def preview(server):
    """The form of the webhook editor, with a body template of the maximum length, full of fields, each byte encoded as %XX."""
    head, field, end = '{"m":["' + '","'.join(["{{send.message}}"] * 4) + '"],"f":[', "{{send._id}},", "0]}"
    body = head + field * ((65_536 - len(head) - len(end)) // len(field)) + end
    form = {"form-token": server.token, "name": "x", "url": "https://receiver.example/{{send._id}}", "method": "POST", "send": "long", "active": "true"}
    body = "&body=" + "".join(f"%{byte:02X}" for byte in body.encode())
    return (urllib.parse.urlencode(form) + body).encode()


def loads(server):
    """Each load's name, number of clients, method, path, header fields, function that makes the body, and the status and a piece of the response."""
    no, form = lambda: b"", {**server.cookie, "Content-Type": "application/x-www-form-urlencoded"}
    # The form stores a link, and redirects to the search.
    entered = urllib.parse.urlencode({"form-token": server.token, "destination": number(LIST + 1).decode()})
    search = server.call("POST", "/console/sends/big", form, entered)[1]["Location"]
    found, last = f">0 destinations of {LIST:,} ".replace(",", "\u202f").encode(), number(LIST - 1)
    yield "list search x1", 1, "GET", search, server.cookie, no, 200, found
    yield "list search x40", 40, "GET", search, server.cookie, no, 200, found
    yield "csv downloads x16", 16, "GET", "/console/sends/big/destinations.csv", server.cookie, no, 200, last + b'"\r\n'
    yield "list json x16", 16, "GET", "/send-logs/big?group_destinations=list", {**server.busy, "Accept-Encoding": "identity"}, no, 200, last + b'"]'
    yield "export csv x16", 16, "POST", "/send-logs/export?format=csv", server.busy, lambda: b"{}", 200, b"busy-0"
    bad = (b'{"campaign_id":1}\n', b'{"campaign_id":\n', b"nonsense\n", b"[]\n", b'{"_id":"?","x":1}\n',
           b'{"campaign_id":"c","message":"m","triggeredBy":"api","destinations":[1]}\n')
    yield "invalid imports x16", 16, "POST", "/send-logs/import", server.busy, lambda: lines(bad), 200, b'"recorded":0,'
    good = [b'{"campaign_id":"c%d","message":"Hi {{contact.firstname}}","triggeredBy":"api","destinations":["%s"]}\n' % (i % 97, number(i))
            for i in range(1000)]
    yield "valid imports x8", 8, "POST", "/send-logs/import", server.busy, lambda: lines(good), 200, b'"failed":0,'
    yield "previews x40", 40, "POST", "/console/webhooks/preview", form, lambda: preview(server), 200, b"preview-body"
    yield "searches x40", 40, "POST", "/send-logs/search", server.busy, lambda: b'{"options":{"limit":10000}}', 200, b'"total":'
    head = b'{"campaign_id":"c","message":"Hi","triggeredBy":"api","destinations":['
    yield "large create x8", 8, "POST", "/send-logs", server.busy, lambda: head + b"".join(numbers(CREATE)) + b"]}", 201, b'"destinations":%d' % CREATE


def exchange(connection, request, buffer, tally, base):
    """Sends a request, and reads the whole response. Returns its status, and whether it closes the connection."""
    sent = 0
    try:
        while sent < len(request):
            n = connection.send(request[sent:sent + (1 << 20)])
            sent += n
            tally[base] += n
    except (BrokenPipeError, ConnectionResetError):
        pass  # The response may have arrived already.
    got = 0
    while (end := bytes(buffer[:got]).find(b"\r\n\r\n")) < 0:
        if (n := connection.recv_into(buffer[got:])) == 0:
            raise ConnectionError
        got += n
        tally[base] += n
    head, status = bytes(buffer[:end + 2]), int(buffer[9:12])
    length = LENGTH.search(head)
    remaining, tail = int(length[1]) - (got - end - 4) if length else 0, bytes(buffer[max(end + 2, got - 7):got])
    # A chunked response ends with an empty chunk. No response of a load has a line that is a single 0.
    while remaining > 0 if length else tail != b"\r\n0\r\n\r\n":
        if (n := connection.recv_into(buffer)) == 0:
            raise ConnectionError
        remaining, tail = remaining - n, tail if length else (tail + bytes(buffer[max(0, n - 7):n]))[-7:]
        tally[base] += n
    return status, b"\r\nconnection: close" in head.lower()


def client(port, request, status, tally, base):
    """Repeats a request. Counts responses in `tally` at `base` plus the status; at 0 the bytes, at 1 the failed connections."""
    os.nice(10)
    gc.disable()
    request, buffer, connection = memoryview(request), memoryview(bytearray(1 << 20)), None
    end = time.monotonic() + WARM + SECONDS + LATE + 10
    while time.monotonic() < end:
        try:
            if connection is None:
                connection = socket.create_connection(("127.0.0.1", port), TIMEOUT)
            got, closes = exchange(connection, request, buffer, tally, base)
        except OSError:
            got, closes = 1, True
        tally[base + got] += 1
        if closes and connection:
            connection.close()
            connection = None
        if got != status:
            time.sleep(0.1)


class Probe:
    """A keep-alive connection, and its requests."""

    def __init__(self, port, requests, due):
        self.port, self.requests, self.due, self.connection = port, requests, due, None
        self.sent, self.response, self.times, self.bad = None, b"", [], 0

    def send(self):
        self.response, request = b"", self.requests[len(self.times) % len(self.requests)]
        self.sent = time.time()
        try:
            if self.connection is None:
                self.connection = socket.create_connection(("127.0.0.1", self.port), LATE)
                self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.connection.setsockopt(socket.SOL_SOCKET, TIMESTAMPS, 1)
            self.connection.sendall(request)
        except OSError:
            self.end(False)

    def read(self):
        try:
            data, ancillary, _, _ = self.connection.recvmsg(1 << 16, 64)
        except OSError:
            data, ancillary = b"", []
        self.response += data
        head, blank, body = self.response.partition(b"\r\n\r\n")
        length = LENGTH.search(head + b"\r\n") if blank else None
        if not data or (blank and (length is None or len(body) >= int(length[1]))):
            # The time at which the kernel received the response, not at which this process was scheduled.
            at = [seconds + ns / 1e9 for _, kind, content in ancillary if kind == TIMESTAMPS for seconds, ns in (struct.unpack("qq", content),)]
            self.end(head.startswith(b"HTTP/1.1 200 ") and length is not None, at[0] if at else None)

    def end(self, is_good, at=None):
        self.times.append(max(0, (at or time.time()) - self.sent))
        self.bad += not is_good
        if not is_good and self.connection:
            self.connection.close()
            self.connection = None
        self.sent, self.due = None, max(self.due + PERIOD, time.perf_counter())


def probe(port, requests, results):
    """Makes small requests for SECONDS, and waits for the last responses. Sends the seconds of each, and the number of bad ones."""
    begin = time.perf_counter()
    probes = [Probe(port, batch, begin + PERIOD * index / len(requests)) for index, batch in enumerate(requests)]
    end, now = begin + SECONDS, begin
    gc.freeze()
    gc.disable()
    while now < end + LATE:
        for probe in probes:
            if probe.sent is None and probe.due <= now < end:
                probe.send()
        waiting = {probe.connection: probe for probe in probes if probe.sent is not None}
        if now >= end and not waiting:
            break
        soonest = min([probe.due for probe in probes if probe.sent is None and now < end], default=end + LATE)
        for ready in select.select(list(waiting), [], [], max(0, soonest - time.perf_counter()))[0]:
            waiting[ready].read()
        now = time.perf_counter()
    for probe in probes:
        if probe.sent is not None:
            probe.end(False)
    results.send([(probe.times, probe.bad) for probe in probes])


def summary(times):
    """p50, p99, p99* and the maximum, in milliseconds."""
    at = lambda times, part: 1000 * times[math.ceil(part * len(times)) - 1]
    every = sorted(one - k * PERIOD for one in times for k in range(max(1, math.ceil(one / PERIOD))))
    times = sorted(times)
    return at(times, 0.5), at(times, 0.99), at(every, 0.99), 1000 * times[-1]


def measure(server, probes, name, clients=0, message=b"", status=200):
    """Measures a load, prints a line, and returns a list of failures: latencies above BAR, and unexpected responses."""
    tally = fork.RawArray("q", 600 * max(1, clients))
    sums = lambda: {slot: total for slot in range(600) if (total := sum(tally[slot::600]))}
    processes = [fork.Process(target=client, args=(server.port, message, status, tally, 600 * i)) for i in range(clients)]
    results, end = fork.Pipe(duplex=False)
    prober = fork.Process(target=probe, args=(server.port, probes, end))
    try:
        for process in processes:
            process.start()
        time.sleep(WARM)
        before, began, used, unread = sums(), time.monotonic(), server.cpu(), server.unread()
        prober.start()
        results.poll(SECONDS)
        after, took, used, unread = sums(), time.monotonic() - began, server.cpu() - used, server.unread() - unread
        if not results.poll(LATE + 10):
            raise SystemExit("the small requests did not end")
        probes = results.recv()
    finally:
        for process in (prober, *processes):
            if process.pid is not None:
                process.kill()
                process.join()
    if server.process.poll() is not None:
        raise SystemExit(f"the server ended under {name}, with {server.process.returncode}")
    count = lambda slot: after.get(slot, 0) - before.get(slot, 0)
    line, worse = f"{name:20}", []
    for (times, bad), route in zip(probes, ("/health", "/send-logs/:id")):
        p50, p99, every, longest = summary(times)
        line += f" |{p50:8.2f}{p99:9.2f}{every:9.2f}{longest:9.2f}{len(times):6}{bad:5}"
        worse += [f"{title} of {route} {value:.1f} ms" for title, value in (("p99", p99), ("p99*", every)) if BAR is not None and value > BAR]
        worse += [f"{bad} bad responses of {route}"] if bad else []
    wrong = [f"{total} × {slot if slot > 1 else 'failed connection'}" for slot, total in after.items() if slot not in (0, status, 429, 503)]
    line += f" |{count(status):7}{count(429) + count(503):6}{(count(0) - unread) / took / 1e6:8.1f}{used / took:7.2f}" if clients else ""
    print(line + (f"  ERROR: the load got {', '.join(wrong)}" if wrong else ""), flush=True)
    return [f"{name}: {one}" for one in worse + wrong] if clients else []


def bench(program):
    folder = tempfile.mkdtemp(prefix="sendlog-fairness-")
    server = None
    try:
        server = Server(program, folder)
        rng = random.Random(3)
        probes = [[request("GET", "/health", {})], [request("GET", f"/send-logs/quiet-{rng.randrange(SMALL)}", server.quiet) for _ in range(1000)]]
        of = f"{'p50':>8}{'p99':>9}{'p99*':>9}{'max':>9}{'n':>6}{'bad':>5}"
        print(f"\n{program}\n{'':20} |{'GET /health':^46} |{'GET /send-logs/:id':^46} |  the load")
        print(f"{'load':20} |{of} |{of} |{'done':>7}{'busy':>6}{'MB/s':>8}{'cores':>7}")
        server.settle()
        measure(server, probes, "idle")
        worse, every = [], list(loads(server))
        if unknown := set(ONLY) - {load[0] for load in every}:
            raise SystemExit(f"ONLY has {', '.join(unknown)}; known are {', '.join(load[0] for load in every)}")
        for name, clients, method, path, fields, body, status, piece in every:
            if ONLY and name not in ONLY:
                continue
            body = body()
            got, _, text = server.call(method, path, fields, body)
            if got != status or piece not in text:
                print(f"{name}: ERROR: the first response is {got}, with {piece.decode()!r} {'in' if piece in text else 'not in'} it: {text[:300]}")
                worse.append(f"{name}: the first response")
            del text
            server.settle()
            worse += measure(server, probes, name, clients, request(method, path, fields, body), status)
        server.settle()
        return worse
    finally:
        if server:
            server.stop()
        shutil.rmtree(folder)


def main():
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    print(f"Busy: a send log of {LIST:,} destinations and {LOGS:,} of one; Quiet: {SMALL:,} of one; {SECONDS:g} s a load; {os.cpu_count()} cores")
    worse = [f"{program}: {one}" for program in sys.argv[1:] for one in bench(os.path.abspath(program))]
    if BAR is not None:
        print(f"\nthe bar is {BAR:g} ms; " + ("all is below it" if not worse else "not met:\n" + "\n".join(worse)))
        sys.exit(1 if worse else 0)


main()
