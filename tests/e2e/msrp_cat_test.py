"""msrp-cat as a user pipes through it: every transport, both ways at once, files and streams in constant memory, and peers that refuse, lie or die."""
import contextlib
import hashlib
import io
import json
import os
import queue
import random
import re
import resource
import signal
import socket
import subprocess
import tarfile
import tempfile
import threading

from pipes import cats
from tools import BIN, WAIT, check, run, running

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data", "tls")
# Sanitized binaries are ten times slower, and their memory says nothing.
SANITIZED = b"__asan_init" in open(os.path.join(BIN, "msrp-cat"), "rb").read()
MIB = 1 << 20
BIG = (8 if SANITIZED else 64) * MIB
HUGE = (16 if SANITIZED else 256) * MIB
KINDS = {"tcp": [], "tls": ["--tls"], "ws": ["--ws"], "wss": ["--tls", "--ws"]}


def octets(size, seed):
    """Octets that look like MSRP here and there."""
    generator = random.Random(seed)
    block = generator.randbytes(64 * 1024 - 40) + b"\r\n-------abcdefghijklmnop$\r\nMSRP x SEND\r\n"
    out = bytearray()
    while len(out) < size:
        out += block
        out += bytes([len(out) >> 20 & 255])
    return bytes(out[:size])


def lines_over_every_transport():
    text = "".join(f"line {i} \u2713\n" for i in range(2000)).encode() + b"the last, without an end"
    for kind, arguments in KINDS.items():
        with cats() as start:
            listener = start("-l", *arguments, stdin=b"")
            uri = listener.uri()
            trust = ["--fingerprint", listener.says(r"^fingerprint (.*)$")] if "--tls" in arguments else []
            sender = start(*trust, "--success-report", uri, stdin=text)
            sender.good(f"lines over {kind}: sender")
            listener.good(f"lines over {kind}: listener", text)


def big_messages_both_ways():
    one, two = octets(BIG, 1), octets(BIG, 2)
    for kind, arguments in KINDS.items():
        for reports in ([], ["--success-report", "--chunk-size", "100000"]):
            with cats() as start:
                listener = start("-l", "--whole", "--count", "1", *arguments, *reports, stdin=two)
                uri = listener.uri()
                sender = start("--insecure", "--whole", "--count", "1", *reports, uri, stdin=one)
                sender.good(f"both ways over {kind} {reports}: sender", two)
                listener.good(f"both ways over {kind} {reports}: listener", one)


def sdp_offer_and_answer():
    """Offer and answer cross by hand, whoever listens; with CEMA the path names a place that only c= and m= know how to reach."""
    for kind, arguments in KINDS.items():
        for listener in ("offerer", "answerer"):
            for cema in ([], ["--cema"]):
                words = f"SDP over {kind}, {listener} listens, {cema}"
                elsewhere = lambda sdp: re.sub(r"a=path:(msrps?)://127\.0\.0\.1", r"a=path:\1://192.0.2.1", sdp) if cema else sdp
                with cats() as start:
                    offerer = start("--offer", *arguments, *cema, "--count", "1", *(["-l"] if listener == "offerer" else []))
                    offer = offerer.sdp()
                    check(("a=msrp-cema" in offer) == bool(cema) and ("a=fingerprint" in offer) == ("--tls" in arguments), offer)
                    answerer = start("--answer", "-", *arguments, *cema, "--count", "1", *(["-l"] if listener == "answerer" else []))
                    answerer.process.stdin.write(elsewhere(offer).encode() + b"\r\nto the offerer")
                    answerer.process.stdin.close()
                    answer = answerer.sdp()
                    offerer.process.stdin.write(elsewhere(answer).encode() + b"\r\nto the answerer")
                    offerer.process.stdin.close()
                    for cat in (offerer, answerer):
                        cat.good(words)
                    check(offerer.output.endswith(b"\r\n\r\nto the offerer"), offerer.output)
                    check(answerer.output.endswith(b"\r\n\r\nto the answerer"), answerer.output)


