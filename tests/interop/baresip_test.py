"""baresip, a plain SIP client that takes text/plain alone: takes a text of rcs-send through the simulated core, and answers it."""
import json
import os
import shutil
import socket
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
from pipes import Piped  # noqa: E402
from tools import WAIT, check, free_port, run, running  # noqa: E402

MODULES = "/usr/lib/baresip/modules"
if not shutil.which("baresip"):
    sys.exit("baresip is missing: install baresip-core (tests/install.sh test does)")


def configure(folder, core, control):
    modules = "".join(f"module_app {name}.so\n" for name in ("account", "contact", "menu", "ctrl_tcp"))
    files = {"config": f"poll_method epoll\nsip_listen 127.0.0.1:0\nmodule_path {MODULES}\n{modules}ctrl_tcp_listen 127.0.0.1:{control}\n",
             "accounts": f"<sip:bob@domain.com>;outbound=\"{core};transport=udp\";regint=600;auth_pass=none\n",
             "contacts": '"Alice" <sip:alice@domain.com>\n'}
    for name, text in files.items():
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(text)


def command(connection, name, words=None):
    """A command of ctrl_tcp: JSON in netstrings."""
    text = json.dumps({"command": name, "token": name} | ({"params": words} if words else {}))
    connection.sendall(f"{len(text)}:{text},".encode())
    answer = b""
    while name.encode() not in answer:
        piece = connection.recv(65536)
        check(piece, f"baresip closed its control connection: {answer}")
        answer += piece


with tempfile.TemporaryDirectory() as folder, running("ims-sim", "core", "--port", "0") as core:
    uri, control = core.ready()["core"], free_port()
    configure(folder, uri, control)
    phone = Piped(["baresip", "-f", folder, "-s"], b"", folder)  # -s: it prints each SIP message
    try:
        # It has registered once it answers: 480 until then, then a 200 without a tag of RCS.
        code, out, words = 1, "", ""
        while phone.process.poll() is None:
            code, out, words = run("rcs-options", "--core", uri, "--from", "alice", "--fresh", "--json", "bob")
            if '"rcs":"no"' in out:
                break
        check('"rcs":"no"' in out, (code, out, words))
        # A text: it refuses message/cpim (415), takes plain text, and no notification is to be had of it.
        code, out, words = run("rcs-send", "--core", uri, "--mode", "message", "--from", "alice", "--to", "bob", "--json", "Watson, come here.")
        check(code == 0 and '"state":"sent"' in out, (code, out, words))
        with running("rcs-send", "--core", uri, "--receive", "--from", "alice", "--texts", "1", "--json") as alice:
            alice.says("waiting")
            with socket.create_connection(("127.0.0.1", control), timeout=WAIT) as connection:
                command(connection, "message", "I am coming.")
            check('"message":"I am coming."' in alice.line_with('"state":"message"'), alice.errors)
            check(alice.wait() == 0, alice.errors)
    finally:
        phone.stop()
    _, trace = phone.end()
    check(b"Watson, come here." in trace, trace[-2000:])
print("baresip: good")
