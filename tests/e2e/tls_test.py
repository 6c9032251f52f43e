"""SIP over TLS between the tools: chats both ways over the connections that the devices made, and each wrong certificate in words."""
import json
import os

from tools import check, run, running

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data", "tls")
LOCAL, OTHER = os.path.join(DATA, "localhost.pem"), os.path.join(DATA, "other.pem")
ALICE = ("--from", "alice", "--json")


def states(text):
    return [json.loads(line)["state"] for line in text.splitlines()]


def send(uri, *arguments):
    return run("rcs-send", "--core", uri, "--to", "bob", "--until", "displayed", *ALICE, *arguments, "hello")


with running("ims-sim", "core", "--port", "0", "--tls", "localhost:0", "--tls-cert", LOCAL) as core:
    ready = core.ready()
    plain, secure = ready["core"], ready["tls"]
    check(secure.startswith("sip:localhost:") and secure.endswith(";transport=tls"), ready)
    sips = secure.replace("sip:", "sips:").replace(";transport=tls", "")

    # Sender and receiver over TLS or not, in every pair; the receiver's notifications come back to the sender.
    ways = {"tls": (secure, "--tls-ca", LOCAL), "sips": (sips, "--tls-ca", LOCAL), "udp": (plain,)}
    for sender, receiver in (("tls", "tls"), ("tls", "udp"), ("udp", "tls"), ("sips", "sips")):
        with running("rcs-send", "--core", *ways[receiver], "--receive", "--from", "bob", "--texts", "1", "--json") as bob:
            bob.says("waiting for chats")
            code, out, words = send(*ways[sender])
            check(code == 0 and states(out)[-1] == "displayed", (sender, receiver, code, out, words))
            check(json.loads(bob.line_with('"message"'))["message"] == "hello", bob.errors)
            check(bob.wait() == 0, bob.errors)

    # A gateway over TLS.
    serve = ("--listen", "127.0.0.1:0", "--sip", "127.0.0.1:0", "--core", secure, "--tls-ca", LOCAL)
    with running("rcsgw-serve", *serve) as gateway:
        base = gateway.ready()["http"]
        with running("rcs-send", "--gateway", base, "--receive", "--from", "bob", "--texts", "1", "--json") as bob:
            bob.says("waiting for chats")
            code, out, words = send(secure, "--tls-ca", LOCAL)
            check(code == 0 and states(out)[-1] == "displayed", (code, out, words))
            check(bob.wait() == 0, bob.errors)

    # Each failure says whom it is about and what is wrong.
    code, out, words = send(secure, "--tls-ca", OTHER)
    check(code == 3 and "its certificate is signed by an unknown authority" in words and "tls:localhost:" in words, (code, out, words))
    code, out, words = send(plain + ";transport=tls", "--tls-ca", LOCAL)
    check(code == 3 and "tls:127.0.0.1:" in words, (code, out, words))

with running("ims-sim", "core", "--port", "0", "--tls", "localhost:0", "--tls-cert", OTHER) as core:
    code, out, words = send(core.ready()["tls"], "--tls-ca", OTHER)
    check(code == 3 and "its certificate is for other.test, not for localhost" in words, (code, out, words))

# A core that asks its devices for certificates.
asking = ("--tls-ask", "--tls-ca", OTHER)
with running("ims-sim", "core", "--port", "0", "--tls", "localhost:0", "--tls-cert", LOCAL, *asking) as core:
    uri = core.ready()["tls"]
    code, out, words = run("rcs-send", "--core", uri, "--to", "bob", *ALICE, "--tls-ca", LOCAL, "--tls-cert", OTHER, "hello")
    check(code == 0, (code, out, words))
    code, out, words = send(uri, "--tls-ca", LOCAL)
    check(code == 3, (code, out, words))
    core.says("the peer shows no certificate")

for arguments, wish in (
    (("rcs-send", "--core", "sip:127.0.0.1:5060", "--to", "bob", *ALICE, "--tls-ca", LOCAL, "hello"), "transport=tls"),
    (("rcs-send", "--core", "sips:localhost", "--to", "bob", *ALICE, "--tls-key", LOCAL, "hello"), "--tls-key: expected --tls-cert"),
    (("rcs-send", "--core", "sips:localhost", "--to", "bob", *ALICE, "--tls-ca", __file__, "hello"), "expected certificates of authorities"),
    (("rcsgw-serve", "--tls-ca", LOCAL), "transport=tls"),
    (("ims-sim", "core", "--tls-cert", LOCAL), "expected --tls with them"),
    (("ims-sim", "core", "--tls", "localhost:0", "--tls-key", LOCAL), "--tls-key: expected --tls-cert"),
):
    code, out, words = run(*arguments)
    check(code == 2 and wish in words, (arguments, code, out, words))
