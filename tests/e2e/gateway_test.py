"""The gateway as its users meet it: ready line, the published flow with plain HTTP, wrong input, the core killed and back."""
import json
import os
import signal
import tempfile
import threading
import time

from tools import WAIT, ask, check, run, running

JACK, ROSE = "01087654321", "01012345678"


def poll(base, user, cursor=None):
    url = f"{base}/1.0/RCS/{user}/Event?timeout=30" + (f"&since={cursor}" if cursor else "")
    status, head, event = ask("GET", url, token="dev-" + user)
    return status, head.get("RCS-Next-Cursor"), event


def published_flow(base):
    """Tables 1 and 2 with curl's means: POST, both events, PUT."""
    _, head, _ = ask("HEAD", f"{base}/1.0/RCS/{ROSE}/Event?since=latest", token="dev-" + ROSE)
    rose_cursor = head["RCS-Next-Cursor"]
    _, head, _ = ask("HEAD", f"{base}/1.0/RCS/{JACK}/Event?since=latest", token="dev-" + JACK)
    jack_cursor = head["RCS-Next-Cursor"]
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
    status, jack_cursor, event = poll(base, JACK, jack_cursor)
    check(event["data"]["status"] == "trying", event)
    status, _, _ = ask("PUT", got["initiate"][2]["instance"], {"oauth_token": "dev-" + ROSE})
    check(status == 200, f"PUT answered {status}")
    status, _, event = poll(base, JACK, jack_cursor)
    check(event["data"]["status"] == "accepted", event)
    status, _, _ = ask("PUT", got["initiate"][2]["instance"], {"oauth_token": "dev-" + ROSE})
    check(status == 409, f"the second PUT answered {status}")


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


def core_killed():
    """The core dies by SIGKILL: the caller is told, and when it is back chats work again."""
    with running("ims-sim", "core", "--port", "0") as core:
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
    with tempfile.TemporaryDirectory() as folder, running("ims-sim", "core", "--port", "0") as core:
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


def wrong_usage():
    code, _, words = run("rcsgw-serve", "--listen", "nonsense")
    check(code == 2 and "--listen" in words, words)
    code, _, words = run("rcsgw-serve", "--listen", "0.0.0.0:0")
    check(code == 2 and "loopback" in words, words)
    code, _, words = run("rcsgw-serve", "--core", "http://x")
    check(code == 2 and "expected sip:" in words, words)
    code, _, words = run("rcsgw-serve", "--config", "/no/such/file")
    check(code == 2 and "/no/such/file" in words, words)


def translation():
    body = json.dumps({"data": {"message_id": "m1", "recipient": [ROSE], "subject": "line\r\nVia: evil"}, "oauth_token": "secret"})
    code, sip, words = run("rcsgw-serve", "translate", "--from", JACK, stdin=body)
    check(code == 0, words)
    check(sip.startswith(f"INVITE sip:{ROSE}@domain.com SIP/2.0"), sip)
    head = sip.split("\n\n")[0]
    check("\nVia: evil" not in head and "secret" not in sip, sip)
    code, event, words = run("rcsgw-serve", "translate", stdin=open_newlines(sip))
    check(code == 0, words)
    check(json.loads(event)["data"]["message"] == "line\r\nVia: evil", event)
    code, out, _ = run("rcsgw-serve", "translate", "--explain", "--json", stdin=body)
    rows = {row["target"]: row["source"] for row in json.loads(out)["explain"]}
    check("data.message_id" in rows["CPIM imdn.Message-ID"] and "data.subject" in rows["Subject"], rows)
    code, _, words = run("rcsgw-serve", "translate", stdin="{}")
    check(code == 1 and "data" in words, words)


def open_newlines(text):
    """subprocess' text mode folds CRLF to LF on reading; SIP wants it back. The JSON text inside keeps its own CR LF."""
    head, _, rest = text.partition("\n\n")
    return head.replace("\n", "\r\n") + "\r\n\r\n" + rest


with running("rcsgw-serve", "--listen", "127.0.0.1:0", "--sip", "127.0.0.1:0") as serve:
    ready = serve.ready()
    check(ready["core"] == "embedded", ready)
    published_flow(ready["http"])
    wrong_input(ready["http"])
core_killed()
core_killed_in_a_set_up()
wrong_usage()
print("gateway: good")
