"""Captures of scenarios, read by Wireshark's dissectors: every SIP and MSRP message is seen, and none is malformed."""
import json
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
from tools import check, run  # noqa: E402

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
CHAT = os.path.join(ROOT, "scenarios/chat")
FILES = [os.path.join(CHAT, name) for name in sorted(os.listdir(CHAT))] + [os.path.join(ROOT, "scenarios/paper/figure-1-standard-client.yaml")]
if not shutil.which("tshark"):
    sys.exit("tshark is missing: install tshark (tests/install.sh test does)")


def dissect(capture, *arguments):
    done = subprocess.run(["tshark", "-n", "-r", capture, *arguments], capture_output=True, text=True, timeout=120)
    check(done.returncode == 0, done.stderr)
    return done.stdout.splitlines()


def whole(record):
    """All of its octets stand in the capture."""
    content = record.get("content", "")
    return content and len(content.encode()) == record["size"]


with tempfile.TemporaryDirectory() as folder:
    code, out, words = run("ims-sim", "run", "--virtual", "--report", folder, *FILES)
    check(code == 0, (code, out, words))
    for name in sorted(os.listdir(folder)):
        capture = os.path.join(folder, name, "capture.pcap")
        with open(os.path.join(folder, name, "records.jsonl"), encoding="utf-8") as file:
            records = [json.loads(line) for line in file]
        check(dissect(capture, "-Y", "_ws.malformed") == [], f"{name}: {dissect(capture, '-Y', '_ws.malformed')}")
        for protocol, field in (("sip", "sip.CSeq"), ("msrp", "msrp.cnt.flg")):
            of_protocol = [record for record in records if record["protocol"].lower() == protocol]
            expected = sum(1 for record in of_protocol if whole(record))
            # The field stands once in each message, also where several are in a frame.
            seen = sum(line.count(",") + 1 for line in dissect(capture, "-Y", protocol, "-T", "fields", "-E", "aggregator=,", "-e", field) if line)
            check(expected <= seen <= len(of_protocol), f"{name}: {expected} to {len(of_protocol)} {protocol} messages went, {seen} were seen")
            check(expected > 0 or (protocol, name) == ("msrp", "figure-1-standard-client"), f"{name}: no {protocol}")
