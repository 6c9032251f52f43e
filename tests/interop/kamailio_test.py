"""Kamailio as registrar and proxy of a domain, with digest: our clients register there, ask for capabilities, send messages and chat, over UDP, TCP and TLS.

Not with qop=auth-int, for which Kamailio 5.6 leaves the body out of its own answer; tests/e2e has that with our core."""
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
from pipes import Piped  # noqa: E402
from tools import check, free_port, is_bound, run, running  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
MODULES = "/usr/lib/x86_64-linux-gnu/kamailio/modules"
KAMAILIO = shutil.which("kamailio", path=os.environ.get("PATH", "") + ":/usr/sbin")
if not KAMAILIO or not os.path.exists(os.path.join(MODULES, "tls.so")):
    sys.exit("kamailio is missing: install kamailio and kamailio-tls-modules (tests/install.sh test does)")
PASSWORD = "open-sesame"


def make_certificates(folder):
    """An authority, and a certificate of it for localhost."""
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=test authority")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost")
    with open(os.path.join(folder, "names"), "w", encoding="utf-8") as file:
        file.write("subjectAltName=DNS:localhost")
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "names", "-out", "server.pem")


def start_kamailio(folder, algorithm):
    plain, secure = free_port(), free_port()
    with open(os.path.join(HERE, "kamailio", "registrar.cfg"), encoding="utf-8") as file:
        text = file.read()
    for word, value in {"MODULES": MODULES, "PLAIN": plain, "SECURE": secure, "CERTIFICATE": os.path.join(folder, "server.pem"),
                        "KEY": os.path.join(folder, "server.key"), "REALM": "domain.com", "PASSWORD": PASSWORD, "ALGORITHM": algorithm}.items():
        text = text.replace(word, str(value))
    config = os.path.join(folder, f"{algorithm}.cfg")
    with open(config, "w", encoding="utf-8") as file:
        file.write(text)
    proxy = Piped([KAMAILIO, "-f", config, "-DD", "-E", "-m", "64", "-Y", folder, "-P", os.path.join(folder, "pid")], b"", folder)
    while proxy.process.poll() is None and not is_bound(secure):
        pass
    check(proxy.process.poll() is None, f"kamailio has ended: {proxy.words}")
    return proxy, {"udp": f"sip:127.0.0.1:{plain}", "tcp": f"sip:127.0.0.1:{plain};transport=tcp", "tls": f"sip:localhost:{secure};transport=tls"}


def exchange(alice, bob, transport):
    """Bob is asked for, texted, and talked to, by Alice."""
    with running("rcs-send", *bob, "--receive", "--texts", "2", "--json") as receiver:
        receiver.says("waiting")
        code, out, words = run("rcs-options", *alice, "--json", "bob")
        check(code == 0 and '"rcs":"yes"' in out and '"registered":"yes"' in out, (transport, code, out, words))
        code, out, words = run("rcs-send", *alice, "--to", "bob", "--mode", "message", "--until", "sent", "--json", f"a message over {transport}")
        check(code == 0, (transport, code, out, words))
        check(f"a message over {transport}" in receiver.line_with('"state":"message"'), receiver.errors)
        code, out, words = run("rcs-send", *alice, "--to", "bob", "--until", "displayed", "--json", f"a chat over {transport}")
        check(code == 0, (transport, code, out, words))
        check(receiver.wait() == 0, receiver.errors)


with tempfile.TemporaryDirectory() as folder:
    make_certificates(folder)
    for algorithm in ("MD5", "SHA-256"):
        proxy, cores = start_kamailio(folder, algorithm)
        try:
            for transport, core in cores.items():
                common = ["--core", core, "--password", PASSWORD] + (["--tls-ca", os.path.join(folder, "ca.pem")] if transport == "tls" else [])
                exchange([*common, "--from", "alice"], [*common, "--from", "bob"], f"{transport} with {algorithm}")
            # One over UDP, the other over TLS; and a wrong password.
            mixed = {transport: ["--core", cores[transport], "--password", PASSWORD] for transport in ("udp", "tls")}
            mixed["tls"] += ["--tls-ca", os.path.join(folder, "ca.pem")]
            for one, other in (("udp", "tls"), ("tls", "udp")):
                exchange([*mixed[one], "--from", "alice"], [*mixed[other], "--from", "bob"], f"{one} to {other} with {algorithm}")
            wrong = run("rcs-send", "--core", cores["udp"], "--password", "wrong", "--from", "alice", "--to", "bob", "--json", "x")
            check(wrong[0] == 1 and "401" in wrong[1] + wrong[2], wrong)
        finally:
            proxy.stop()
print("kamailio: good")
