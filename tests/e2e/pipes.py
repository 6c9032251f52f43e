"""A running program with its pipes: standard output is collected as octets, standard error read line by line. And
msrp-cat run so, one or several of them."""
import contextlib
import hashlib
import io
import os
import queue
import re
import subprocess
import threading

from tools import BIN, WAIT, check


class Piped:
    def __init__(self, command, stdin=None, folder=None):
        """`stdin`: octets that are written and ended; None leaves it open."""
        self.name = os.path.basename(command[0])
        self.process = subprocess.Popen(command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.words = []
        self.ended = False
        self.said = queue.Queue()
        self.output = bytearray()
        self.arrived = threading.Condition()
        self.threads = [threading.Thread(target=work, daemon=True) for work in (self._read_out, self._read_err)]
        if stdin is not None:
            self.threads.append(threading.Thread(target=self._write, args=(stdin,), daemon=True))
        for thread in self.threads:
            thread.start()

    def _read_out(self):
        while piece := self.process.stdout.read1(1 << 16):
            with self.arrived:
                self.output += piece
                self.arrived.notify_all()
        with self.arrived:
            self.ended = True
            self.arrived.notify_all()

    def _read_err(self):
        for line in io.TextIOWrapper(self.process.stderr, errors="replace"):
            self.words.append(line.rstrip("\n"))
            self.said.put(line.rstrip("\n"))
        self.said.put(None)

    def _write(self, content):
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(content)
            self.process.stdin.close()

    def says(self, pattern):
        """What a line of standard error has in the pattern's group."""
        while True:
            try:
                line = self.said.get(timeout=WAIT)
            except queue.Empty:
                raise AssertionError(f"{self.name}: never said {pattern!r} but {self.words}") from None
            check(line is not None, f"{self.name}: ended without {pattern!r}; it said {self.words}")
            if found := re.search(pattern, line):
                return found.group(1)

    def has(self, octets):
        """Waits until standard output has them somewhere."""
        with self.arrived:
            self.arrived.wait_for(lambda: octets in self.output or self.ended, timeout=WAIT)
            check(octets in self.output, f"{self.name}: {octets[:40]!r} never came; it said {self.words}")

    def has_all(self, octets):
        """Waits until standard output is as long, and compares."""
        with self.arrived:
            self.arrived.wait_for(lambda: len(self.output) >= len(octets) or self.ended, timeout=WAIT)
            same(self.output, octets, f"{self.name}, which said {self.words}")

    def end(self):
        """Exit code and standard output."""
        code = self.process.wait(timeout=2 * WAIT)
        for thread in self.threads:
            thread.join(timeout=WAIT)
        check(not any("Sanitizer" in line or "runtime error" in line or "broken invariant" in line for line in self.words), self.words)
        return code, bytes(self.output)

    def good(self, words, wanted=None):
        """Waits for its end, which is a success, with this standard output if one is asked for."""
        code, out = self.end()
        check(code == 0, f"{words}: exit {code}; it said {self.words}")
        if wanted is not None:
            same(out, wanted, words)

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=WAIT)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(timeout=WAIT)
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()


def same(got, wanted, words):
    check(len(got) == len(wanted) and hashlib.sha256(got).digest() == hashlib.sha256(wanted).digest(),
          f"{words}: {len(got)} octets of {len(wanted)}, or others")


class Cat(Piped):
    def __init__(self, *arguments, stdin=None):
        super().__init__([os.path.join(BIN, "msrp-cat"), *arguments], stdin)

    def sdp(self, number=1):
        """The SDP that it prints as the first, the second ..."""
        with self.arrived:
            self.arrived.wait_for(lambda: self.output.count(b"\r\n\r\n") >= number or self.ended, timeout=WAIT)
            parts = bytes(self.output).split(b"\r\n\r\n")
        check(len(parts) > number, f"{self.name}: no SDP {number} but {bytes(self.output)}; it said {self.words}")
        return parts[number - 1].decode() + "\r\n"

    def write(self, octets):
        self.process.stdin.write(octets)
        self.process.stdin.flush()

    def take(self, sdp):
        self.write(sdp.encode() + b"\r\n")

    def uri(self):
        return self.says(r"^listening (\S+)$")


@contextlib.contextmanager
def cats():
    """Starts cats, and stops those that are left."""
    started = []

    def start(*arguments, **more):
        started.append(Cat(*arguments, **more))
        return started[-1]

    try:
        yield start
    finally:
        for cat in started:
            cat.stop()
