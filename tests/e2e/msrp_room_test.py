"""msrp-cat as a chat room and as those in it: everybody's words to all, private ones, nicknames, what is refused, who dies, and who does not listen."""
import contextlib
import json
import re
import signal
import socket

from pipes import Cat
from tools import check

ROOM = "sip:room@example.com"
KINDS = {"tcp": [], "tls": ["--tls"], "ws": ["--ws"], "wss": ["--tls", "--ws"]}


def uri_of(name):
    return f"sip:{name}@example.com"


class Hall:
    """A room, and who was let in."""

    def __init__(self, *arguments):
        self.cats = []
        self.room = self._start("-l", "-k", "--room", ROOM, *arguments)

    def _start(self, *arguments, stdin=None):
        self.cats.append(Cat(*arguments, stdin=stdin))
        return self.cats[-1]

    def find(self):
        self.uri = self.room.says(r"^listening (\S+)$")

    def guest(self, name, *arguments, to=ROOM, stdin=None):
        return self._start("--insecure", "--cpim", "--from", uri_of(name), "--to", to, "-v", *arguments, self.uri, stdin=stdin)

    def speaker(self, name, *arguments):
        """One that has said its name, so that it can be spoken to."""
        cat = self.guest(name, *arguments)
        cat.write(f"I am {name}\n".encode())
        self.room.says(f"named session=.* uri=({uri_of(name)})$")
        return cat

    def stop(self):
        for cat in reversed(self.cats):
            cat.stop()


@contextlib.contextmanager
def hall(*arguments):
    made = Hall(*arguments)
    try:
        yield made
    finally:
        made.stop()


def leave(cat, words, wanted):
    cat.process.stdin.close()
    cat.good(words, wanted)


def everybody_and_one():
    for kind, arguments in KINDS.items():
        with hall("-v", *arguments) as it:
            it.find()
            alice, bob, carol = (it.speaker(name) for name in ("alice", "bob", "carol"))
            alice.has_all(b"I am bob\nI am carol\n")
            bob.write(b"hello all\n")
            it.guest("eve", to=uri_of("bob"), stdin=b"psst\n").good(f"eve over {kind}")
            bob.has_all(b"I am carol\npsst\n")
            check(any(f"from={uri_of('eve')} to={uri_of('bob')}" in line for line in bob.words), bob.words)
            it.room.says(r"(passed_privately) .* to=1$")
            alice.write(b"bye\n")
            carol.has_all(b"hello all\nbye\n")
            alice.has_all(b"I am bob\nI am carol\nhello all\n")
            leave(alice, f"alice over {kind}", b"I am bob\nI am carol\nhello all\n")
            leave(bob, f"bob over {kind}", b"I am carol\npsst\nbye\n")
            leave(carol, f"carol over {kind}", b"hello all\nbye\n")
            it.room.process.send_signal(signal.SIGINT)
            check(it.room.end()[0] == 130, it.room.words)


def refusals():
    with hall("-v") as it:
        it.find()
        it.speaker("bob", "--nickname", "Bobby")
        for status, guest in (("404", it.guest("eve", to=uri_of("nobody"), stdin=b"x")),  # there is none
                              ("403", it.guest("bob", stdin=b"x")),  # he is somebody else
                              ("415", it._start(it.uri, stdin=b"x")),  # no CPIM
                              ("425", it.guest("eve", "--nickname", " bobby ", stdin=b"x"))):
            code, _ = guest.end()
            check(code == 1 and any(status in line for line in guest.words), f"{status}: exit {code}; it said {guest.words}")
        check(any('nickname " bobby " refused: 425' in line for line in guest.words), guest.words)


def nicknames_come_back():
    """A nickname is free again when who had it has gone; a peer that is no room grants none."""
    with hall("--json") as it:
        it.room.has(b"}\n")
        it.uri = json.loads(bytes(it.room.output).split(b"\n")[0])["uri"]
        for _ in range(2):
            it.guest("bob", "--nickname", 'Bob "the 2nd"', stdin=b"hello\n").good("a nickname")
            it.room.has(b'"event":"left"')
        events = [json.loads(line) for line in bytes(it.room.output).splitlines()]
        names = [event["nickname"] for event in events if event["event"] == "nickname"]
        check(names == ['Bob "the 2nd"'] * 2, events)
        no_room = it._start("-l", "--cpim", stdin=b"")
        it.uri = no_room.says(r"^listening (\S+)$")
        guest = it.guest("bob", "--nickname", "Bob", stdin=b"x")
        check(guest.end()[0] == 1 and any("refused: 501" in line for line in guest.words), guest.words)


def killed_in_the_middle():
    """Of a session, and of a message: who is half there says nothing to anybody."""
    with hall("-v") as it:
        it.find()
        alice, bob, mallory = (it.speaker(name) for name in ("alice", "bob", "mallory"))
        mallory.process.kill()
        it.room.says(f"(left) session=.* uri={uri_of('mallory')}")
        host, port = re.match(r"msrp://(.*):(\d+)/", it.uri).groups()
        head = f"To-Path: {it.uri}\r\nFrom-Path: msrp://127.0.0.1:9/own;tcp\r\nMessage-ID: abcd"
        with socket.create_connection((host, int(port))) as half:
            half.sendall(f"MSRP tid1 SEND\r\n{head}1\r\n-------tid1$\r\nMSRP tid2 SEND\r\n{head}2\r\n"
                         f"Content-Type: message/cpim\r\n\r\nFrom: <{uri_of('eve')}>\r\nTo: <{ROOM}>\r\n\r\n\r\nhalf".encode())
            check(half.recv(100).startswith(b"MSRP tid1 200"), "the opening is not answered")
        it.room.says(r"(left) session=")
        bob.write(b"who was that?\n")
        alice.has_all(b"I am bob\nI am mallory\nwho was that?\n")


def who_does_not_listen_is_dropped():
    line = b"x" * 1700 + b"\n"  # too short to be interrupted for another
    with hall("-v", "--max-size", "70000", "--timeout", "9") as it:
        it.find()
        alice, bob, carol = (it.speaker(name) for name in ("alice", "bob", "carol"))
        bob.process.send_signal(signal.SIGSTOP)
        # Far more than sockets hold.
        alice.process.stdin.write(line * 2000)
        alice.process.stdin.close()
        it.room.says(f"(left) session=.* uri={uri_of('bob')}")
        carol.has_all(line * 2000)
        alice.good("alice")
        bob.process.send_signal(signal.SIGCONT)
        check(bob.end()[0] == 3, bob.words)


def wrong_usage():
    for arguments, words in ((["--room", ROOM, "-l"], "-l and -k"), (["--room", "a room", "-l", "-k"], "such as sip:room"),
                             (["--room", ROOM, "-l", "-k", "--cpim"], "neither"), (["--nickname", "Bob", "-l"], "--cpim"),
                             (["--nickname", "a\nb", "--cpim", "-l"], "control")):
        cat = Cat(*arguments, stdin=b"")
        check(cat.end()[0] == 2 and words in " ".join(cat.words), f"{arguments}: {cat.words}")


for test in (wrong_usage, everybody_and_one, refusals, nicknames_come_back, killed_in_the_middle, who_does_not_listen_is_dropped):
    test()
    print(test.__name__, "ok")