def through_relays():
    """A listener behind a relay, a sender with and without one of its own, and who does not know the password."""
    known, content = ["--user", "alice", "--password", "secret"], octets(3 * MIB, 7)
    for kind in ("tls", "wss"):
        with cats() as start:
            relays = [start("--relay-server", "--insecure", *KINDS[kind], *known) for _ in range(2)]
            near, far = (relay.says(r"^relay (\S+)$") for relay in relays)
            for own in ([], ["--relay", far, *known]):
                listener = start("-l", "--insecure", "--relay", near, *known, "--success-report", "--count", "1", stdin=b"back\n")
                path = listener.says(r"^listening (.+)$")
                check(len(path.split(" ")) == 2 and path.startswith(near.split(";")[0]), path)
                sender = start("--insecure", *own, "--whole", "--success-report", "--count", "1", path, stdin=content)
                sender.good(f"relay over {kind}, {own}: sender", b"back\n")
                listener.good(f"relay over {kind}, {own}: listener", content)
            stranger = start("-l", "--insecure", "--relay", near, "--user", "alice", "--password", "guessed")
            check(stranger.end()[0] == 1 and "401" in " ".join(stranger.words), stranger.words)


class ScriptedRelay:
    """Takes one client over plain TCP, grants every AUTH a path for a moment only, and answers each SEND."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.uri = f"msrp://127.0.0.1:{self.listener.getsockname()[1]};tcp"
        self.heard = queue.Queue()  # of requests: method and text
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        client, _ = self.listener.accept()
        with client, client.makefile("rb") as octets:
            self.client = client
            while line := octets.readline():
                _, transaction, method = line.decode().split(" ", 2)
                text = line
                while not re.fullmatch(rb"-------" + transaction.encode() + rb"[$+#]\r\n", line):
                    line = octets.readline()
                    text += line
                own = re.search(rb"From-Path: (.*)\r\n", text).group(1).decode()
                more = f"Use-Path: {self.uri.replace(';', '/path;')}\r\nExpires: 2\r\n" if method.strip() == "AUTH" else ""
                client.sendall(f"MSRP {transaction} 200 OK\r\nTo-Path: {own}\r\nFrom-Path: {self.uri}\r\n{more}-------{transaction}$\r\n".encode())
                self.heard.put((method.strip(), text.decode()))

    def hears(self, method):
        """The next request, which has this method."""
        got, text = self.heard.get(timeout=WAIT)
        check(got == method, text)
        return text


def a_relay_while_sdp_is_awaited():
    """Whoever carries SDP by hand takes longer than the path of the relay is good for: it is renewed meanwhile. Either end, by pipe or standard input."""
    known = ["--user", "alice", "--password", "secret"]
    theirs = ("v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=message 9000 TCP/MSRP *\r\n"
              "a=setup:{}\r\na=accept-types:*\r\na=path:msrp://192.0.2.1:9000/peer;tcp\r\n\r\n")
    for role in ("offerer", "answerer", "answerer by a pipe with a name"):
        with tempfile.TemporaryDirectory() as folder, cats() as start:
            relay, place = ScriptedRelay(), "-"
            if "pipe" in role:
                place = os.path.join(folder, "offer")
                os.mkfifo(place)
            cat = start(*(["--offer"] if role == "offerer" else ["--answer", place]), "--relay", relay.uri, *known)
            for _ in range(3):  # the path is renewed again and again
                relay.hears("AUTH")
            sdp = theirs.format("passive" if role == "offerer" else "actpass")
            if place == "-":
                cat.process.stdin.write(sdp.encode())
            else:
                with open(place, "w", encoding="ascii", newline="") as pipe:
                    pipe.write(sdp)
            cat.process.stdin.write(b"hello\n")
            cat.process.stdin.close()
            check("/path;tcp msrp://" in cat.sdp(), cat.output)
            while (request := relay.heard.get(timeout=WAIT))[0] == "AUTH" or "hello" not in request[1]:
                pass
            check("/path;tcp msrp://192.0.2.1:9000/peer;tcp\r\n" in request[1], request)
            cat.good(f"relay, {role}")


def a_wait_for_sdp_ends():
    """By the end of the relay, by an interrupt, and by --timeout where that is given."""
    known = ["--user", "alice", "--password", "secret"]
    with cats() as start:
        relay = ScriptedRelay()
        cat = start("--offer", "--relay", relay.uri, *known)
        cat.sdp()
        relay.client.shutdown(socket.SHUT_RDWR)
        check(cat.end()[0] == 3 and "lost" in " ".join(cat.words), cat.words)
        cat = start("--offer")
        cat.sdp()
        cat.process.send_signal(signal.SIGINT)
        check(cat.end()[0] == 130, cat.words)
        cat = start("--offer", "--timeout", "0.2")
        check(cat.end()[0] == 3 and "no SDP of the peer within 0.2 s" in " ".join(cat.words), cat.words)


def browsers():
    """A page's WebSocket is taken where its origin is listed."""
    with cats() as start:
        for arguments, status in (([], b"403"), (["--origin", "https://app.example"], b"101"), (["--origin", "*"], b"101"),
                                  (["--origin", "https://other.example"], b"403")):
            listener = start("-l", "--ws", *arguments, stdin=b"")
            port = int(re.search(r":(\d+)/", listener.uri()).group(1))
            with socket.create_connection(("127.0.0.1", port), timeout=WAIT) as browser:
                browser.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nOrigin: https://app.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                                b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: msrp\r\n\r\n")
                check(browser.recv(64).startswith(b"HTTP/1.1 " + status), (arguments, status))


