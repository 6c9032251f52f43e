"""Event deliveries of the web gateway against nginx with nchan, under the same load in the same run: one HTTP request in, one event out to
another user's event connection, over long polling, server-sent events and WebSocket, with 1, 100 and 10,000 of them connected. What of the
gateway is measured is said in event_server.cpp, how in event_readers.cpp. Usage: deliver_events.py BENCH_FOLDER [--smoke] [--transport T].
Prints medians; fails when an event is lost or a wrong one comes, never on a time."""
import argparse
import json
import os
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

TRANSPORTS = ["poll", "sse", "ws"]
RUNS = 3
SERVERS = ["nchan", "gateway"]
# Octets of text in one publish. The gateway makes an event of it, with type, status, instance and time; nchan delivers the text as it is. So
# that both deliver the same number of octets, nchan is given the event's length.
TEXT = {"gateway": 60, "nchan": 265}
NCHAN_MODULE = "/usr/lib/nginx/modules/ngx_nchan_module.so"
# The limits that would end a connection, or drop an event, earlier than the gateway does are lifted to the gateway's.
NGINX = """
load_module {module};
daemon off;
worker_processes 1;
worker_rlimit_nofile 20000;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 15000; }}
http {{
  access_log off;
  keepalive_requests 100000000;
  keepalive_timeout 1h;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  nchan_message_buffer_length 1000;
  nchan_message_timeout 24h;
  server {{
    listen 127.0.0.1:{port};
    location /pub {{ nchan_publisher http; nchan_channel_id $arg_id; }}
    location /poll {{ nchan_subscriber longpoll; nchan_channel_id $arg_id; }}
    location /sse {{ nchan_subscriber eventsource; nchan_channel_id $arg_id; }}
    location /ws {{ nchan_subscriber websocket; nchan_channel_id $arg_id; }}
  }}
}}
"""


class Gateway:
    def __init__(self, bench, _):
        self.process = subprocess.Popen([os.path.join(bench, "event_server")], stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line.startswith("ready port="):
            sys.exit("event_server: did not start")
        self.port = int(line.split("=")[1])
        self.pid = self.process.pid


class Nchan:
    def __init__(self, _, folder):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        path = os.path.join(folder, "nginx.conf")
        with open(path, "w", encoding="utf-8") as file:
            file.write(("user root;" if os.geteuid() == 0 else "") + NGINX.format(module=NCHAN_MODULE, folder=folder, port=self.port))
        self.process = subprocess.Popen(["nginx", "-p", folder, "-e", os.path.join(folder, "error.log"), "-c", path])
        self.pid = self.worker(path)

    def worker(self, path):
        """The one that serves, once it does."""
        children = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        for _ in range(500):
            if self.process.poll() is not None:
                sys.exit(f"nginx: did not start with {path}")
            with open(children, encoding="ascii") as file:
                pids = file.read().split()
            with socket.socket() as s:
                if pids and s.connect_ex(("127.0.0.1", self.port)) == 0:
                    return int(pids[0])
            time.sleep(0.01)
        sys.exit("nginx: does not listen")


def measure(bench, server, transport, readers, events, window):
    """One load on a fresh server."""
    with tempfile.TemporaryDirectory() as folder:
        running = {"gateway": Gateway, "nchan": Nchan}[server](bench, folder)
        try:
            done = subprocess.run([os.path.join(bench, "event_readers"), server, transport, str(running.port), str(running.pid), str(readers),
                                   str(events), str(window), str(TEXT[server])], stdout=subprocess.PIPE, text=True, timeout=300, check=False)
        finally:
            running.process.terminate()
            running.process.wait()
    if done.returncode != 0:
        sys.exit(f"{server}, {transport}, {readers} readers: failed")
    return json.loads(done.stdout)


def compare(bench, transport, readers, events, window, runs):
    """The medians of both, measured in turn."""
    got = {server: [] for server in SERVERS}
    for _ in range(runs):
        for server in SERVERS:
            got[server].append(measure(bench, server, transport, readers, events, window))
    return {server: {key: statistics.median(run[key] for run in got[server]) for key in got[server][0]} for server in SERVERS}


def print_rows(transport, readers, medians, idle):
    rows = [("CPU, us an event published and delivered", "cpu_us", 1), ("publish to reader, us, median", "p50_us", 0),
            ("publish to reader, us, 99 of 100", "p99_us", 0)]
    if idle:
        rows.append(("resident octets an idle reader", "idle_octets", 0))
    for words, key, digits in rows:
        theirs, ours = medians["nchan"][key], medians["gateway"][key]
        ratio = f"{ours / theirs:.2f}" if theirs > 0 else "-"
        print(f"{transport:4}  {readers:6}  {words:42}  {theirs:9.{digits}f}  {ours:9.{digits}f}  {ratio:>5}", flush=True)
    sizes = " and ".join(f"{medians[server]['event_octets']:.0f} ({server})" for server in SERVERS)
    print(f"{transport:4}  {readers:6}  octets delivered an event: {sizes}", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("bench", help="the folder with event_server and event_readers")
    parser.add_argument("--smoke", action="store_true", help="just long enough to show that it works")
    parser.add_argument("--transport", choices=TRANSPORTS, action="append")
    parser.add_argument("--readers", type=int, action="append")
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--window", type=int, default=1, help="publishers at once")
    parser.add_argument("--runs", type=int, default=RUNS)
    options = parser.parse_args()
    if not shutil.which("nginx") or not os.path.exists(NCHAN_MODULE):
        sys.exit("deliver_events: needs nginx-light and libnginx-mod-nchan")
    counts = options.readers or [1, 100, 10_000]
    if options.smoke:
        counts, options.events, options.runs = [1, 100], 500, 1
    room = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    print(f"{'':4}  {'readers':>6} {'':43}  {'nchan':>9}  {'rcsgw':>9}  ratio")
    for transport in options.transport or TRANSPORTS:
        for readers in counts:
            if readers + 100 > room:
                print(f"{transport:4}  {readers:6}  skipped: the hard limit of descriptors is {room} (ulimit -Hn)")
                continue
            medians = compare(options.bench, transport, readers, options.events, options.window, options.runs)
            print_rows(transport, readers, medians, readers >= 1000)


main()
