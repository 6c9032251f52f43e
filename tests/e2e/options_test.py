"""rcs-options as a developer uses it: simulated, straight over SIP, through a gateway, a long list, watching, and against nobody."""
import json
import os
import re
import socket
import threading

from tools import check, run, running

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data", "tls")
LOCAL, OTHER = os.path.join(DATA, "localhost.pem"), os.path.join(DATA, "other.pem")
JACK, ROSE = "01087654321", "01012345678"


def rows(text):
    return {row["contact"]: row for row in map(json.loads, text.splitlines())}


def facts(row):
    return row["rcs"], row["registered"], row["services"]


# CAP section 2: a user with a device, with services of its own, and nobody.
code, out, words = run("rcs-options", "--sim", "--json", "--online", "bob", "--online", "carol=Chat,File transfer", "--from", "alice", "bob", "carol", "dave")
got = rows(out)
check(code == 0 and not words, (code, out, words))
check(facts(got["bob"]) == ("yes", "yes", ["Chat", "Standalone", "StandaloneLarge"]), got)
check(facts(got["carol"]) == ("yes", "yes", ["Chat", "FileTransfer"]) and got["carol"]["status"] == 200, got)
check(facts(got["dave"]) == ("unknown", "no", []) and got["dave"]["status"] == 480 and "error" not in got["dave"], got)
code, out, words = run("rcs-options", "--sim", "--online", "bob=Chat,FT,IS,VS", "--from", "alice", "bob", "dave")
lines = out.splitlines()
check(code == 0 and lines[0].split() == ["Contact", "RCS", "Registered", "Services", "Age"], (code, out, words))
check("IM/CHAT, File transfer, Image share, Video share" in lines[2] and lines[3].split()[:3] == ["dave", "unknown", "no"], out)
code, out, _ = run("rcs-options", "--sim", "-v", "--color", "always", "--online", "bob", "--from", "alice", "bob")
check(code == 0 and "Tags" in out and "+g.oma.sip-im" in out and "\x1b[32mbob" in out, out)

# CAP section 5: what a user has published is known by presence, who has published nothing is unknown.
code, out, words = run("rcs-options", "--sim", "--json", "--by", "presence", "--online", "carol", "--from", "alice", "carol")
got = rows(out)
check(code == 0 and not words and facts(got["carol"]) == ("unknown", "unknown", []) and "error" not in got["carol"], (code, out, words))
with running("rcs-options", "--sim", "--json", "--by", "presence", "--watch=1", "--online", "bob=Chat,File transfer,Discovery by presence", "--from", "alice",
             "bob") as watch:
    row = json.loads(watch.line())
    while row["rcs"] != "yes":  # its PUBLISH may be slower than our SUBSCRIBE
        row = json.loads(watch.line())
    check(facts(row) == ("yes", "yes", ["Chat", "FileTransfer", "PresenceDiscovery"]) and row["status"] == 200, row)
    watch.process.terminate()
    check(watch.wait() == 130, watch.errors)
code, out, words = run("rcs-options", "--sim", "--by", "mail", "--from", "alice", "bob")
check(code == 2 and "--by: expected options or presence" in words, (code, out, words))

