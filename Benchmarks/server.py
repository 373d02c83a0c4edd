"""A server that a benchmark starts and measures."""
import os
import re
import select
import signal
import subprocess
import time

TICK = os.sysconf("SC_CLK_TCK")


class Process:
    """A server that prints its address as its first line. Use it in a with statement, which stops it."""

    def __init__(self, arguments, environment={}, log=None):
        """Starts the server; log is the file for its standard error, if it is not this process's own."""
        began = time.monotonic()
        # In a session of its own, Ctrl-C reaches only the benchmark, which stops its servers.
        self.process = subprocess.Popen(arguments, env={**os.environ, **environment}, stdout=subprocess.PIPE, stderr=log, text=True,
                                        start_new_session=True)
        try:
            ready = select.select([self.process.stdout], [], [], 300)[0]
            address = ready and re.search(r":(\d+)\s*$", self.process.stdout.readline())
            if not address:
                raise SystemExit(f"error: the server did not start: {' '.join(map(str, arguments))}")
        except BaseException:
            Process.stop(self)
            raise
        self.port = int(address[1])
        self.seconds_to_start = time.monotonic() - began

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def cpu(self):
        """The seconds of CPU that the server has used, user and system time of all its threads."""
        with open(f"/proc/{self.process.pid}/stat") as file:
            return sum(map(int, file.read().rpartition(")")[2].split()[11:13])) / TICK

    def memory(self, field="RssAnon"):
        """The private memory in MB, without mapped pages of files; with VmHWM the greatest resident memory."""
        with open(f"/proc/{self.process.pid}/status") as file:
            return int(re.search(field + r":\s+(\d+)", file.read())[1]) / 1024

    def settle(self, timeout=30):
        """Waits until the server has done what was in progress: until it uses no CPU.

        The recipient index is extended once a second, and that is part of what a new send log costs.
        """
        before, end = self.cpu(), time.monotonic() + timeout
        while time.monotonic() < end:
            time.sleep(1.2)
            now = self.cpu()
            if now - before <= 1 / TICK:
                return
            before = now

    def stop(self):
        """Stops the server; one that does not stop within a minute is killed."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process.stdout.close()
