"""Load on a server: requests that wrk repeats over some connections."""
import json
import os
import random
import re
import subprocess
import tempfile
import time
from typing import NamedTuple

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "wrk.lua")
# wrk.lua replaces it by a new ID of the same length in each request.
ID = "feedface" * 3


class Result(NamedTuple):
    rate: float  # requests per second
    p50: float  # milliseconds
    p99: float
    cpu: float  # seconds of the server's CPU for 1000 requests
    failed: int  # requests without a response
    refused: int  # responses with a status from 400 on
    completed: int  # requests with a response


def request(key, method, path, body=None, accept=None):
    """Returns a request as its bytes; the body is a value for JSON, accept a coding of the response."""
    content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode() if body is not None else b""
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n"
    head += f"Accept-Encoding: {accept}\r\n" if accept else ""
    head += f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n" if method == "POST" else ""
    return head.encode() + b"\r\n" + content


def wrk(server, file, connections, seconds):
    """Returns the numbers that wrk.lua prints."""
    environment = {"REQUESTS": file, "ID": ID, "SALT": f"{random.SystemRandom().getrandbits(24):06x}"}
    out = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", "-s", SCRIPT, f"http://127.0.0.1:{server.port}"],
                         env={**os.environ, **environment}, stdout=subprocess.PIPE, text=True, check=True, timeout=seconds + 90).stdout
    return list(map(int, re.search(r"RESULT (.*)", out)[1].split()))


def measure(server, requests, connections, seconds):
    """Repeats the requests, in turns over the connections, for some seconds after one that does not count."""
    with tempfile.NamedTemporaryFile() as file:
        for one in requests:
            file.write(b"%d\n%s" % (len(one), one))
        file.flush()
        wrk(server, file.name, connections, 1)
        server.settle()
        before = server.cpu()
        number, took, p50, p99, failed, refused = wrk(server, file.name, connections, seconds)
        server.settle()
        # The server also works for the requests that are in progress when wrk ends, one on each connection.
        cpu = (server.cpu() - before) / (number + connections) * 1000
    return Result(number / (took / 1e6), p50 / 1000, p99 / 1000, cpu, failed, refused, number)