def the_place_of_a_core():
    """ims-sim core --msrp: the place in its ready line is where MSRP is spoken, as asked or picked."""
    for arguments in ([], ["--msrp", "127.0.0.2:0"]):
        with running("ims-sim", "core", "--port", "0", *arguments) as core, cats() as start:
            place = core.ready()["msrp"]
            check(place.startswith("127.0.0.2:" if arguments else "127.0.0.1:"), place)
            stranger = start(f"msrp://{place}/nobody;tcp", stdin=b"hello\n")
            check(stranger.end()[0] == 1 and "481" in " ".join(stranger.words), stranger.words)
    for place, words in (("x:y", "--msrp"), ("0.0.0.0:0", "--msrp 0.0.0.0:0: expected an address that clients can connect to")):
        code, _, said = run("ims-sim", "core", "--port", "0", "--msrp", place)
        check(code == 2 and words in said, said)


def a_folder_through_tar():
    with tempfile.TemporaryDirectory() as folder, cats() as start:
        source, target = os.path.join(folder, "source"), os.path.join(folder, "target")
        os.makedirs(os.path.join(source, "deep", "er"))
        os.mkdir(target)
        for name, size in (("empty", 0), ("small", 7), ("deep/big", 5 * MIB), ("deep/er/other", 70_001)):
            with open(os.path.join(source, name), "wb") as file:
                file.write(octets(size, size))
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as archive:
            archive.add(source, arcname=".")
        listener = start("-l", stdin=b"")
        sender = start("--whole", listener.uri(), stdin=packed.getvalue())
        sender.good("tar: sender")
        listener.good("tar: listener", packed.getvalue())
        subprocess.run(["tar", "-x", "-C", target], input=bytes(listener.output), check=True)
        subprocess.run(["diff", "-r", source, target], check=True)


