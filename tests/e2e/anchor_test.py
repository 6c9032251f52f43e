"""msrp-cat --anchor between two peers, of which one plays a browser: every transport, content as it was, peers that die or never come."""
import contextlib
import json
import random
import re
import socket
import tempfile

from pipes import cats
from tools import WAIT, check

MIB = 1 << 20
FLAGS = {"tcp": [], "tls": ["--tls"], "ws": ["--ws"], "wss": ["--tls", "--ws"]}


def octets(size, seed):
    """Octets that look like MSRP here and there."""
    generator = random.Random(seed)
    out = bytearray()
    while len(out) < size:
        out += generator.randbytes(20_000) + b"\r\n-------abcdefghijklmnop$\r\nMSRP x SEND\r\n"
    return bytes(out[:size])


@contextlib.contextmanager
def file_of(content):
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        yield file.name


def set_up(start, near, far, offerer=(), answerer=(), anchor=()):
    """Offer and answer through an anchor; the answerer listens where it is no WebSocket. The three, and the port and the resource of the near leg."""
    middle = start("--anchor", f"{near}:{far}", *anchor)
    caller = start("--offer", *FLAGS[near], *offerer)
    middle.take(caller.sdp())
    listens = ["-l"] if far in ("tcp", "tls") else []
    callee = start("--answer", "-", *FLAGS[far], *listens, *answerer)
    callee.take(middle.sdp(1))
    middle.take(callee.sdp())
    back = middle.sdp(2)
    check(("a=ws-resource-path:/" in back) == (near in ("ws", "wss")), back)
    check(("a=ws-resource-path:/" in middle.sdp(1)) == (far in ("ws", "wss")), middle.sdp(1))
    place = (int(re.search(r"^m=message (\d+) ", back, re.M).group(1)), "".join(re.findall(r"^a=ws-resource-path:(\S+)", back, re.M)))
    return middle, caller, callee, back, place


def files_both_ways():
    one, two = octets(MIB, 1), octets(MIB + 77, 2)
    pairs = [("ws", "tcp"), ("wss", "tls"), ("tcp", "ws"), ("ws", "ws"), ("tls", "tcp"), ("tcp", "tcp")]
    with file_of(one) as first, file_of(two) as second:
        for near, far in pairs:
            for reports in ([], ["--success-report"], ["--success-report", "--chunk-size", "3000"]):
                with cats() as start:
                    common = ["--count", "1", *reports]
                    middle, caller, callee, back, _ = set_up(start, near, far, ["--file", first, *common], ["--file", second, *common])
                    caller.take(back)
                    words = f"anchor {near}:{far} {reports}"
                    for cat, wanted in ((caller, two), (callee, one)):
                        cat.good(words)
                        got = bytes(cat.output).split(b"\r\n\r\n", 1)[1]
                        check(got == wanted, f"{words}: {len(got)} octets of {len(wanted)}, or others")
                    middle.good(words)


def peers_that_die():
    content = octets(8 * MIB, 3)
    for near, far in (("ws", "tcp"), ("tcp", "tcp")):
        for victim in ("caller", "callee"):
            with cats() as start:
                middle, caller, callee, back, _ = set_up(start, near, far, ["--whole"], ["--whole"])
                caller.take(back)
                with contextlib.suppress(BrokenPipeError):
                    caller.process.stdin.write(content[:MIB])
                    caller.process.stdin.flush()
                callee.has(content[MIB // 2:MIB // 2 + 64])
                dies, stays = (caller, callee) if victim == "caller" else (callee, caller)
                dies.process.kill()
                code, _ = stays.end()
                check(code in (1, 3) and stays.words, (near, far, victim, code, stays.words))
                code, _ = middle.end()
                side = "in" if victim == "caller" else "out"
                # Between two chunks the end of a killed TCP peer looks like that of any other.
                in_order = code == 0 and {"in": near, "out": far}[side] == "tcp"
                check(in_order or (code == 3 and f"the {side} leg: " in " ".join(middle.words)), (near, far, victim, code, middle.words))


def nobody_comes():
    with cats() as start:
        middle, caller, callee, _, (port, _) = set_up(start, "ws", "tcp", anchor=["--timeout", "0.5"])
        code, _ = middle.end()
        check(code == 3 and "nobody came" in " ".join(middle.words), middle.words)
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), timeout=WAIT).close()
            raise AssertionError("the port is still there")
        code, _ = callee.end()
        check(code in (0, 3), callee.words)
        check("timed out: no SDP offer within 0.2 s" in start("--anchor", "ws:tcp", "--timeout", "0.2").says(r"(.*)"), "offer")
        waits = start("--anchor", "tcp:tcp", "--timeout", "0.5")
        waits.take(caller.sdp().replace(";ws", ";tcp"))
        code, _ = waits.end()
        check(code == 3 and "no answer to the offer" in " ".join(waits.words), waits.words)