with running("ims-sim", "core", "--port", "0") as core, running("ims-sim", "core", "--port", "0", "--user", "alice", "--user", "bob") as small, \
        running("ims-sim", "core", "--port", "0", "--options", "network") as answering:
    uri = core.ready()["core"]
    with running("rcsgw-serve", "--listen", "127.0.0.1:0", "--sip", "127.0.0.1:0", "--core", uri) as gateway, \
            running("rcs-send", "--core", uri, "--receive", "--from", "user1") as one, running("rcs-send", "--core", uri, "--receive", "--from", "user500") as two, \
            running("rcs-send", "--core", uri, "--receive", "--from", "user1000") as three:
        base = gateway.ready()["http"]
        for client in (one, two, three):
            client.says("waiting for chats")
        # A long list: an answer for each, and only those are there who are.
        everybody = "# my contacts\n\n" + "".join(f"user{n}\n" for n in range(1, 1001))
        for way in (("--core", uri), ("--gateway", base)):
            code, out, words = run("rcs-options", *way, "--json", "--from", "alice", "-", stdin=everybody)
            got = rows(out)
            check(code == 0 and len(got) == 1000, (way, code, words))
            there = {name for name, row in got.items() if (row["rcs"], row["registered"]) == ("yes", "yes")}
            check(there == {"user1", "user500", "user1000"}, (way, there))
            check(sum(facts(row) == ("unknown", "no", []) for row in got.values()) == 997, way)
            check("1000 contacts: 3 RCS users, 3 registered, 997 not registered, 0 without an answer" in words, words)
        # A table keeps the order of the list, however many are asked at once.
        code, out, _ = run("rcs-options", "--core", uri, "--from", "alice", "--parallel", "7", "user9", "-", "user8", stdin="user1\nuser7")
        check(code == 0 and [line.split()[0] for line in out.splitlines()[2:]] == ["user9", "user1", "user7", "user8"], out)
        # The gateway knows by now, unless it is asked to look again.
        code, out, _ = run("rcs-options", "--gateway", base, "--json", "--fresh", "--from", JACK, "user1", ROSE)
        check(code == 0 and facts(rows(out)["user1"])[:2] == ("yes", "yes") and facts(rows(out)[ROSE])[:2] == ("unknown", "no"), out)
        # CAP-53: who publishes nothing tells nothing new.
        code, out, _ = run("rcs-options", "--gateway", base, "--json", "--fresh", "--by", "presence", "--from", JACK, "user1", "user2")
        check(code == 0 and facts(rows(out)["user1"])[:2] == ("yes", "yes") and facts(rows(out)["user2"]) == ("unknown", "unknown", []), out)
        # Coming and going.
        with running("rcs-options", "--core", uri, "--json", "--from", "alice", "--watch=1", "erin", "user1") as watch:
            first = [json.loads(watch.line()) for _ in range(2)]
            check({row["registered"] for row in first} == {"no", "yes"}, first)
            with running("rcs-send", "--core", uri, "--receive", "--from", "erin"):
                line = json.loads(watch.line())
                check((line["contact"], line["rcs"], line["registered"]) == ("erin", "yes", "yes"), line)
            watch.process.terminate()
            check(watch.wait() == 130, watch.errors)
        with running("rcs-options", "--gateway", base, "--from", "alice", "--watch=1", "frank") as watch:
            watch.line_with("frank")
            with running("rcs-send", "--core", uri, "--receive", "--from", "frank"):
                line = watch.line()
                check("frank: RCS: unknown -> yes; registered: no -> yes; + IM/CHAT" in line, line)
        # CAP-20, CAP-21: a gateway that goes away changes nothing of what is known.
        with running("rcsgw-serve", "--listen", "127.0.0.1:0", "--sip", "127.0.0.1:0", "--core", uri) as other:
            with running("rcs-options", "--gateway", other.ready()["http"], "--json", "--from", "alice", "--watch=1", "user1") as watch:
                check(json.loads(watch.line())["registered"] == "yes", watch.errors)
                other.stop()
                watch.says("user1: ")
                watch.process.terminate()
                check(watch.wait() == 130 and watch.line() is None, watch.errors)
        code, out, words = run("rcs-options", "--gateway", base, "--token", "wrong", "--json", "--from", JACK, ROSE)
        check(code == 1 and "error" in rows(out)[ROSE] and ROSE in words, (code, out, words))
    # A stranger is no RCS user.
    small_uri = small.ready()["core"]
    code, out, words = run("rcs-options", "--core", small_uri, "--json", "--from", "alice", "bob", "mallory")
    got = rows(out)
    check(code == 0 and facts(got["mallory"]) == ("no", "unknown", []) and got["mallory"]["status"] == 404, (code, out, words))
    # CAP-51.
    code, out, words = run("rcs-options", "--core", small_uri, "--json", "--by", "presence", "--from", "alice", "bob", "mallory")
    got = rows(out)
    check(code == 0 and facts(got["bob"]) == ("unknown", "unknown", []) and facts(got["mallory"]) == ("no", "unknown", []), (code, out, words))
    # The network answers for a user whose device is away: no device is there.
    uri = answering.ready()["core"]
    with running("rcs-send", "--core", uri, "--receive", "--from", "bob") as bob:
        bob.says("waiting for chats")
    code, out, words = run("rcs-options", "--core", uri, "--json", "--from", "alice", "bob")
    check(code == 0 and facts(rows(out)["bob"])[:2] == ("yes", "no") and "automata" in rows(out)["bob"]["tags"], (code, out, words))

