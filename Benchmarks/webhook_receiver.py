"""A healthy webhook receiver for benchmarks, which uses as little CPU time as possible.

Usage: webhook_receiver.py FILE

Prints its port, responds to each request with 200, and writes the bodies of the requests to FILE, one on each line.
"""
import os
import socket
import sys
import threading

os.nice(19)
got = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND)


def serve(connection):
    data = b""
    while more := connection.recv(65536):
        data += more
        head, end, body = data.partition(b"\r\n\r\n")
        if end and len(body) == int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0]):
            os.write(got, body + b"\n")
            data = b""
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen(64)
print(listener.getsockname()[1], flush=True)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
