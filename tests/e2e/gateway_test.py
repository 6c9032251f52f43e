"""The gateway as its users meet it: ready line, the published flow with plain HTTP, wrong input, the core killed and back."""
import http.client
import json
import os
import random
import signal
import socket
import subprocess
import tempfile
import threading
import time

from tools import BIN, WAIT, ask, check, run, running

JACK, ROSE = "01087654321", "01012345678"


def poll(base, user, cursor=None):
    url = f"{base}/1.0/RCS/{user}/Event?timeout=30" + (f"&since={cursor}" if cursor else "")
    status, head, event = ask("GET", url, token="dev-" + user)
    return status, head.get("RCS-Next-Cursor"), event


class Reader:
    """The events of one user from now on; what was not waited for yet is kept."""

    def __init__(self, base, user):
        self.base, self.user, self.kept = base, user, []
        self.cursor = ask("HEAD", f"{base}/1.0/RCS/{user}/Event?since=latest", token="dev-" + user)[1]["RCS-Next-Cursor"]

    def wait(self, status, message_id=None):
        while True:
            for event in self.kept:
                if event["data"]["status"] == status and message_id in (None, event["data"].get("message_id")):
                    self.kept.remove(event)
                    return event
            answered, self.cursor, event = poll(self.base, self.user, self.cursor)
            check(answered == 200, f"{self.user} waited for {status} {message_id}: {answered}, there was {self.kept}")
            self.kept.append(event)


def published_flow(base):
    """Tables 1 and 2 with curl's means: POST, both events, PUT."""
    _, head, _ = ask("HEAD", f"{base}/1.0/RCS/{ROSE}/Event?since=latest", token="dev-" + ROSE)
    rose_cursor = head["RCS-Next-Cursor"]
    jack = Reader(base, JACK)
    got = {}
    waiting = threading.Thread(target=lambda: got.update(initiate=poll(base, ROSE, rose_cursor)))
    waiting.start()
    body = {"data": {"message_id": "ASedjkffjksjldf", "recipient": [ROSE], "subject": "Hi, I'm Jack."}, "oauth_token": "dev-" + JACK}
    status, _, answer = ask("POST", f"{base}/1.0/RCS/{JACK}/Chat", body)
    check(status == 200, f"POST answered {status} {answer}")
    check(answer["data"]["message_id"] == "ASedjkffjksjldf", answer)
    waiting.join()
    status, _, event = got["initiate"]
    check(status == 200, got)
    check(event["data"] == {"status": "initiate", "type": "text", "subject": "Hi, I'm Jack.", "message": "Hi, I'm Jack.",
                            "message_id": "ASedjkffjksjldf", "sender": JACK}, event)
    check(event["instance"].startswith(base + f"/1.0/RCS/{ROSE}/Chat/{ROSE}-"), event)
    status, jack.cursor, event = poll(base, JACK, jack.cursor)
    check(event["data"]["status"] == "trying", event)
    status, _, _ = ask("PUT", got["initiate"][2]["instance"], {"oauth_token": "dev-" + ROSE})
    check(status == 200, f"PUT answered {status}")
    jack.wait("accepted")
    status, _, _ = ask("PUT", got["initiate"][2]["instance"], {"oauth_token": "dev-" + ROSE})
    check(status == 409, f"the second PUT answered {status}")


def conversation(base):
    """Texts, notifications and typing in a chat, both ways, with nothing but HTTP."""
    readers = {user: Reader(base, user) for user in (JACK, ROSE)}

    def wait(user, status, message_id=None):
        return readers[user].wait(status, message_id)

    def put(user, path, data):
        return ask("PUT", path, {"data": data, "oauth_token": "dev-" + user})[0]

    body = {"data": {"message_id": "t1", "recipient": [ROSE], "subject": "Hi"}, "oauth_token": "dev-" + JACK}
    jack = ask("POST", f"{base}/1.0/RCS/{JACK}/Chat", body)[2]["instance"]
    rose = wait(ROSE, "initiate", "t1")["instance"]
    check(ask("POST", rose + "/Message", {"data": {"message": "too early"}}, token="dev-" + ROSE)[0] == 409, "not accepted yet")
    check(put(ROSE, rose, {"status": "accept"}) == 200, "accepted")
    wait(JACK, "accepted")
    wait(JACK, "delivered", "t1")
    check(put(ROSE, rose + "/Message/t1/Status", {"status": "displayed"}) == 200, "displayed")
    wait(JACK, "displayed", "t1")

    check(put(ROSE, rose + "/Composing", {"state": "active", "refresh": 90}) == 204, "typing")
    wait(JACK, "composing")
    answer = {"data": {"message_id": "t2", "message": "Grüße \u2603 </script>"}}
    status, _, first = ask("POST", rose + "/Message", answer, token="dev-" + ROSE)
    check(status == 200 and first["data"] == {"status": "trying", "message_id": "t2"}, first)
    check(ask("POST", rose + "/Message", answer, token="dev-" + ROSE)[2] == first, "the same again is answered alike")
    event = wait(JACK, "message", "t2")
    check(event["instance"] == jack and event["data"]["message"] == "Grüße \u2603 </script>" and event["data"]["sender"] == ROSE, event)
    wait(ROSE, "sent", "t2")
    wait(ROSE, "delivered", "t2")
    check(put(JACK, jack + "/Message/t2/Status", {"status": "displayed"}) == 200, "displayed")
    wait(ROSE, "displayed", "t2")

    texts = ask("GET", jack + "/Message", token="dev-" + JACK)[2]["messages"]
    check([(one["message_id"], one["direction"], one["state"]) for one in texts] == [("t1", "out", "displayed"), ("t2", "in", "displayed")], texts)
    check(ask("DELETE", jack, token="dev-" + JACK)[0] == 204, "left")
    wait(ROSE, "ended")


