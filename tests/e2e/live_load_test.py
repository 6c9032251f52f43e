"""ims-sim load --live against a running gateway: every session completes, and is the simulated one; a gateway that refuses, that needs a token, that is
killed in the middle, that hangs; a generator that is late or has too few open files; an interrupt; wrong input."""
import csv
import json
import os
import re
import signal
import socket
import subprocess
import tempfile
import threading
import xml.etree.ElementTree

from tools import BIN, WAIT, check, run, running

NEVER_LATE = ("--late", "60000")  # so that a loaded machine does not make a run invalid
MARKS = ("answered", "initiate", "accepted")
GATEWAY = ("rcsgw-serve", "--listen", "127.0.0.1:0", "--sip", "127.0.0.1:0")


def some_load(url, *more, users="200", speed="600"):
    """A few chats for each of the users in an hour, which takes some seconds."""
    return ("load", "--live", url, "--users", users, "--hours", "1", "--speed", speed, "--seed", "5", "--json", *more)


def limiting(files, *arguments):
    """The words of a shell that runs it with so many open files."""
    return ["sh", "-c", 'ulimit -n "$1" && shift && exec "$@"', "sh", files, os.path.join(BIN, "ims-sim"), *arguments]


def limited(files, *arguments):
    done = subprocess.run(limiting(files, *arguments), capture_output=True, text=True, timeout=WAIT)
    return done.returncode, done.stdout, done.stderr


def completes(url, *more, users="200", speed="600"):
    code, out, words = run("ims-sim", *some_load(url, *NEVER_LATE, *more, users=users, speed=speed))
    check(code == 0 and words == "" and len(out.splitlines()) == 1, (code, out, words))
    result = json.loads(out)
    sessions = result["sessions"]
    check(result["valid"] and result["reason"] == "" and result["failures"] == {}, result)
    check(sessions["offered"] == sessions["begun"] == sessions["completed"] > 0 and sessions["failed"] == 0, sessions)
    for mark in MARKS:
        for start in ("from_intended", "from_sent"):
            latency = result["latency_ms"][mark][start]
            check(latency["sessions"] == sessions["completed"] and latency["unanswered"] == 0 and latency["at_least"] == [], latency)
            check(0 < latency["p50"] <= latency["p90"] <= latency["p99"] <= latency["p99.9"] <= latency["max"], latency)
        check(result["latency_ms"][mark]["from_intended"]["max"] >= result["latency_ms"][mark]["from_sent"]["p50"], result["latency_ms"])
    check(result["latency_ms"]["answered"]["from_intended"]["p50"] < result["latency_ms"]["accepted"]["from_intended"]["max"], result["latency_ms"])
    return result


