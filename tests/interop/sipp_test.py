"""SIPp (sip-tester) as a standard client: calls and is called through the simulated core, by itself and with our own client at the other end."""
import os
import shutil
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
from tools import WAIT, check, run, running  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
if not shutil.which("sipp"):
    sys.exit("sipp is missing: install sip-tester (tests/install.sh test does)")


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def sipp(folder, scenario, core, port, service):
    command = ["sipp", core.removeprefix("sip:"), "-sf", os.path.join(HERE, "sipp", scenario + ".xml"), "-i", "127.0.0.1", "-p", str(port),
               "-s", service, "-m", "1", "-nostdin", "-timeout", str(WAIT), "-trace_err", "-error_file", os.path.join(folder, scenario + ".err")]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def finish(folder, scenario, process):
    out, _ = process.communicate(timeout=WAIT * 2)
    errors = os.path.join(folder, scenario + ".err")
    told = open(errors, encoding="utf-8", errors="replace").read() if os.path.exists(errors) else ""
    check(process.returncode == 0, f"sipp {scenario} ended with {process.returncode}: {told}\n{out[-1500:]}")


def register(folder, core, port, user):
    finish(folder, "register", sipp(folder, "register", core, port, user))


with tempfile.TemporaryDirectory() as folder, running("ims-sim", "core", "--port", "0") as core:
    uri = core.ready()["core"]
    alice, bob = free_port(), free_port()
    register(folder, uri, alice, "alice")
    register(folder, uri, bob, "bob")
    # SIPp calls SIPp.
    called = sipp(folder, "answer_and_leave", uri, bob, "bob")
    finish(folder, "call", sipp(folder, "call", uri, alice, "bob"))
    finish(folder, "answer_and_leave", called)
    # SIPp calls our client.
    with running("rcs-send", "--core", uri, "--receive", "--from", "carol", "--count", "1", "--json") as carol:
        finish(folder, "call", sipp(folder, "call", uri, alice, "carol"))
        check('"message":"from a standard client"' in carol.line_with('"initiate"'), carol.errors)
        check(carol.wait() == 0, carol.errors)
    # Our client calls SIPp and leaves when it is accepted.
    called = sipp(folder, "answer", uri, bob, "bob")
    code, out, words = run("rcs-send", "--core", uri, "--from", "dave", "--to", "bob", "--until", "accepted", "--json", "hello")
    check(code == 0, (code, out, words))
    finish(folder, "answer", called)
print("sipp: good")
