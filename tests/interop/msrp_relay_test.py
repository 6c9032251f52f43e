"""Kamailio as an MSRP relay (RFC 4976): between two of our clients, for one of them alone, and beside a relay of ours on the same path."""
import contextlib
import os
import random
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
from pipes import Piped  # noqa: E402
from tools import BIN, WAIT, check, free_port, is_bound  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
MODULES = "/usr/lib/x86_64-linux-gnu/kamailio/modules"
KAMAILIO = shutil.which("kamailio", path=os.environ.get("PATH", "") + ":/usr/sbin")
if not KAMAILIO or not os.path.exists(os.path.join(MODULES, "tls.so")):
    sys.exit("kamailio is missing: install kamailio and kamailio-tls-modules (tests/install.sh test does)")
LOGIN = ["--user", "alice", "--password", "open sesame"]


def start_kamailio(folder, running):
    certificate, key, config = (os.path.join(folder, name) for name in ("certificate.pem", "key.pem", "kamailio.cfg"))
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-days", "2",
                    "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
    port = free_port()
    with open(os.path.join(HERE, "kamailio", "msrp_relay.cfg"), encoding="utf-8") as file:
        text = file.read()
    for word, value in {"MODULES": MODULES, "LISTEN": f"127.0.0.1:{port}", "CERTIFICATE": certificate, "KEY": key, "PASSWORD": LOGIN[3],
                        "REALM": "kamailio.example"}.items():
        text = text.replace(word, value)
    with open(config, "w", encoding="utf-8") as file:
        file.write(text)
    relay = Piped([KAMAILIO, "-f", config, "-DD", "-E", "-m", "128", "-Y", folder, "-P", os.path.join(folder, "pid")], b"", folder)
    running.callback(relay.stop)
    while relay.process.poll() is None and not is_bound(port):
        pass
    check(relay.process.poll() is None, f"kamailio has ended: {relay.words}")
    return f"msrps://127.0.0.1:{port};tcp", certificate


def cat(running, *arguments, content=b""):
    process = Piped([os.path.join(BIN, "msrp-cat"), *arguments], content)
    running.callback(process.stop)
    return process


def lines(seed, count):
    generator = random.Random(seed)
    return b"".join(b"%d %s\n" % (i, generator.randbytes(generator.randrange(1500)).hex().encode()) for i in range(count))


def converse(running, words, behind, ahead, content, *how, back=b"back\n"):
    """A listener behind a relay, and who sends to it by the path that it printed; both say something."""
    # It stays until everything has come: Kamailio forgets what a client said last before it left.
    listener = cat(running, "-l", *behind, content=back)
    path = listener.says(r"^listening (.+)$")
    sender = cat(running, *ahead, *how, *(["--count", "1"] if back else []), path, content=content)
    sender.good(f"{words}: sender", back)
    listener.has_all(content)
    listener.stop()
    print(f"msrp relay: {words}: good", flush=True)


with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as running:
    theirs, certificate = start_kamailio(folder, running)
    trust = ["--ca", certificate]
    behind = [*trust, "--relay", theirs, *LOGIN]
    converse(running, "two clients of Kamailio", behind, behind, lines(1, 200))
    # One way only: with a single relay on the path Kamailio takes each request for one to its own client.
    converse(running, "one client of Kamailio", behind, trust, lines(2, 50), back=b"")
    big = random.Random(3).randbytes(1 << 20)
    converse(running, "a megabyte in chunks through Kamailio", behind, behind, big, "--whole", "--chunk-size", "2048", "--success-report")

    # A relay of ours takes from Kamailio what it knows no certificate of, and the other way round.
    ours = cat(running, "--relay-server", "--insecure", *LOGIN).says(r"^relay (\S+)$")
    mine = ["--insecure", "--relay", ours, *LOGIN]
    converse(running, "from Kamailio to a relay of ours", mine, behind, lines(4, 50), "--success-report")
    converse(running, "from a relay of ours to Kamailio", behind, mine, lines(5, 50), "--success-report")

    # Who does not know the password is not let in.
    stranger = cat(running, "-l", *trust, "--relay", theirs, "--user", "alice", "--password", "guessed")
    code = stranger.process.wait(timeout=WAIT)
    check(code == 1, f"a wrong password: exit {code}; it said {stranger.words}")
print("msrp relay: good")
