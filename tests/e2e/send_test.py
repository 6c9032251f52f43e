"""rcs-send as a developer uses it: simulated, through a gateway, straight over SIP, receiving, declining, and against nobody."""
import json

from tools import check, run, running

JACK, ROSE = "01087654321", "01012345678"


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


def states(text):
    return [line["state"] for line in lines(text)]


code, out, words = run("rcs-send", "--sim", "--json", "--from", JACK, "--to", ROSE, "--until", "accepted", "hello")
check(code == 0 and states(out)[:2] == ["sent", "trying"] and states(out)[-1] == "accepted", (code, out, words))
for until in ("delivered", "displayed"):
    code, out, words = run("rcs-send", "--sim", "--json", "--from", JACK, "--to", ROSE, "--until", until, "hello")
    check(code == 0 and states(out)[-1] == until and states(out).count("sent") == 1, (code, out, words))

# A conversation out of a file: a line is a text, and the simulated receiver says the same back.
said = ["Good morning.", "Quotes \" and a snowman \u2603", "Good bye."]
code, out, words = run("rcs-send", "--sim", "-i", "--json", "--from", JACK, "--to", ROSE, "--until", "displayed", stdin="\n".join(said))
check(code == 0 and states(out).count("displayed") == 3, (code, out, words))
code, out, words = run("rcs-send", "--sim", "-i", "--from", JACK, "--to", ROSE, "--until", "displayed", stdin="\n".join(said) + "\n")
check(code == 0 and "displayed: Good bye." in out and "> " not in out, (code, out, words))

# The same outside of chats.
MESSAGE = ("--mode", "message")
code, out, words = run("rcs-send", "--sim", *MESSAGE, "--json", "--from", JACK, "--to", ROSE, "--until", "displayed", "hello")
check(code == 0 and states(out) == ["trying", "sent", "delivered", "displayed"] and lines(out)[1]["code"] == "200", (code, out, words))
code, out, words = run("rcs-send", "--sim", *MESSAGE, "-i", "--json", "--from", JACK, "--to", ROSE, "--until", "displayed", stdin="\n".join(said))
check(code == 0 and states(out).count("displayed") == 3, (code, out, words))

# To several at once: one message, of which each has its own states.
code, out, words = run("rcs-send", "--sim", *MESSAGE, "--json", "--from", JACK, "--to", ROSE + ",alice", "--to", "bob", "--until", "displayed", "hello")
told = sorted((line["recipient"], line["state"]) for line in lines(out) if "recipient" in line)
check(code == 0 and told == sorted((who, state) for who in (ROSE, "alice", "bob") for state in ("sent", "delivered", "displayed")), (code, out, words))