# Over TLS, where the certificate is checked before anything is asked.
with running("ims-sim", "core", "--port", "0", "--tls", "localhost:0", "--tls-cert", LOCAL) as core:
    secure = core.ready()["tls"]
    for authority, wish in ((LOCAL, 0), (OTHER, 3)):
        code, out, words = run("rcs-options", "--core", secure, "--tls-ca", authority, "--json", "--from", "alice", "bob")
        check(code == wish and facts(rows(out)["bob"])[1] == ("unknown" if wish else "no"), (code, out, words))


def answer_as_told(server):
    """A core that registers everybody, and answers OPTIONS to a user with the status in its name, or not at all."""
    while True:
        octets, peer = server.recvfrom(65536)
        if octets == b"over":
            return
        head = octets.decode().split("\r\n\r\n")[0].split("\r\n")
        target = re.match(r"OPTIONS sip:[a-z]+(\d*)@", head[0])
        status = target.group(1) if target else "200"
        if not status:
            continue
        kept = [line for line in head[1:] if re.match(r"(Via|From|Call-ID|CSeq|v|f|i):", line, re.I)]
        kept += [line + ("" if "tag=" in line else ";tag=core") for line in head[1:] if re.match(r"(To|t):", line, re.I)]
        kept += [line for line in head[1:] if re.match(r"(Contact|m):", line, re.I) and not target]
        server.sendto("\r\n".join([f"SIP/2.0 {status} Told so", *kept, "Expires: 600", "Content-Length: 0", "", ""]).encode(), peer)


# CAP-20, CAP-21: 408 of the network is an answer; another error says nothing about the contact, and neither does silence.
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
    server.bind(("127.0.0.1", 0))
    thread = threading.Thread(target=answer_as_told, args=(server,), daemon=True)
    thread.start()
    told = ("--core", "sip:127.0.0.1:%d" % server.getsockname()[1], "--json", "--from", "alice", "--timeout", "1")
    code, out, words = run("rcs-options", *told, "user408", "user480", "user404")
    got = rows(out)
    check(code == 0 and not words and facts(got["user408"]) == facts(got["user480"]) == ("unknown", "no", []), (code, out, words))
    check(facts(got["user404"]) == ("no", "unknown", []), out)
    code, out, words = run("rcs-options", *told, "user480", "user500", "user403")
    got = rows(out)
    check(code == 1 and "(and 1 more)" in words and "error" not in got["user480"], (code, out, words))
    for name, status in (("user500", 500), ("user403", 403)):
        check(facts(got[name]) == ("unknown", "unknown", []) and got[name]["status"] == status and str(status) in got[name]["error"], got)
    code, out, words = run("rcs-options", *told, "user500", "user480", "silent")
    got = rows(out)
    check(code == 3 and facts(got["silent"]) == ("unknown", "unknown", []) and got["silent"]["error"] == "no answer in 1 s", (code, out, words))
    check(got["user480"]["registered"] == "no" and "status" not in got["silent"], out)
    server.sendto(b"over", server.getsockname())
    thread.join()

# That nobody is there says nothing about the contacts either.
for way in (("--core", "sip:127.0.0.1:1"), ("--gateway", "http://127.0.0.1:1")):
    code, out, words = run("rcs-options", *way, "--json", "--timeout", "2", "--from", "alice", "bob", "carol")
    got = rows(out)
    check(code == 3 and len(got) == 2 and ("bob: " in words or "carol: " in words), (way, code, out, words))
    check(all(facts(row) == ("unknown", "unknown", []) and row["error"] for row in got.values()), (way, out))
for arguments, wish in ((["--from", "alice"], "contact"), (["bob"], "--from"), (["--from", "alice", "two words"], "two words"),
                        (["--from", "alice", "--online", "bob", "bob"], "--sim"), (["--from", "alice", "--sim", "--online", "bob=Tea", "bob"], "Tea"),
                        (["--from", "alice", "--watch=0", "bob"], "--watch"), (["--from", "alice", "--parallel", "0", "bob"], "--parallel"),
                        (["--from", "alice", "--tls-ca", "x", "bob"], "--tls-ca"), (["--from", "alice", "--core", "x", "--sim", "bob"], "--sim")):
    code, out, words = run("rcs-options", *arguments)
    check(code == 2 and words.startswith("rcs-options: ") and wish in words and not out, (arguments, code, out, words))
code, _, words = run("rcs-options", "--sim", "--from", "alice", "-", stdin="bob\n\n<script>\n")
check(code == 2 and "line 3" in words and "<script>" in words, (code, words))
print("options: good")
