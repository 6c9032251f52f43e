"""sipsak asks the simulated core and our client behind it for their capabilities, registers, and sends our client a MESSAGE.

Its own mode for messages (-M) crashes in Debian's build before it sends anything, so the MESSAGE comes from a file; answers to ours are SIPp's part."""
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
from tools import WAIT, check, running  # noqa: E402

if not shutil.which("sipsak"):
    sys.exit("sipsak is missing: install it (tests/install.sh test does)")
TEXT = "Watson, come here."


def sipsak(*arguments):
    done = subprocess.run(["sipsak", "-vvv", *arguments], capture_output=True, text=True, errors="replace", timeout=WAIT)
    check(done.returncode == 0 and "SIP/2.0 200 OK" in done.stdout, f"sipsak {' '.join(arguments)}: {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


# sipsak wants to resolve the host of each address, whatever proxy it is told.
DOMAIN = "127.0.0.1"
with tempfile.TemporaryDirectory() as folder, running("ims-sim", "core", "--port", "0", "--domain", DOMAIN) as core:
    uri = core.ready()["core"]
    way = ["-p", uri.removeprefix("sip:")]
    check("Allow: " in sipsak("-s", uri), "the core's answer to OPTIONS has no Allow")
    sipsak("-U", "-i", "-s", f"sip:sipsak@{DOMAIN}", "-x", "600", "-C", f"sip:sipsak@{DOMAIN}:9", *way)
    with running("rcs-send", "--core", uri, "--domain", DOMAIN, "--receive", "--from", "bob", "--texts", "1", "--json") as bob:
        bob.says("waiting")
        answer = sipsak("-s", f"sip:bob@{DOMAIN}", *way)
        check("+g.oma.sip-im" in answer and "MESSAGE" in answer, answer)
        path = os.path.join(folder, "message")
        with open(path, "w", encoding="utf-8", newline="") as file:
            file.write(f"MESSAGE sip:bob@{DOMAIN} SIP/2.0\r\nMax-Forwards: 70\r\nFrom: <sip:sipsak@{DOMAIN}>;tag=1\r\nTo: <sip:bob@{DOMAIN}>\r\n"
                       f"Call-ID: sipsak-{os.getpid()}\r\nCSeq: 1 MESSAGE\r\nContent-Type: text/plain\r\nContent-Length: {len(TEXT)}\r\n\r\n{TEXT}")
        sipsak("-f", path, "-s", f"sip:bob@{DOMAIN}", *way)
        check(f'"message":"{TEXT}"' in bob.line_with('"state":"message"'), bob.errors)
        check(bob.wait() == 0, bob.errors)
print("sipsak: good")