def handshake(port, resource):
    with socket.create_connection(("127.0.0.1", port), timeout=WAIT) as browser:
        browser.sendall(f"GET {resource} HTTP/1.1\r\nHost: x\r\nOrigin: https://app.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: msrp\r\n\r\n".encode())
        return browser.recv(64).split(b" ")[1]


def one_resource():
    """The WebSocket of a leg is at its resource alone, once, and for pages of the origins that are named."""
    with cats() as start:
        _, caller, _, back, (port, resource) = set_up(start, "ws", "tcp", ["--count", "1"], anchor=["--origin", "https://app.example"])
        for other in ("/", "/x", resource + "?a", resource[:-1], resource.upper()):
            check(handshake(port, other) == b"404", other)
        check(handshake(port, resource) == b"101", resource)
    with cats() as start:
        _, _, _, _, (port, resource) = set_up(start, "ws", "tcp", anchor=["--origin", "https://other.example"])
        check(handshake(port, resource) == b"403", resource)


def one_after_the_other():
    """With -k sessions live side by side, each with ports of its own; --json tells of them, --trace of their chunks."""
    with tempfile.NamedTemporaryFile() as trace, cats() as start:
        middle = start("--anchor", "tcp:tcp", "-k", "--json", "--trace", trace.name)

        def printed(number):
            middle.has_lines(number)
            return [event for event in map(json.loads, bytes(middle.output).splitlines()) if event["event"] == "sdp"]

        def has_lines(number):
            with middle.arrived:
                middle.arrived.wait_for(lambda: middle.output.count(b'"event":"sdp"') >= number or middle.ended, timeout=WAIT)

        middle.has_lines = has_lines
        pairs = []
        for i in range(2):
            caller, callee = start("--offer"), start("--answer", "-", "-l")
            middle.take(caller.sdp())
            callee.take(printed(2 * i + 1)[2 * i]["sdp"].rstrip("\r\n") + "\r\n")
            middle.take(callee.sdp())
            told = printed(2 * i + 2)[2 * i:]
            check([one["for"] for one in told] == ["answerer", "offerer"], told)
            caller.take(told[1]["sdp"].rstrip("\r\n") + "\r\n")
            pairs.append((caller, callee))
        for i, (caller, callee) in enumerate(pairs):
            caller.process.stdin.write(b"to %d\n" % i)
            caller.process.stdin.flush()
            callee.has(b"to %d\n" % i)
        for caller, callee in pairs:
            callee.process.stdin.close()
            caller.process.stdin.close()
            caller.good("-k: caller")
            callee.good("-k: callee")
        middle.process.stdin.close()
        middle.good("-k: anchor")
        events = [json.loads(line)["event"] for line in bytes(middle.output).splitlines()]
        check(events.count("up") == 2 and events.count("ended") == 2, events)
        labels = [json.loads(line)["label"] for line in open(trace.name, encoding="utf-8")]
        check("SEND" in labels and "200 SEND" in labels, labels)


def wrong_usage():
    for arguments, words in ((["--anchor", "ws"], "such as ws:tcp"), (["--anchor", "ws:udp"], "such as ws:tcp"), (["--anchor", "ws:tcp", "-l"], "neither -l"),
                             (["--anchor", "ws:tcp", "--ws"], "in --anchor"), (["--anchor", "ws:tcp", "msrp://x/y;tcp"], "ADDR:PORT"),
                             (["--anchor", "ws:tcp", "--answer", "/no/such"], "/no/such")):
        with cats() as start:
            code, _ = (cat := start(*arguments, stdin=b"")).end()
            check(code == 2 and words in " ".join(cat.words), (arguments, cat.words))
    with cats() as start:
        offer = start("--offer").sdp()
        for sdp, words in ((offer, "expected the transport ws"), ("v=0\r\nnonsense\r\n", "-:"), (offer.replace("m=message 9", "m=message 0"), "m=message")):
            code, _ = (cat := start("--anchor", "ws:tcp", stdin=sdp.encode())).end()
            check(code == 2 and words in " ".join(cat.words), (sdp, cat.words))


for test in (wrong_usage, one_resource, nobody_comes, one_after_the_other, peers_that_die, files_both_ways):
    test()
    print(f"msrp-cat --anchor: {test.__name__}: good", flush=True)
