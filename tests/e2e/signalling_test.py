"""JSON signalling over a real WebSocket: what contacts can do, asked and answered, messages both ways, and a session that outlives its socket."""
import base64
import json
import os
import socket

from tools import WAIT, ask, check, running

MIRA, OTTO, ROSE, DAVE = "01087654321", "01012345678", "01055556666", "01099998888"


def uri(user):
    return f"sip:{user}@domain.com"


class Signalling:
    """A client: one WebSocket at a time, its numbers, and what has come."""

    def __init__(self, base, user):
        self.base, self.user, self.sequence, self.seen, self.session = base, user, 0, 0, None
        self.dial()

    def dial(self, token=None, subprotocol="jsonrtc.rcsgw.v1"):
        host, port = self.base.removeprefix("http://").rsplit(":", 1)
        self.peer = socket.create_connection((host, int(port)), timeout=WAIT)
        key = base64.b64encode(os.urandom(16)).decode()
        self.peer.sendall((f"GET /ws/rcs HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {token or 'dev-' + self.user}\r\n"
                           "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                           f"Sec-WebSocket-Protocol: {subprotocol}\r\nSec-WebSocket-Key: {key}\r\n\r\n").encode())
        self.octets = self.peer.makefile("rb")
        status = int(self.octets.readline().split()[1])
        while self.octets.readline() != b"\r\n":
            pass
        return status

    def cut(self):
        """No close frame, no farewell."""
        self.octets.close()
        self.peer.close()

    def write(self, opcode, octets):
        size = bytes([0x80 | len(octets)]) if len(octets) < 126 else b"\xfe" + len(octets).to_bytes(2, "big")
        mask = os.urandom(4)
        self.peer.sendall(bytes([0x80 | opcode]) + size + mask + bytes(o ^ mask[i % 4] for i, o in enumerate(octets)))

    def say(self, type_, package, action, control=None, header=None, payload=None):
        self.sequence += 1
        one = {"control": {"type": type_, "package_type": package, "sequence": self.sequence, "ack_sequence": self.seen, **(control or {})},
               "header": {"action": action, **(header or {})}}
        if payload:
            one["payload"] = payload
        self.write(1, json.dumps(one).encode())
        return self.sequence

    def read(self):
        """The next WebSocket message: its opcode and octets; pings are answered."""
        while True:
            first, size = self.octets.read(2)
            if size == 126:
                size = int.from_bytes(self.octets.read(2), "big")
            octets = self.octets.read(size)
            if first & 15 != 9:
                return first & 15, octets
            self.write(10, octets)

    def next(self):
        """The next frame that is no acknowledgement; in the order of its numbers, each once."""
        while True:
            opcode, octets = self.read()
            check(opcode == 1, (opcode, octets))
            one = json.loads(octets)
            if one["control"]["type"] == "acknowledgement":
                continue
            check(one["control"]["sequence"] == self.seen + 1 or one["header"]["action"] == "connect", (self.seen, one))
            self.seen = max(self.seen, one["control"]["sequence"])
            return one

    def acknowledged(self, sequence):
        """Reads until an acknowledgement says so."""
        while True:
            one = json.loads(self.read()[1])
            if one["control"].get("ack_sequence", 0) >= sequence:
                return

    def connect(self, **control):
        self.say("request", "register", "connect", control={"version": "1.0", **control}, header={"initiator": uri(self.user)})
        answer = self.next()
        check(answer["control"]["type"] == "response", answer)
        self.session = answer["control"]["session_id"]
        return answer

    def enquire(self, target, data, subsession):
        self.say("request", "capability", "enquiry", control={"subsession_id": subsession},
                 header={"initiator": uri(self.user), "target": uri(target), "enquiry_data": data})

    def respond(self, request, type_="response", **header):
        control = {name: request["control"][name] for name in ("subsession_id", "correlation_id")}
        return self.say(type_, request["control"]["package_type"], request["header"]["action"], control=control, header=header)

    def send(self, target, text, type_="message"):
        self.say(type_, "messaging", "send", header={"initiator": uri(self.user), "target": uri(target)}, payload={"content": text})


def enquiries(mira, otto, rose):
    # CAP-40, CAP-43: asked by one client, answered by the other, with the capabilities of both.
    mira.enquire(OTTO, "IM/CHAT,FT", "ss-1")
    asked = otto.next()
    check(asked["control"]["type"] == "request" and asked["control"]["package_type"] == "capability", asked)
    check(asked["header"] == {"action": "enquiry", "initiator": uri(MIRA), "target": asked["header"]["target"], "enquiry_data": "IM/CHAT,File transfer"}, asked)
    otto.respond(asked, enquiry_data="IM/CHAT,VS")
    answer = mira.next()
    check(answer["control"]["type"] == "response" and answer["control"]["subsession_id"] == "ss-1", answer)
    check(answer["header"]["enquiry_data"] == "IM/CHAT,Video share" and answer["header"]["target"] == uri(OTTO), answer)
    # CAP-10: who is blocked hears of nothing.
    otto.enquire(ROSE, "IM/CHAT", "ss-2")
    rose.respond(rose.next(), enquiry_data="")
    answer = otto.next()
    check(answer["control"]["type"] == "response" and answer["header"]["enquiry_data"] == "", answer)
    # CAP-41: nobody answers, so the gateway does, with what the user offers.
    rose.enquire(MIRA, "IM/CHAT", "ss-3")
    late = mira.next()
    answer = rose.next()
    check(answer["control"]["type"] == "response" and answer["header"]["enquiry_data"].startswith("IM/CHAT,Standalone"), answer)
    # An answer that comes too late is taken, and changes nothing.
    mira.acknowledged(mira.respond(late, enquiry_data="VS"))
    # WSC-52: nobody is there.
    mira.enquire(DAVE, "IM/CHAT", "ss-4")
    answer = mira.next()
    check(answer["control"]["type"] == "error" and answer["header"]["error_code"] == 480, answer)


def messages(mira, otto, base):
    for sender, receiver, type_, text in ((mira, otto, "message", "Train is late"), (otto, mira, "request", "I see \u2013 \u00e9")):
        sender.send(receiver.user, text, type_)
        shown = receiver.next()
        check(shown["control"]["type"] == "message" and shown["control"]["package_type"] == "messaging", shown)
        check(shown["header"]["initiator"] == uri(sender.user) and shown["payload"] == {"content": text}, shown)
        answer = sender.next()
        check(answer["control"]["type"] == "response" and answer["header"]["response_code"] in (200, 202), answer)
        # PGR-50: the network has its answer already; what the client says to it goes no further.
        receiver.acknowledged(receiver.respond(shown, "error", error_code=603, reason="Decline"))
    # The events of the user have it, too.
    _, _, kept = ask("GET", f"{base}/1.0/RCS/{OTTO}/Message", token="dev-" + OTTO)
    check({one["message"] for one in kept["messages"]} == {"Train is late", "I see \u2013 \u00e9"}, kept)
    # PGR-51: for whom nobody is there the network keeps it, and says so by 202.
    mira.send(DAVE, "Are you there?")
    answer = mira.next()
    check(answer["control"]["type"] == "response" and answer["header"]["response_code"] == 202, answer)


def resumed(mira, otto):
    # WSC-25: what comes while the socket is away is there after it, once, and the session is the same.
    seen, session = otto.seen, otto.session
    otto.cut()
    mira.send(OTTO, "Still there?")
    check(mira.next()["control"]["type"] == "response", "not sent")
    otto.dial()
    answer = otto.connect(session_id=session, ack_sequence=seen)
    check(answer["control"]["session_id"] == session and answer["control"]["ack_sequence"] == otto.sequence, answer)
    again = json.loads(otto.read()[1])
    check(again["control"]["sequence"] == seen + 1 and again["payload"] == {"content": "Still there?"}, again)
    otto.send(MIRA, "Yes")
    check(mira.next()["payload"] == {"content": "Yes"}, "not arrived")
    check(otto.next()["control"]["type"] == "response", "not answered")
    # WSC-29: another socket takes the session over, and the first one hears of it.
    first, octets = otto.peer, otto.octets
    otto.dial()
    otto.connect(session_id=session)
    with first:
        opcode, close = 0, b""
        while opcode != 8:
            head, size = octets.read(2)
            opcode, close = head & 15, octets.read(size if size < 126 else int.from_bytes(octets.read(2), "big"))
        check(int.from_bytes(close[:2], "big") == 4409, close)
    # WSC-26: an unknown session is gone.
    otto.say("request", "register", "shutdown")
    check(otto.read()[0] in (1, 8), "no farewell")
    otto.dial()
    otto.say("request", "register", "connect", control={"session_id": session})
    gone = json.loads(otto.read()[1])
    check(gone["header"]["error_code"] == 404 and gone["header"]["reason"] == "session-gone", gone)


with running("rcsgw-serve", "--listen", "127.0.0.1:0", "--sip", "127.0.0.1:0") as serve:
    http = serve.ready()["http"]
    check(Signalling(http, MIRA).dial(token="wrong") == 401, "WSC-05")
    check(Signalling(http, MIRA).dial(subprotocol="chat") == 400, "WSC-03")
    clients = [Signalling(http, user) for user in (MIRA, OTTO, ROSE)]
    for client in clients:
        status, _, _ = ask("POST", f"{http}/1.0/RCS/{client.user}/Registration", token="dev-" + client.user)
        check(status == 200, status)
        client.connect()
    enquiries(*clients)
    messages(clients[0], clients[1], http)
    resumed(clients[0], clients[1])
print("signalling: good")
