"""Starts the tools for end-to-end tests, waits for their lines, asks the gateway, and stops what it started."""
import contextlib
import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request

BIN = sys.argv[1]
WAIT = 60  # seconds; a bound for a loaded machine, never a pause


class Tool:
    """A running tool whose lines are read as they come."""

    def __init__(self, name, *arguments):
        self.name = name
        self.process = subprocess.Popen([os.path.join(BIN, name), *arguments], stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
        self.lines = queue.Queue()
        self.errors = []
        self.said = threading.Condition()
        self.threads = [threading.Thread(target=self._read_out, daemon=True), threading.Thread(target=self._read_err, daemon=True)]
        for thread in self.threads:
            thread.start()

    def _read_out(self):
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))
        self.lines.put(None)

    def _read_err(self):
        for line in self.process.stderr:
            with self.said:
                self.errors.append(line.rstrip("\n"))
                self.said.notify_all()

    def line(self):
        """The next line of standard output; None at its end."""
        try:
            return self.lines.get(timeout=WAIT)
        except queue.Empty:
            raise AssertionError(f"{self.name}: no line in {WAIT} s; it said {self.errors}") from None

    def line_with(self, text):
        while (line := self.line()) is not None:
            if text in line:
                return line
        raise AssertionError(f"{self.name}: ended without a line with {text!r}; it said {self.errors}")

    def says(self, text):
        """Waits until a line of standard error has the text."""
        with self.said:
            told = self.said.wait_for(lambda: any(text in line for line in self.errors), timeout=WAIT)
        if not told:
            raise AssertionError(f"{self.name}: never said {text!r} but {self.errors}")

    def ready(self):
        """The key=value pairs of the ready line."""
        line = self.line_with("ready ")
        return dict(pair.split("=", 1) for pair in line.split()[1:])

    def wait(self):
        return self.process.wait(timeout=WAIT)

    def kill(self):
        self.process.kill()
        self.process.wait(timeout=WAIT)

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout=WAIT)
            except subprocess.TimeoutExpired:
                self.kill()
        for thread in self.threads:
            thread.join(timeout=WAIT)


@contextlib.contextmanager
def running(name, *arguments):
    tool = Tool(name, *arguments)
    try:
        yield tool
    finally:
        tool.stop()
        for line in tool.errors:
            assert "Sanitizer" not in line and "broken invariant" not in line and "runtime error" not in line, f"{name}: {tool.errors}"


def run(name, *arguments, stdin=""):
    """Runs a tool to its end: exit code, standard output, standard error."""
    done = subprocess.run([os.path.join(BIN, name), *arguments], input=stdin, capture_output=True, text=True, timeout=WAIT * 2)
    assert "Sanitizer" not in done.stderr and "broken invariant" not in done.stderr, done.stderr
    return done.returncode, done.stdout, done.stderr


def ask(method, url, body=None, token=None, headers=None, timeout=WAIT):
    """One HTTP exchange: status, headers, parsed JSON (or None)."""
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(url, data=data, method=method, headers=dict(headers or {}))
    if data is not None:
        request.add_header("Content-Type", "application/json;charset=utf-8")
    if token:
        request.add_header("Authorization", "Bearer " + token)
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            text, status, head = answer.read(), answer.status, answer.headers
    except urllib.error.HTTPError as error:
        text, status, head = error.read(), error.code, error.headers
    return status, head, json.loads(text) if text else None


def free_port():
    """A TCP port of loopback that nobody has at this moment."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def is_bound(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def check(condition, words):
    if not condition:
        raise AssertionError(words)