def report_is_whole(folder, result):
    check(json.load(open(os.path.join(folder, "result.json"), encoding="utf-8")) == result, "result.json is not what was printed")
    with open(os.path.join(folder, "sessions.csv"), encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    check(len(rows) == result["sessions"]["offered"] and {row["outcome"] for row in rows} == {"completed"}, rows[:3])
    for row in rows:
        check(row["sender"] != row["receiver"], row)
        check(float(row["intended_ms"]) <= float(row["sent_ms"]) <= float(row["answered_ms"]), row)
        check(float(row["sent_ms"]) <= float(row["initiate_ms"]), row)  # either may be read first: the events come on other connections
    longest = max(float(row["accepted_ms"]) - float(row["intended_ms"]) for row in rows)
    check(abs(longest - result["latency_ms"]["accepted"]["from_intended"]["max"]) < 0.01, (longest, result["latency_ms"]))
    for picture in ("latency.svg", "quantiles.svg"):
        root = xml.etree.ElementTree.parse(os.path.join(folder, picture)).getroot()
        check(len(root.findall(".//{http://www.w3.org/2000/svg}polyline")) >= 3, picture)
    page = open(os.path.join(folder, "report.html"), encoding="utf-8").read()
    xml.etree.ElementTree.fromstring(page.removeprefix("<!DOCTYPE html>\n"))
    check("<svg" in page and "<script" not in page and "src=" not in page, "not a page by itself")


def config_file(folder, name, config):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as file:
        json.dump(config, file)
    return path


with tempfile.TemporaryDirectory() as folder:
    with running(*GATEWAY) as gateway:
        url = gateway.ready()["http"]
        result = completes(url, "--out", os.path.join(folder, "report"))
        report_is_whole(os.path.join(folder, "report"), result)
        # The same sessions as in virtual time.
        code, out, words = run("ims-sim", "load", "--users", "200", "--hours", "1", "--seed", "5", "--json")
        check(code == 0 and json.loads(out)["summary"]["sessions"]["total"] == result["sessions"]["offered"], (code, words))
        for transport in ("sse", "ws"):
            completes(url, "--events", transport, "--profile", "daily", users="400", speed="1200")
        # No timer fires before its time, so every session is sent a little late.
        code, out, words = run("ims-sim", *some_load(url, "--late", "0", users="50"))
        result = json.loads(out)
        check(code == 1 and not result["valid"] and "INVALID: the generator was late" in words, (code, out, words))
        check(result["lateness_ms"]["late"] == result["sessions"]["completed"] > 0 and result["lateness_ms"]["allowed"] == 0, result)
        code, out, words = run("ims-sim", *[word for word in some_load(url, "--late", "0", users="50") if word != "--json"])
        check(code == 1 and "The run is INVALID" in " ".join(out.split()) and "\r" not in words, (code, out, words))

    # The gateway dies when half of the chats are there.
    with running(*GATEWAY, "--trace", "-") as gateway:
        url = gateway.ready()["http"]
        with running("ims-sim", *some_load(url, *NEVER_LATE, "--timeout", "2")) as load:
            for _ in range(100):
                gateway.line_with('"label":"200 POST"')
            gateway.kill()
            code = load.wait()
            result = json.loads(load.line())
            sessions = result["sessions"]
            check(code == 1 and sessions["failed"] > 0 and sessions["completed"] > 0, (code, result))
            check(sessions["failed"] + sessions["completed"] == sessions["begun"] == sessions["offered"], result)
            check(sum(result["failures"].values()) == sessions["failed"] and result["broken_event_channels"] > 0, result)
            load.says(f"{sessions['failed']} of {sessions['begun']} sessions failed")

    # A gateway that hangs does not hold the load up: everything is begun when it is due, and who waits in vain counts as long as they waited.
    with running(*GATEWAY, "--trace", "-") as gateway:
        with running("ims-sim", *some_load(gateway.ready()["http"], *NEVER_LATE, "--timeout", "2", speed="1200")) as load:
            gateway.line_with('"label":"200 POST"')
            gateway.process.send_signal(signal.SIGSTOP)
            code = load.wait()
            gateway.kill()
        result = json.loads(load.line())
        check(code == 1 and result["valid"] and result["failures"]["POST not answered in time"] > 20, (code, result))
        check(result["sessions"]["begun"] == result["sessions"]["offered"] == result["sessions"]["completed"] + result["sessions"]["failed"], result)
        answered = result["latency_ms"]["answered"]["from_intended"]
        check(answered["unanswered"] == result["failures"]["POST not answered in time"], result)
        check(answered["max"] >= 2000 and "max" in answered["at_least"], answered)

    # With so few open files that not all who wait have a connection, the generator is at fault.
    with running(*GATEWAY, "--trace", "-") as gateway:
        url = gateway.ready()["http"]
        code, out, words = limited("100", *some_load(url))
        check(code == 2 and out == "" and "--users: " in words and "ulimit -n" in words, (code, out, words))
        needed = re.search(r"needs (\d+) open files", words).group(1)
        load = subprocess.Popen(limiting(needed, *some_load(url, *NEVER_LATE, "--timeout", "3", speed="1200")), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        gateway.line_with('"label":"200 POST"')
        gateway.process.send_signal(signal.SIGSTOP)
        out, words = load.communicate(timeout=WAIT)
        gateway.kill()
        result = json.loads(out)
        check(load.returncode == 1 and not result["valid"] and "no connection left" in result["reason"], (result, words))
        check(any(what.startswith("POST without an answer: ") for what in result["failures"]), result)

    # An interrupt ends it with what there is.
    with running(*GATEWAY, "--trace", "-") as gateway:
        with running("ims-sim", *some_load(gateway.ready()["http"], speed="20")) as load:
            gateway.line_with('"label":"200 POST"')
            load.process.send_signal(signal.SIGINT)
            check(load.wait() == 130, load.errors)
            result = json.loads(load.line())
            check(not result["valid"] and result["reason"].startswith("stopped after "), result)
            check(0 < result["sessions"]["begun"] < result["sessions"]["offered"], result)

    # Who refuses is a failure by its words, not an invalid run.
    strict = config_file(folder, "strict.json", {"limits": {"messages_per_second": 1}})
    with running(*GATEWAY, "--config", strict) as gateway:
        code, out, words = run("ims-sim", *some_load(gateway.ready()["http"], *NEVER_LATE, "--mean", "1000", users="2"))
        result = json.loads(out)
        check(code == 1 and result["valid"] and set(result["failures"]) == {"POST 429 rate-limited"}, (code, out, words))
        check(result["failures"]["POST 429 rate-limited"] == result["sessions"]["failed"], result)
        check(result["sessions"]["completed"] > 0 and "sessions failed, most of them so: POST 429 rate-limited" in words, (result, words))

    closed = config_file(folder, "closed.json", {"tokens": [{"token": "for-all", "rcs_id": "*"}], "limits": {"messages_per_second": 0}})
    with running(*GATEWAY, "--config", closed) as gateway:
        url = gateway.ready()["http"]
        code, out, words = run("ims-sim", *some_load(url))
        check(code == 1 and out == "" and "401" in words and "development mode" in words and "--token" in words, (code, out, words))
        completes(url, "--token", "for-all", users="20")

code, out, words = run("ims-sim", *some_load("http://127.0.0.1:1"))
check(code == 3 and out == "" and "http://127.0.0.1:1: Connection refused" in words, (code, words))

# What speaks no HTTP.
with socket.create_server(("127.0.0.1", 0)) as server:
    def answer():
        connection, _ = server.accept()
        with connection:
            connection.recv(4096)
            connection.sendall(b"220 mail.example.org ready\r\n")

    threading.Thread(target=answer, daemon=True).start()
    code, out, words = run("ims-sim", *some_load(f"http://127.0.0.1:{server.getsockname()[1]}", users="2"))
    check(code == 1 and out == "" and "not an HTTP answer" in words, (code, out, words))

LIVE = ("--live", "http://127.0.0.1:1")
for arguments, wish in ((("--live", "127.0.0.1:8080"), "--live: "), (("--live", "https://127.0.0.1"), "--live: "), (("--live", ""), "--live: "), (("--live", "ws://127.0.0.1"), "--live: expected http://HOST"), (("--live", "http://127.0.0.1/1.0"), "--live: expected http://HOST"),
                        ((*LIVE, "--speed", "0"), "--speed: expected"), ((*LIVE, "--late", "-1"), "--late: expected"), (("--speed", "2"), "--speed: goes with --live"),
                        (("--late", "5"), "--late: goes with --live"), (("--token", "t"), "--token: goes with --live"), ((*LIVE, "--threads", "2"), "--threads: "),
                        ((*LIVE, "--replications", "2"), "--replications: "), ((*LIVE, "--sweep", "mean=5,25"), "--sweep: "), ((*LIVE, "--access-delay", "5ms"), "--access-delay: "),
                        ((*LIVE, "--core-delay", "5ms"), "--core-delay: "), ((*LIVE, "--share-open-api", "0.5"), "--share-open-api: all users"),
                        ((*LIVE, "--count-rule", "wire"), "--count-rule: "), ((*LIVE, "--node-capacity", "5"), "--node-capacity: "), ((*LIVE, "--trace", "x"), "--trace: "),
                        (LIVE, "--users: these would begin more than 1,000,000 chats"), ((*LIVE, "--users", "100000", "--hours", "1"), "--users: "),
                        ((*LIVE, "--users", "20", "--speed", "0.001"), "--speed: ")):
    code, _, words = run("ims-sim", "load", *arguments)
    check(code == 2 and wish in words, (arguments, code, words))
print("live load: good")