with running("ims-sim", "core", "--port", "0") as core, running("ims-sim", "core", "--port", "0", "--answer-mode", "proxied") as proxied:
    uri = core.ready()["core"]
    # Nobody is there: the network keeps it for each.
    code, out, words = run("rcs-send", "--core", uri, *MESSAGE, "--timeout", "10", "--from", JACK, "--to", "nina,otto", "--until", "delivered", "hello")
    check(code == 3 and "sent of nina, sent of otto; waited for delivered" in words and out.count("code=202") == 2, (code, out, words))
    with running("rcsgw-serve", "--listen", "127.0.0.1:0", "--sip", "127.0.0.1:0", "--core", uri) as gateway:
        base = gateway.ready()["http"]
        # A standard client and an API user, both ways, each transport once.
        for transport in ("poll", "sse", "ndjson", "iframe", "ws"):
            with running("rcs-send", "--gateway", base, "--receive", "--from", ROSE, "--count", "1", "--json", "--events", transport) as rose:
                code, out, words = run("rcs-send", "--core", uri, "--from", "alice", "--to", ROSE, "--until", "accepted", "--json", "-", stdin="via " + transport)
                check(code == 0 and states(out)[-1] == "accepted", (code, out, words))
                line = json.loads(rose.line_with('"initiate"'))
                check(line["message"] == "via " + transport and line["from"] == "alice", line)
                check(rose.wait() == 0, rose.errors)
        with running("rcs-send", "--core", uri, "--receive", "--from", "bob", "--count", "1", "--json") as bob:
            code, out, words = run("rcs-send", "--gateway", base, "--from", JACK, "--to", "bob", "--until", "accepted", "--json", "to bob")
            check(code == 0 and states(out)[-1] == "accepted", (code, out, words))
            check(json.loads(bob.line_with('"initiate"'))["message"] == "to bob", bob.errors)
            check(bob.wait() == 0, bob.errors)
        # What becomes of a text, told by the receiver itself, in all four pairs of ways to the network.
        for sender, receiver in (("--gateway", "--gateway"), ("--gateway", "--core"), ("--core", "--gateway"), ("--core", "--core")):
            way = {"--gateway": base, "--core": uri}
            who = "erin" + sender[2] + receiver[2]
            with running("rcs-send", receiver, way[receiver], "--receive", "--from", who, "--texts", "4", "--json") as peer:
                peer.says("waiting for chats")
                code, out, words = run("rcs-send", sender, way[sender], "--from", "alice", "--to", who, "--until", "displayed", "--json", "see this")
                check(code == 0 and states(out)[-1] == "displayed", (sender, receiver, code, out, words))
                code, out, words = run("rcs-send", sender, way[sender], "-i", "--from", "alice", "--to", who, "--until", "displayed", "--json",
                                       stdin="one\ntwo\nthree")
                check(code == 0 and states(out).count("displayed") == 3, (sender, receiver, code, out, words))
                got = [json.loads(peer.line_with('"message"'))["message"] for _ in range(4)]
                check(got == ["see this", "one", "two", "three"], got)
                check(peer.wait() == 0, peer.errors)
        # Messages outside of chats, in all four pairs; a long one arrives like any other.
        for sender, receiver in (("--gateway", "--gateway"), ("--gateway", "--core"), ("--core", "--gateway"), ("--core", "--core")):
            way = {"--gateway": base, "--core": uri}
            who = "mary" + sender[2] + receiver[2]
            long = "long " + "x" * 5000
            with running("rcs-send", receiver, way[receiver], "--receive", "--from", who, "--texts", "2", "--json") as peer:
                peer.says("waiting for chats")
                for text in ("short", long):
                    code, out, words = run("rcs-send", sender, way[sender], *MESSAGE, "--from", "alice", "--to", who, "--until", "displayed", "--json", text)
                    check(code == 0 and states(out)[-1] == "displayed", (sender, receiver, text, code, out, words))
                    got = json.loads(peer.line_with('"message"'))
                    check(got["message"] == text and "alice" in got["from"], got)
                check(peer.wait() == 0, peer.errors)
            # Nobody is there: the network keeps it, unless it is for now or never.
            code, out, words = run("rcs-send", sender, way[sender], *MESSAGE, "--from", "alice", "--to", who + "2", "--json", "later")
            check(code == 0 and lines(out)[-1]["code"] == "202", (sender, code, out, words))
            with running("rcs-send", receiver, way[receiver], "--receive", "--from", who + "2", "--texts", "1", "--json") as peer:
                check(json.loads(peer.line_with('"message"'))["message"] == "later", peer.errors)
                check(peer.wait() == 0, peer.errors)
            # (Whoever has to register first is too late for that.)
            if sender == "--core":
                continue
            code, out, words = run("rcs-send", sender, way[sender], *MESSAGE, "--expires", "0", "--from", "alice", "--to", who + "3", "--json", "now")
            check(code == 1 and states(out)[-1] == "failed" and lines(out)[-1]["code"] == "480", (sender, code, out, words))
        # Not told: delivered, but not displayed.
        with running("rcs-send", "--core", uri, "--receive", "--from", "frank", "--no-display") as frank:
            frank.says("waiting for chats")
            code, out, words = run("rcs-send", "--gateway", base, "--from", JACK, "--to", "frank", "--until", "displayed", "--timeout", "2", "--json", "hm")
            check(code == 3 and "delivered" in states(out) and "displayed" not in states(out), (code, out, words))
        # Two people, each with a line of their own.
        with running("rcs-send", "--core", uri, "-i", "--receive", "--from", "gina", "--json") as gina:
            code, out, words = run("rcs-send", "--core", uri, "--from", "alice", "--to", "gina", "--until", "sent", "--json", "hello gina")
            check(code == 0, (code, out, words))
            check(json.loads(gina.line_with('"initiate"'))["message"] == "hello gina", gina.errors)

        # Declined: the network has answered, then the receiver says no.
        with running("rcs-send", "--core", uri, "--receive", "--from", "carol", "--count", "1", "--decline", "603", "--json") as carol:
            code, out, words = run("rcs-send", "--gateway", base, "--from", JACK, "--to", "carol", "--until", "accepted", "--json", "please")
            check(code == 1 and states(out)[-1] == "declined", (code, out, words))
            check(carol.wait() == 0, carol.errors)
    # Without store and forward the receiver's own answer reaches the caller.
    uri = proxied.ready()["core"]
    for status, last in (("486", 486), ("603", 603), ("404", 404), ("480", 480)):
        user = "dave" + status
        with running("rcs-send", "--core", uri, "--receive", "--from", user, "--count", "1", "--decline", status, "--json") as dave:
            dave.says("waiting for chats")  # nothing is stored for those who are not there
            code, out, words = run("rcs-send", "--core", uri, "--from", "erin", "--to", user, "--json", "busy?")
            check(code == 1 and json.loads(out.splitlines()[-1])["code"] == str(last), (code, out, words))
            check(dave.wait() == 0, dave.errors)
    code, out, words = run("rcs-send", "--core", uri, "--from", "erin", "--to", "nobody", "--json", "anyone?")
    check(code == 1 and json.loads(out.splitlines()[-1])["code"] == "480", (code, out, words))

code, _, words = run("rcs-send", "--gateway", "http://127.0.0.1:1", "--from", JACK, "--to", ROSE, "hello")
check(code == 3, (code, words))
code, _, words = run("rcs-send", "--core", "sip:127.0.0.1:1", "--from", JACK, "--to", ROSE, "--timeout", "5", "hello")
check(code == 3, (code, words))
for arguments in (["--from", JACK], ["--from", JACK, "--to", ROSE], ["--from", JACK, "--to", ROSE, "--until", "eaten", "x"],
                  ["--from", JACK, "--to", ROSE, "--receive"], ["--from", JACK, "--to", ROSE, "-i", "-"], ["--from", JACK, "--to", ROSE, "--texts", "1", "x"],
                  ["--from", JACK, "--to", ROSE, "--mode", "pager", "x"], ["--from", JACK, "--to", ROSE, "--expires", "9", "x"],
                  ["--from", JACK, "--to", ROSE, "--to", "alice", "x"], ["--from", JACK, "--to", ROSE + ",alice", *MESSAGE, "-i"],
                  ["--from", JACK, "--to", ROSE, *MESSAGE, "--until", "accepted", "x"], ["--from", JACK, "--receive", "-i", "--count", "1"], ["--from", JACK, "--to", ROSE, "--core", "x", "--sim", "x"]):
    code, _, words = run("rcs-send", *arguments)
    check(code == 2 and words.startswith("rcs-send: "), (arguments, code, words))
print("send: good")
