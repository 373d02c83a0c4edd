"""Receivers that support one version of TLS each, with certificates of a test authority.

Usage: tls_receiver.py FOLDER

Makes FOLDER/ca.pem, and responds to each request with 200 and the TLS version. Prints seven ports: TLS 1.0, 1.1, 1.2 and 1.3 with
a certificate for localhost; TLS 1.3 with a certificate for another host, an expired one, and a self-signed one. Runs until a
signal ends it.
"""
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading

FOLDER = sys.argv[1]


def run(*arguments):
    subprocess.run(["openssl", *arguments], cwd=FOLDER, check=True, capture_output=True)


def certificate(name, host, days, signed=True):
    """Makes NAME.pem with its key in NAME.key."""
    with open(f"{FOLDER}/{name}.ext", "w") as file:
        file.write(f"subjectAltName=DNS:{host}\n")
    run("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={host}")
    signer = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"] if signed else ["-signkey", f"{name}.key"]
    run("x509", "-req", "-in", f"{name}.csr", "-out", f"{name}.pem", "-days", str(days), "-extfile", f"{name}.ext", *signer)


def serve(version, name):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    # Old versions of TLS need ciphers that are no longer considered secure.
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    context.load_cert_chain(f"{FOLDER}/{name}.pem", f"{FOLDER}/{name}.key")
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(16)

    def respond(client):
        try:
            with context.wrap_socket(client, server_side=True) as connection:
                connection.recv(65536)
                text = connection.version().encode()
                connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(text), text))
        except OSError:
            pass

    def accept():
        while True:
            threading.Thread(target=respond, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return listener.getsockname()[1]


run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Test authority", "-days", "2")
certificate("good", "localhost", 2)
certificate("other", "elsewhere.test", 2)
certificate("old", "localhost", -1)
certificate("self-signed", "localhost", 2, signed=False)
versions = [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]
ports = [serve(version, "good") for version in versions] + [serve(versions[3], name) for name in ("other", "old", "self-signed")]
print(*ports, flush=True)
signal.pause()
