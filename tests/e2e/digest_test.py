"""Passwords: a core that asks for them, with each algorithm and quality of protection, and clients and a gateway that know them or do not."""
import itertools
import os
import tempfile

from tools import ask, check, run, running

with tempfile.TemporaryDirectory() as folder:
    passwords = os.path.join(folder, "passwords")
    with open(passwords, "w", encoding="utf-8") as file:
        file.write("# name, password\nalice open sesame\nbob street\n")
    for algorithm, body, each in itertools.product(("MD5", "SHA-256", "SHA-512-256"), ([], ["--auth-int"]), ([], ["--challenge-all"])):
        way = f"{algorithm} {body} {each}"
        with running("ims-sim", "core", "--port", "0", "--credentials", passwords, "--algorithm", algorithm, *body, *each) as core:
            uri = core.ready()["core"]
            alice = ["--core", uri, "--from", "alice", "--password", "open sesame"]
            with running("rcs-send", "--core", uri, "--receive", "--from", "bob", "--password", "street", "--texts", "2", "--json") as bob:
                bob.says("waiting")
                code, out, words = run("rcs-options", *alice, "--json", "bob")
                check(code == 0 and '"rcs":"yes"' in out, (way, code, out, words))
                code, out, words = run("rcs-send", *alice, "--to", "bob", "--mode", "message", "--until", "delivered", "a message")
                check(code == 0, (way, code, out, words))
                code, out, words = run("rcs-send", *alice, "--to", "bob", "--until", "displayed", "a chat")
                check(code == 0, (way, code, out, words))
                check(bob.wait() == 0, bob.errors)
            code, out, words = run("rcs-send", "--core", uri, "--from", "alice", "--password", "wrong", "--to", "bob", "x")
            check(code == 1 and "401" in words, (way, code, out, words))
            code, out, words = run("rcs-send", "--core", uri, "--from", "bob", "--user", "alice", "--password", "open sesame", "--to", "alice", "x")
            check(code == 1 and "403" in words, (way, code, out, words))
    # A gateway has the passwords of its users in a file.
    with running("ims-sim", "core", "--port", "0", "--credentials", passwords) as core:
        uri = core.ready()["core"]
        with running("rcsgw-serve", "--listen", "127.0.0.1:0", "--sip", "127.0.0.1:0", "--core", uri, "--credentials", passwords) as gateway:
            base = gateway.ready()["http"] + "/1.0/RCS/"
            for user, wanted in (("alice", 200), ("carol", 401)):
                status, _, body = ask("POST", base + user + "/Registration", token="dev-" + user)
                check((status == 200) == (wanted == 200), (user, status, body))
    code, out, words = run("ims-sim", "core", "--port", "0", "--algorithm", "MD5")
    check(code == 2 and "--credentials" in words, (code, words))
print("digest: good")
