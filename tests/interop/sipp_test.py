"""SIPp (sip-tester) as a standard client behind the simulated core: calls and is called, asks and is asked for capabilities, sends and takes a MESSAGE."""
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


def wait_until_bound(process, port):
    """Until the process listens on its UDP port: a request before that would be refused."""
    while process.poll() is None:
        with open("/proc/net/udp", encoding="ascii") as table:
            if any(line.split()[1].endswith(f":{port:04X}") for line in list(table)[1:]):
                return


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
    wait_until_bound(called, bob)
    finish(folder, "call", sipp(folder, "call", uri, alice, "bob"))
    finish(folder, "answer_and_leave", called)
    # SIPp calls our client.
    with running("rcs-send", "--core", uri, "--receive", "--from", "carol", "--count", "1", "--json") as carol:
        finish(folder, "call", sipp(folder, "call", uri, alice, "carol"))
        check('"message":"from a standard client"' in carol.line_with('"initiate"'), carol.errors)
        check(carol.wait() == 0, carol.errors)
    # Our client calls SIPp and leaves when it is accepted.
    called = sipp(folder, "answer", uri, bob, "bob")
    wait_until_bound(called, bob)
    code, out, words = run("rcs-send", "--core", uri, "--from", "dave", "--to", "bob", "--until", "accepted", "--json", "hello")
    check(code == 0, (code, out, words))
    finish(folder, "answer", called)
    # SIPp asks what our client can do, and sends it a MESSAGE.
    with running("rcs-send", "--core", uri, "--receive", "--from", "erin", "--texts", "1", "--json") as erin:
        erin.says("waiting")
        finish(folder, "message", sipp(folder, "message", uri, alice, "erin"))
        check('"message":"from a standard client"' in erin.line_with('"state":"message"'), erin.errors)
        check(erin.wait() == 0, erin.errors)
    # And SIPp answers both.
    asked = sipp(folder, "answer_options", uri, bob, "bob")
    wait_until_bound(asked, bob)
    code, out, words = run("rcs-options", "--core", uri, "--from", "frank", "--json", "bob")
    check(code == 0 and '"rcs":"yes"' in out and "ImageShare" in out, (code, out, words))
    finish(folder, "answer_options", asked)
    texted = sipp(folder, "answer_message", uri, bob, "bob")
    wait_until_bound(texted, bob)
    code, out, words = run("rcs-send", "--core", uri, "--mode", "message", "--from", "frank", "--to", "bob", "--json", "hello")
    check(code == 0 and '"state":"sent"' in out, (code, out, words))
    finish(folder, "answer_message", texted)
print("sipp: good")
