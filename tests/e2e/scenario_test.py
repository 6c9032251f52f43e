"""ims-sim run, lint and decode from the shell: the published figures live and virtual, reports, failures with their lines."""
import json
import os
import tempfile

from tools import check, run

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
FIGURES = [os.path.join(ROOT, "scenarios/paper", name) for name in ("figure-1-standard-client.yaml", "figure-3-open-api.yaml")]
CHATS = sorted(os.path.join(ROOT, "scenarios", kind, name)
               for kind in ("chat", "message", "interwork", "rfc3261", "rfc3428", "capability")
               for name in os.listdir(os.path.join(ROOT, "scenarios", kind)))
# These wait for minutes or have names for hosts, which only virtual time has.
VIRTUAL_ONLY = ("chat/typing.yaml", "chat/offline.yaml", "chat/reopened-after-idle.yaml", "message/expired.yaml",
                "message/expired-on-the-way.yaml", "message/typing-sender.yaml", "message/typing-receiver.yaml",
                "rfc3428/tcp.yaml", "rfc3428/tcp-to-udp.yaml")
LOAD = os.path.join(ROOT, "scenarios/paper/figure-4.yaml")

for mode in ("--live", "--virtual"):
    code, out, words = run("ims-sim", "run", mode, "--check-replay", *FIGURES)
    check(code == 0, (mode, code, out, words))
    check("14 of 14 numbered steps" in out and "20 of 20 numbered steps" in out, out)
    check("1.50" in out, "the ratio of the published figures: " + out)

code, out, words = run("ims-sim", "run", "--virtual", "--check-replay", *CHATS)
check(code == 0 and out.count("PASS") == len(CHATS), (code, out, words))
code, out, words = run("ims-sim", "run", "--live", *(path for path in CHATS if not path.endswith(VIRTUAL_ONLY)))
check(code == 0 and out.count("PASS") == len(CHATS) - len(VIRTUAL_ONLY), (code, out, words))
code, out, words = run("ims-sim", "lint", *CHATS)
check(code == 0 and out.count(": good: ") == len(CHATS), (code, out, words))

hashes = {json.loads(run("ims-sim", "run", "--json", "--seed", seed, FIGURES[1])[1])["hash"] for seed in ("1", "1", "2")}
check(len(hashes) == 2, hashes)

# A file for load among scenarios is left out, and by itself refused.
code, out, words = run("ims-sim", "run", *FIGURES, LOAD)
check(code == 0 and out.count("PASS") == 2 and LOAD + ": no scenario but for ims-sim load --config; left out" in words, (code, out, words))
code, _, words = run("ims-sim", "run", LOAD)
check(code == 2 and "expected a scenario, got only files for ims-sim load --config" in words, (code, words))

with tempfile.TemporaryDirectory() as folder:
    junit = os.path.join(folder, "junit.xml")
    traced = os.path.join(folder, "trace.jsonl")
    code, _, words = run("ims-sim", "run", "--report", folder, "--junit", junit, "--trace", traced, FIGURES[1])
    check(code == 0, words)
    report = os.path.join(folder, "figure-3-open-api")
    check(open(os.path.join(report, "ladder.svg"), encoding="utf-8").read().startswith("<"), report)
    records = [json.loads(line) for line in open(os.path.join(report, "records.jsonl"), encoding="utf-8")]
    check(any(record["label"] == "initiate" for record in records), "no initiate among the records")
    check([json.loads(line) for line in open(traced, encoding="utf-8")] == records, "--trace and the report differ")
    check("dev-0108" not in json.dumps(records), "a token stands in the records")
    check('failures="0"' in open(junit, encoding="utf-8").read(), junit)

    broken = os.path.join(folder, "broken.yaml")
    with open(broken, "w", encoding="utf-8") as file:
        file.write('scenario: broken\nactors:\n  jack: {kind: api, id: "0101"}\nsteps:\n  - jack: opn-events\n')
    code, _, words = run("ims-sim", "lint", broken)
    check(code == 2 and words.startswith(broken + ":5: ") and "open-events" in words, (code, words))

    failing = os.path.join(folder, "failing.yaml")
    with open(failing, "w", encoding="utf-8") as file:
        file.write('scenario: failing\nactors:\n  jack: {kind: api, id: "0101"}\nsteps:\n  - jack: open-events\n'
                   '  - jack: {expect-event: {status: trying, within: 1s}}\n')
    code, out, _ = run("ims-sim", "run", failing)
    check(code == 1 and failing + ":6: jack: expect-event" in out, (code, out))

code, out, words = run("ims-sim", "decode", "--kind", "uri", stdin="tel:+82-10-8765-4321")
check(code == 0 and json.loads(out)["scheme"] == "tel", (code, out, words))
code, _, words = run("ims-sim", "decode", "--kind", "sdp", stdin="v=7\n")
check(code == 1 and "not sdp" in words, (code, words))
code, _, words = run("ims-sim", "decode", "--kind", "pdf", stdin="x")
check(code == 2 and "expected one of" in words, (code, words))
code, _, words = run("ims-sim", "run", "/no/such/file.yaml")
check(code == 2 and "/no/such/file.yaml" in words, (code, words))
print("scenario: good")