def a_stream_in_constant_memory():
    """More than either end could hold: the address space of both is smaller than what goes through it."""
    limit = 64 * MIB

    def bound():
        if not SANITIZED:
            resource.setrlimit(resource.RLIMIT_AS, (limit, limit))

    with tempfile.NamedTemporaryFile() as file:
        block = octets(16 * MIB, 3)
        wanted = hashlib.sha256()
        for _ in range(HUGE // len(block)):
            file.write(block)
            wanted.update(block)
        file.flush()
        listener = subprocess.Popen([os.path.join(BIN, "msrp-cat"), "-l"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                    stderr=subprocess.PIPE, preexec_fn=bound)
        uri = listener.stderr.readline().decode().split()[1]
        sender = subprocess.Popen([os.path.join(BIN, "msrp-cat"), "--file", file.name, "--success-report", uri], stdin=subprocess.DEVNULL,
                                  preexec_fn=bound)
        got, size = hashlib.sha256(), 0
        while piece := listener.stdout.read(1 << 20):
            got.update(piece)
            size += len(piece)
        listener.wait(timeout=WAIT)
        sender.wait(timeout=WAIT)
        check(listener.returncode == 0 and sender.returncode == 0, (listener.returncode, sender.returncode, listener.stderr.read()))
        check(size == HUGE and got.digest() == wanted.digest(), f"{size} octets of {HUGE}, or others")
        listener.stderr.close()
        listener.stdout.close()


def cpim_and_json():
    with cats() as start:
        listener = start("-l", "--cpim", "--json", "--count", "2")
        listener.has(b"}\n")
        uri = json.loads(bytes(listener.output).split(b"\n")[0])["uri"]
        sender = start("--cpim", "--from", "sip:alice@example.com", "--to", "sip:bob@example.com", "-v", uri, stdin=b"one\n\xfftwo")
        sender.good("CPIM: sender")
        check(sum("sent message_id=" in line for line in sender.words) == 2, sender.words)
        listener.good("CPIM: listener")
        events = [json.loads(line) for line in bytes(listener.output).splitlines()]
        content = [event for event in events if event["event"] == "content"]
        check([event.get("content") or event.get("content_base64") for event in content] == ["one\n", "/3R3bw=="], events)
        check(all(event["content_type"] == "text/plain;charset=utf-8" for event in content), events)
        check([event["event"] for event in events if event["event"] == "message"] == ["message"] * 2, events)


def one_session_after_the_other():
    with cats() as start:
        listener = start("-l", "-k", stdin=b"")
        uri = listener.uri()
        for i in range(3):
            start(uri, stdin=b"session %d\n" % i).good(f"session {i}")
            listener.has(b"session %d\n" % i)
        listener.process.send_signal(signal.SIGTERM)
        check(listener.end()[0] == 130, listener.words)


def refusals():
    with cats() as start:
        listener = start("-l", "-k", "--accept", "text/plain", "--max-size", "1000", stdin=b"")
        uri = listener.uri()
        for arguments, content, code, words in ((["--content-type", "image/png"], b"x", 1, "415"), (["--whole"], b"x", 1, "415"),
                                                (["--content-type", "text/plain", "--whole"], b"x" * 1001, 1, "413"),
                                                ([], b"fine\n", 0, ""), (["--failure-report", "no", "--content-type", "image/png"], b"x", 0, "")):
            sender = start(*arguments, uri, stdin=content)
            check(sender.end()[0] == code and words in " ".join(sender.words), (arguments, sender.words))
        stranger = start(uri.replace(";tcp", "x;tcp"), stdin=b"who are you\n")
        check(stranger.end()[0] == 1 and "481" in " ".join(stranger.words), stranger.words)


def certificates():
    mine = ["--cert", os.path.join(DATA, "localhost.pem")]
    with cats() as start:
        for kind in ("tls", "wss"):
            listener = start("-l", "-k", *mine, *KINDS[kind], stdin=b"")
            uri = listener.uri()
            named = uri.replace("127.0.0.1", "localhost")
            print_of = listener.says(r"^fingerprint (.*)$")
            wrong = print_of[:-2] + ("00" if not print_of.endswith("00") else "11")
            for arguments, place, code, words in ((["--ca", os.path.join(DATA, "localhost.pem")], named, 0, ""),
                                                  (["--ca", os.path.join(DATA, "localhost.pem")], uri, 0, ""),
                                                  ([], named, 3, "self-signed certificate"),
                                                  (["--ca", os.path.join(DATA, "other.pem")], named, 3, "trusted authority"),
                                                  (["--fingerprint", print_of], uri, 0, ""), (["--fingerprint", wrong], uri, 3, "certificate"),
                                                  (["--insecure"], uri, 0, "")):
                sender = start(*arguments, place, stdin=b"hello\n")
                check(sender.end()[0] == code and words in " ".join(sender.words), (kind, arguments, sender.words))
        other = start("-l", "--cert", os.path.join(DATA, "other.pem"), "--tls", stdin=b"")
        sender = start("--ca", os.path.join(DATA, "other.pem"), other.uri().replace("127.0.0.1", "localhost"), stdin=b"hello\n")
        check(sender.end()[0] == 3 and "hostname mismatch" in " ".join(sender.words), sender.words)


def peers_that_die():
    big = octets(BIG, 5)
    for kind, arguments in KINDS.items():
        with cats() as start:  # the sender, in the middle of a chunk
            listener = start("-l", *arguments, stdin=b"")
            sender = start("--insecure", "--whole", listener.uri())
            with contextlib.suppress(BrokenPipeError):
                sender.process.stdin.write(big[:MIB])
                sender.process.stdin.flush()
            listener.has(big[MIB // 2:MIB // 2 + 64])
            sender.process.kill()
            check(listener.end()[0] == 3 and "lost" in " ".join(listener.words), (kind, listener.words))
        with cats() as start:  # the listener, while it is written to
            listener = start("-l", *arguments, stdin=b"")
            sender = start("--insecure", "--whole", listener.uri(), stdin=None)
            with contextlib.suppress(BrokenPipeError):
                sender.process.stdin.write(big[:MIB])
                sender.process.stdin.flush()
                listener.has(big[MIB // 2:MIB // 2 + 64])
                listener.process.kill()
                sender.process.stdin.write(big)
            check(sender.end()[0] == 3, (kind, sender.words))


def nobody_there():
    for arguments, words in ((["msrp://127.0.0.1:1/x;tcp"], "Connection refused"), (["msrps://no.such.host.invalid:1/x;tcp"], "not found"),
                             (["-l", "--timeout", "0.2"], "no peer within 0.2 s")):
        with cats() as start:
            cat = start(*arguments, stdin=b"hello\n")
            check(cat.end()[0] == 3 and words in " ".join(cat.words), (arguments, cat.words))


def wrong_usage():
    for arguments, words in (([], "URI"), (["http://x"], "msrp"), (["msrp://127.0.0.1:1;tcp"], "session"), (["-k", "msrp://127.0.0.1:1/x;tcp"], "-l"),
                             (["-l", "msrp://127.0.0.1:1/x;tcp"], "ADDR:PORT"), (["-l", "x:y:z"], "x:y:z"), (["--cema", "-l"], "--offer"),
                             (["--tls", "msrp://127.0.0.1:1/x;tcp"], "msrps"), (["--fingerprint", "md5", "-l"], "fingerprint"),
                             (["--content-type", "text", "-l"], "type/subtype"), (["--from", "sip:a@b", "-l"], "--cpim"),
                             (["-l", "--tls", "--cert", "/no/such.pem"], "/no/such.pem: expected a certificate"),
                             (["--file", "/no/such/file", "-l"], "/no/such/file"), (["--answer", "/no/such.sdp"], "/no/such.sdp"),
                             (["--failure-report", "maybe", "-l"], "yes, no or partial"), (["--user", "x", "-l"], "--relay"),
                             (["--relay", "msrp://127.0.0.1:1;tcp", "-l"], "--user"), (["--origin", "https://x", "-l"], "--ws"), (["--origin", "x", "--ws", "-l"], "https://app.example"), (["--relay-server", "-l", "--user", "x", "--password", "y"], "neither")):
        with cats() as start:
            cat = start(*arguments, stdin=b"")
            check(cat.end()[0] == 2 and words in " ".join(cat.words) and cat.words[0].startswith("msrp-cat: "), (arguments, cat.words))
    with cats() as start:
        cat = start("--answer", "-", stdin=b"v=0\r\nnonsense\r\n\r\n")
        check(cat.end()[0] == 2 and "-:" in " ".join(cat.words), cat.words)


def trace_and_hexdump():
    with tempfile.NamedTemporaryFile() as file, cats() as start:
        listener = start("-l", "--hexdump", stdin=b"")
        start("--trace", file.name, "--success-report", listener.uri(), stdin=b"traced\n").good("trace: sender")
        listener.good("trace: listener", b"traced\n")
        check(any(re.match(r"< 00000000  4d 53 52 50 20 .*  MSRP ", line) for line in listener.words), listener.words)
        labels = [json.loads(line)["label"] for line in open(file.name, encoding="utf-8")]
        check("SEND" in labels and "200 SEND" in labels and "REPORT" in labels, labels)


for test in (wrong_usage, nobody_there, lines_over_every_transport, one_session_after_the_other, cpim_and_json, trace_and_hexdump, refusals,
             certificates, sdp_offer_and_answer, through_relays, a_relay_while_sdp_is_awaited, a_wait_for_sdp_ends, browsers, the_place_of_a_core, a_folder_through_tar, peers_that_die, big_messages_both_ways, a_stream_in_constant_memory):
    test()
    print(f"msrp-cat: {test.__name__}: good", flush=True)