def outside_of_chats(base):
    """Messages without a chat, what contacts can do, and registering by hand."""
    readers = {user: Reader(base, user) for user in (JACK, ROSE)}

    def own(user, method, path, data=None):
        body = {"data": data, "oauth_token": "dev-" + user} if data else None
        status, _, answer = ask(method, f"{base}/1.0/RCS/{user}/{path}", body, token=None if data else "dev-" + user)
        return status, answer

    # While the two have a chat, a message goes there.
    for chat in own(JACK, "GET", "Chat?status=accepted")[1]["chats"]:
        check(own(JACK, "DELETE", "Chat/" + chat["instance"].rsplit("/", 1)[1])[0] == 204, chat)
        readers[ROSE].wait("ended")

    status, answer = own(JACK, "POST", "Message", {"message_id": "p1", "recipient": ROSE, "message": "Grüße"})
    check(status == 200 and answer["instance"] == f"{base}/1.0/RCS/{JACK}/Message/p1", answer)
    event = readers[ROSE].wait("message", "p1")
    check(event["type"] == "message" and event["data"]["message"] == "Grüße" and event["data"]["sender"] == JACK, event)
    # The notification may overtake the network's answer; then there is no code.
    check(readers[JACK].wait("sent", "p1")["data"].get("code", 200) == 200, "the device has it")
    readers[JACK].wait("delivered", "p1")
    check(own(ROSE, "PUT", "Message/p1/Status", {"status": "displayed"})[0] == 200, "displayed")
    readers[JACK].wait("displayed", "p1")
    check(own(ROSE, "PUT", f"Composing/{JACK}", {"state": "active"})[0] == 204, "typing")
    check(readers[JACK].wait("composing")["data"]["sender"] == ROSE, "who types")
    check([one["state"] for one in own(JACK, "GET", f"Message?contact={ROSE}")[1]["messages"]] == ["displayed"], "kept")

    status, answer = own(JACK, "GET", f"Capability/{ROSE}?fresh=1")
    data = answer["data"]
    check(status == 200 and (data["rcs"], data["registered"], data["cached"], data["age"]) == ("yes", "yes", False, 0), answer)
    check(data["services"] == ["Chat", "Standalone", "StandaloneLarge"], answer)
    status, answer = own(ROSE, "PUT", "Capability", {"serviceCapability": [{"capabilityId": "FileTransfer", "status": "Enabled"}]})
    check(status == 200, answer)
    check("FileTransfer" not in own(JACK, "GET", f"Capability/{ROSE}")[1]["data"]["services"], "known, and not asked again")
    check(own(JACK, "GET", "Capability/nobody")[1]["data"]["rcs"] != "yes", "nobody")

    check(own(ROSE, "DELETE", "Registration")[0] == 204, "off")
    check(own(ROSE, "POST", "Registration")[1]["data"]["status"] == "registered", "and on")


def wrong_input(base):
    status, head, answer = ask("POST", f"{base}/1.0/RCS/{JACK}/Chat", {"data": {"recipient": []}, "oauth_token": "dev-" + JACK})
    check(status == 400 and "recipient" in answer["detail"], answer)
    status, head, _ = ask("GET", f"{base}/1.0/RCS/{JACK}/Chat")
    check(status == 401 and head["WWW-Authenticate"] == 'Bearer realm="rcs"', head)
    status, _, answer = ask("GET", f"{base}/1.0/RCS/{JACK}/Chat", token="dev-" + ROSE)
    check(status == 403, answer)
    status, _, answer = ask("GET", f"{base}/3.0/RCS/{JACK}/Chat", token="dev-" + JACK)
    check(status == 404 and answer["code"] == "version-unknown", answer)
    status, head, _ = ask("PATCH", f"{base}/1.0/RCS/{JACK}/Chat", token="dev-" + JACK)
    check(status == 405 and "POST" in head["Allow"], head)


