"""A webhook receiver for tests: logs every request as a line of JSON, and responds as the path says.

Usage: receiver.py FOLDER [HOST]

Prints its port, and a second port that its redirects lead to; connections to that one are logged and closed. The log is
FOLDER/requests. The first part of the path selects the response, and the other parts are its parameters:

    /ok                 200
    /status/N[/S]       status N, with Retry-After: S
    /fail/N/S           status S to the first N requests of the path, then 200
    /each/N/S           the same for the requests of each webhook-id
    /switch/NAME        the status in the file FOLDER/NAME, 200 without the file
    /long/N             status N and 3,000 letters
    /slow/MS            200 after MS milliseconds
    /hang               no response
    /drip-head          a head, one byte a second
    /drip-body          a head at once, then a body, one byte a second
    /big                200 and 200 MB
    /redirect/N         status N with the second port as Location
    /close-early        closes the connection before the head
    /close-body         a head and a part of the body, then closes the connection
    /garbage            bytes that are not HTTP
    /raw/HEX            these bytes, then closes the connection
    /close-after        200, then closes the connection without Connection: close
    /kill/NAME/TEXT     kills the process whose id is in the file FOLDER/NAME if TEXT is in the body; otherwise 200
"""
import base64
import json
import os
import signal
import socket
import sys
import threading
import time

FOLDER = sys.argv[1]
HOST = sys.argv[2] if len(sys.argv) > 2 else "127.0.0.1"
NOTES = open(os.path.join(FOLDER, "requests"), "ab", buffering=0)
LOCK = threading.Lock()
SEEN = {}


def note(**values):
    """Appends a line to the log."""
    NOTES.write(json.dumps(values).encode() + b"\n")


def read_head(stream):
    """The request line and the header fields, or None at the end of the connection."""
    line = stream.readline(1 << 20)
    if not line:
        return None
    fields = []
    while True:
        field = stream.readline(1 << 20)
        if field in (b"\r\n", b"\n", b""):
            return line.decode("latin-1").rstrip("\r\n"), fields
        name, _, value = field.decode("latin-1").partition(":")
        fields.append([name, value.strip()])


def reply(connection, status, body=b"", fields=()):
    head = [f"HTTP/1.1 {status} Reason", f"Content-Length: {len(body)}", *fields]
    connection.sendall("\r\n".join(head).encode() + b"\r\n\r\n" + body)


def drip(connection, text):
    for byte in text:
        connection.sendall(bytes([byte]))
        time.sleep(1)


def respond(connection, parts, path, count, count_of_id, request):
    """Responds to one request.

    Returns whether the connection stays open.
    """
    mode, rest = parts[0], parts[1:]
    if mode == "ok":
        reply(connection, 200, b"thanks")
    elif mode == "status":
        after = [f"Retry-After: {rest[1]}"] if len(rest) > 1 and rest[1].isdigit() else []
        reply(connection, int(rest[0]), f"status {rest[0]}".encode(), after)
    elif mode == "fail":
        reply(connection, int(rest[1]) if count <= int(rest[0]) else 200, f"request {count}".encode())
    elif mode == "each":
        reply(connection, int(rest[1]) if count_of_id <= int(rest[0]) else 200, f"request {count_of_id}".encode())
    elif mode == "switch":
        try:
            with open(os.path.join(FOLDER, rest[0])) as file:
                reply(connection, int(file.read()), b"switched")
        except FileNotFoundError:
            reply(connection, 200, b"thanks")
    elif mode == "long":
        reply(connection, int(rest[0]), b"abc" * 1000)
    elif mode == "slow":
        time.sleep(int(rest[0]) / 1000)
        reply(connection, 200, b"thanks")
    elif mode == "hang":
        connection.settimeout(60)
        connection.recv(1)
        return False
    elif mode == "drip-head":
        drip(connection, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    elif mode == "drip-body":
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        drip(connection, b"drip" * 250)
    elif mode == "big":
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 209715200\r\n\r\n")
        for _ in range(200):
            connection.sendall(b"x" * 1048576)
    elif mode == "redirect":
        reply(connection, int(rest[0]), b"", [f"Location: http://127.0.0.1:{TRAP}/trapped"])
    elif mode == "close-early":
        return False
    elif mode == "close-body":
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nonly this")
        return False
    elif mode == "garbage":
        connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\nno HTTP at all\r\n\r\n")
        return False
    elif mode == "raw":
        connection.sendall(bytes.fromhex(rest[0]))
        return False
    elif mode == "close-after":
        reply(connection, 200, b"thanks")
        return False
    elif mode == "kill" and rest[1].encode() in request:
        with open(os.path.join(FOLDER, rest[0])) as file:
            os.kill(int(file.read()), signal.SIGKILL)
        return False
    elif mode == "kill":
        reply(connection, 200, b"thanks")
    else:
        reply(connection, 404, b"no such mode: " + path.encode())
    return True


def serve(connection):
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with connection, connection.makefile("rb") as stream:
        try:
            while True:
                head = read_head(stream)
                if head is None:
                    return
                line, fields = head
                method, target = (line.split(" ") + ["", ""])[:2]
                values = {name.lower(): value for name, value in fields}
                length = int(values.get("content-length", "0"))
                body = stream.read(length)
                if len(body) < length:
                    return
                path = target.partition("?")[0]
                with LOCK:
                    count = SEEN[path] = SEEN.get(path, 0) + 1
                    key = (path, values.get("webhook-id"))
                    count_of_id = SEEN[key] = SEEN.get(key, 0) + 1
                    note(method=method, target=target, path=path, headers=fields, at=time.time(),
                         body=base64.b64encode(body).decode())
                if not respond(connection, path.strip("/").split("/"), path, count, count_of_id, body):
                    return
        except (OSError, ValueError) as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr)


def listen():
    listener = socket.socket()
    listener.bind((HOST, 0))
    listener.listen(128)
    return listener


def trap(listener):
    while True:
        connection, _ = listener.accept()
        with LOCK:
            note(path="trapped")
        connection.close()


main, second = listen(), listen()
TRAP = second.getsockname()[1]
threading.Thread(target=trap, args=(second,), daemon=True).start()
print(main.getsockname()[1], TRAP, flush=True)
while True:
    client, _ = main.accept()
    with LOCK:
        note(path="connected")
    threading.Thread(target=serve, args=(client,), daemon=True).start()