def lasting_port():
    """A free port below those that the system gives to connections as their own: while the core is dead nobody else gets it."""
    with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as limits:
        lowest = int(limits.read().split()[0])
    for port in random.sample(range(lowest // 2, lowest - 8), 100):
        try:
            for nearby in range(port, port + 4):  # the nodes of a core
                for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                    with socket.socket(socket.AF_INET, kind) as probe:
                        probe.bind(("127.0.0.1", nearby))
            return str(port)
        except OSError:
            continue
    raise AssertionError("no free port")


def core_killed():
    """The core dies by SIGKILL: the caller is told, and when it is back chats work again."""
    with running("ims-sim", "core", "--port", lasting_port()) as core:
        uri = core.ready()["core"]
        port = uri.rsplit(":", 1)[1]
        with running("rcsgw-serve", "--listen", "127.0.0.1:0", "--sip", "127.0.0.1:0", "--core", uri) as gateway:
            base = gateway.ready()["http"]
            body = {"data": {"message_id": "k1", "recipient": [ROSE], "subject": "before"}, "oauth_token": "dev-" + JACK}
            status, _, answer = ask("POST", f"{base}/1.0/RCS/{JACK}/Chat", body)
            check(status == 200, answer)
            core.kill()
            body["data"]["message_id"] = "k2"
            status, _, answer = ask("POST", f"{base}/1.0/RCS/{JACK}/Chat", body)
            check(status in (503, 504) or (status == 200 and answer["data"]["status"] == "trying"), f"{status} {answer}")
            with running("ims-sim", "core", "--port", port) as again:
                again.ready()
                body["data"]["message_id"] = "k3"
                status, _, answer = ask("POST", f"{base}/1.0/RCS/{JACK}/Chat", body)
                check(status == 200, f"after the core came back: {status} {answer}")


def core_killed_in_a_set_up():
    """The core stops to answer with an INVITE in its hands, then dies: the POST that waits is answered at once."""
    with tempfile.TemporaryDirectory() as folder, running("ims-sim", "core", "--port", lasting_port()) as core:
        uri = core.ready()["core"]
        trace = os.path.join(folder, "trace.jsonl")
        with running("rcsgw-serve", "--listen", "127.0.0.1:0", "--sip", "127.0.0.1:0", "--core", uri, "--trace", trace) as gateway:
            base = gateway.ready()["http"]
            body = {"data": {"message_id": "s1", "recipient": [ROSE], "subject": "before"}, "oauth_token": "dev-" + JACK}
            check(ask("POST", f"{base}/1.0/RCS/{JACK}/Chat", body)[0] == 200, "a chat before")
            core.process.send_signal(signal.SIGSTOP)
            got = {}
            body["data"]["message_id"] = "s2"
            waiting = threading.Thread(target=lambda: got.update(post=ask("POST", f"{base}/1.0/RCS/{JACK}/Chat", body)))
            waiting.start()
            with open(trace, encoding="utf-8") as records:
                await_line(records, lambda record: record["label"] == "INVITE" and record.get("message_id") == "s2")
            check("post" not in got, f"answered by a core that stands still: {got}")
            core.kill()
            waiting.join()
            status, _, answer = got["post"]
            check(status in (503, 504), f"{status} {answer}")
            with running("ims-sim", "core", "--port", uri.rsplit(":", 1)[1]) as again:
                again.ready()
                body["data"]["message_id"] = "s3"
                status, _, answer = ask("POST", f"{base}/1.0/RCS/{JACK}/Chat", body)
                check(status == 200, f"after the core came back: {status} {answer}")


def await_line(records, wanted):
    """Reads a trace as it grows until a record is the wanted one."""
    end = time.monotonic() + WAIT
    text = ""
    while time.monotonic() < end:
        piece = records.readline()
        text += piece
        if text.endswith("\n"):
            if wanted(json.loads(text)):
                return
            text = ""
        elif not piece:
            time.sleep(0.01)  # a file can not be waited for; the condition is above
    raise AssertionError(f"no such record in {WAIT} s")


def open_stream(base, user, accept):
    address = base.removeprefix("http://")
    stream = http.client.HTTPConnection(address, timeout=WAIT)
    stream.request("GET", f"/1.0/RCS/{user}/Event?device=s", headers={"Authorization": "Bearer dev-" + user, "Accept": accept})
    answer = stream.getresponse()
    check(answer.status == 200, f"stream: {answer.status}")
    check(answer.readline() != b"", "a stream speaks at once")
    return answer


def open_socket(base, user):
    host, port = base.removeprefix("http://").rsplit(":", 1)
    peer = socket.create_connection((host, int(port)), timeout=WAIT)
    peer.sendall((f"GET /1.0/RCS/{user}/Event?device=w HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer dev-{user}\r\n"
                  "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n").encode())
    octets = peer.makefile("rb")
    check(b" 101 " in octets.readline(), "no WebSocket")
    while octets.readline() != b"\r\n":
        pass
    return peer, octets


def await_connected(base, user, device):
    end = time.monotonic() + WAIT
    while time.monotonic() < end:
        _, _, answer = ask("GET", f"{base}/1.0/RCS/{user}/Event/Device", token="dev-" + user)
        if any(known["device"] == device and known["connected"] for known in answer["devices"]):
            return
        time.sleep(0.01)  # nothing tells us; the condition is above
    raise AssertionError(f"device {device} did not connect in {WAIT} s")


def frame_of(octets):
    """Opcode and payload of an unmasked frame under 64 KiB."""
    first, size = octets.read(2)
    if size == 126:
        size = int.from_bytes(octets.read(2), "big")
    return first & 15, octets.read(size)


def come_again(event):
    check(event["type"] == "system" and event["data"]["status"] == "reconnect", event)
    check(0 <= event["data"]["in"] < 10_000, event)


def server_stopped():
    """SIGTERM: streams and sockets hear when to come again before they end, a held poll is answered, the process is gone."""
    with running("rcsgw-serve", "--listen", "127.0.0.1:0", "--sip", "127.0.0.1:0") as serve:
        base = serve.ready()["http"]
        sse = open_stream(base, JACK, "text/event-stream")
        ndjson = open_stream(base, ROSE, "application/x-ndjson")
        peer, octets = open_socket(base, JACK)
        got = {}
        held = f"{base}/1.0/RCS/{ROSE}/Event?device=p&timeout=30"
        waiting = threading.Thread(target=lambda: got.update(poll=ask("GET", held, token="dev-" + ROSE)))
        waiting.start()
        await_connected(base, ROSE, "p")
        serve.process.send_signal(signal.SIGTERM)
        text = sse.read().decode()
        check("event: system\n" in text, text)
        come_again(json.loads([line for line in text.splitlines() if line.startswith("data: {")][-1][6:]))
        come_again(json.loads(ndjson.read().decode().strip().splitlines()[-1]))
        opcode, event = frame_of(octets)
        check(opcode == 1, opcode)
        come_again(json.loads(event))
        opcode, reason = frame_of(octets)
        check(opcode == 8 and int.from_bytes(reason[:2], "big") == 1012, f"{opcode} {reason}")
        peer.close()
        waiting.join()
        check(got["poll"][0] == 204, got)
        check(serve.wait() == 130, "exit code")


def wrong_usage():
    code, _, words = run("rcsgw-serve", "--listen", "nonsense")
    check(code == 2 and "--listen" in words, words)
    code, _, words = run("rcsgw-serve", "--listen", "0.0.0.0:0")
    check(code == 2 and "loopback" in words, words)
    code, _, words = run("rcsgw-serve", "--core", "http://x")
    check(code == 2 and "expected sip:" in words, words)
    code, _, words = run("rcsgw-serve", "--config", "/no/such/file")
    check(code == 2 and "/no/such/file" in words, words)


def translate(*arguments, stdin):
    """As run(), with every octet kept: SIP's line ends are CR LF."""
    done = subprocess.run([os.path.join(BIN, "rcsgw-serve"), "translate", *arguments], input=stdin.encode(), capture_output=True, timeout=WAIT * 2)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def translation():
    body = json.dumps({"data": {"message_id": "m1", "recipient": [ROSE], "subject": "line\r\nVia: evil"}, "oauth_token": "secret"})
    code, sip, words = translate("--from", JACK, stdin=body)
    check(code == 0, words)
    check(sip.startswith(f"INVITE sip:{ROSE}@domain.com SIP/2.0\r\n"), sip)
    head = sip.split("\r\n\r\n")[0]
    check("\nVia: evil" not in head and "secret" not in sip, sip)
    code, event, words = translate(stdin=sip)
    check(code == 0, words)
    check(json.loads(event)["data"]["message"] == "line\r\nVia: evil", event)
    code, out, _ = translate("--explain", "--json", stdin=body)
    rows = {row["target"]: row["source"] for row in json.loads(out)["explain"]}
    check("data.message_id" in rows["CPIM imdn.Message-ID"] and "data.subject" in rows["Subject"], rows)
    code, _, words = translate(stdin="{}")
    check(code == 1 and "data" in words, words)


with running("rcsgw-serve", "--listen", "127.0.0.1:0", "--sip", "127.0.0.1:0") as serve:
    ready = serve.ready()
    check(ready["core"] == "embedded", ready)
    published_flow(ready["http"])
    conversation(ready["http"])
    outside_of_chats(ready["http"])
    wrong_input(ready["http"])
core_killed()
core_killed_in_a_set_up()
server_stopped()
wrong_usage()
translation()
print("gateway: good")
