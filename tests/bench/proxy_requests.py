"""CPU a request passed on statefully over UDP (OPTIONS there, 200 back), the whole proxy counted: the CSCFs of the simulated core against Kamailio
with tm, under the same load of SIPp in the same run. In the core a request from one registered user to another crosses o-cscf and t-cscf, two
proxies with sockets and transactions of their own in one process, so the figure to hold against Kamailio is that of one node; how many were
crossed is read from the Vias of a request that arrived. Usage: proxy_requests.py BIN_FOLDER [REQUESTS]."""
import os
import socket
import subprocess
import sys
import tempfile

from sip_load import BUFFER, SCENARIOS, ask, cpu_seconds, free_port, is_bound, start_server

BIN = sys.argv[1]
REQUESTS = int(sys.argv[2]) if len(sys.argv) > 2 else 30_000
RATE = 1_500  # a second: neither falls behind, also on a machine that is busy
MODULES = "/usr/lib/x86_64-linux-gnu/kamailio/modules"
TARGET = "sip:bob@domain.com"
TIMEOUT = 10  # seconds for one message on loopback


class Phone:
    """A SIP user by hand: registers, and looks at one request that comes by the proxy."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(TIMEOUT)
        self.port = self.socket.getsockname()[1]

    def send(self, method, uri, user, to, port, extra=()):
        name = f"{method}-{user}"
        lines = [f"{method} {uri} SIP/2.0", f"Via: SIP/2.0/UDP 127.0.0.1:{self.port};branch=z9hG4bK{name}", "Max-Forwards: 70",
                 f"From: <sip:{user}@domain.com>;tag=1", f"To: <{to}>", f"Call-ID: {name}", f"CSeq: 1 {method}", *extra, "Content-Length: 0", "", ""]
        self.socket.sendto("\r\n".join(lines).encode(), ("127.0.0.1", port))

    def receive(self):
        octets, source = self.socket.recvfrom(65536)
        return octets.decode(), source

    def register(self, user, port):
        contact = f"Contact: <sip:{user}@127.0.0.1:{self.port}>"
        self.send("REGISTER", "sip:domain.com", user, f"sip:{user}@domain.com", port, (contact, "Expires: 3600"))
        answer, _ = self.receive()
        if not answer.startswith("SIP/2.0 200"):
            sys.exit(f"REGISTER of {user}: expected 200, got {answer.splitlines()[0]}")

    def count_nodes(self, port):
        """Sends one request by the proxy to itself and answers it; how many proxies it crossed."""
        self.send("OPTIONS", TARGET, "alice", TARGET, port)
        request, source = self.receive()
        while not request.startswith("OPTIONS"):
            request, source = self.receive()
        kept = [line for line in request.split("\r\n") if line.split(":")[0] in ("Via", "From", "To", "Call-ID", "CSeq")]
        self.socket.sendto("\r\n".join(["SIP/2.0 200 OK", *kept, "Content-Length: 0", "", ""]).encode(), source)
        answer, _ = self.receive()
        if not answer.startswith("SIP/2.0 200"):
            sys.exit(f"OPTIONS by the proxy: expected 200, got {answer.splitlines()[0]}")
        return sum(line.startswith("Via:") for line in kept) - 1


def start_core(phone, _folder):
    core = subprocess.Popen([os.path.join(BIN, "ims-sim"), "core", "--port", "0", "-q"], stdout=subprocess.PIPE, text=True)
    port = int(core.stdout.readline().split("core=sip:127.0.0.1:")[1].split()[0])
    phone.register("alice", port)
    phone.register("bob", port)
    return core, port


def start_kamailio(phone, folder):
    port = free_port()
    with open(os.path.join(SCENARIOS, "..", "kamailio", "proxy.cfg"), encoding="utf-8") as file:
        text = file.read()
    text = text.replace("LISTEN", f"127.0.0.1:{port}").replace("TARGET", f"127.0.0.1:{phone.port}").replace("MODULES", MODULES)
    config = os.path.join(folder, "kamailio.cfg")
    with open(config, "w", encoding="utf-8") as file:
        file.write(text)
    command = ["kamailio", "-f", config, "-DD", "-x", "fm", "-X", "fm", "-m", "512", "-b", str(BUFFER), "-Y", folder, "-P", os.path.join(folder, "pid")]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None and not is_bound(port):
        pass
    if process.poll() is not None:
        sys.exit("kamailio: expected it to run, it has ended with " + str(process.returncode))
    return process, port


def measure(start):
    """CPU a request in microseconds, and the nodes that it crossed."""
    with tempfile.TemporaryDirectory() as folder:
        phone = Phone()
        proxy, port = start(phone, folder)
        far_end = None
        try:
            nodes = phone.count_nodes(port)
            phone.socket.close()
            far_end = start_server(folder, "reply", {"METHOD": "OPTIONS"}, phone.port)
            before = cpu_seconds(proxy.pid)
            repeated = ask(folder, "ask", {"METHOD": "OPTIONS", "TARGET": TARGET}, port, REQUESTS, RATE)
            used = cpu_seconds(proxy.pid) - before
        finally:
            for process in (proxy, far_end):
                if process is not None:
                    process.terminate()
                    process.wait()
    if repeated > REQUESTS // 100:
        print(f"  {repeated} requests were sent again: one side fell behind")
    return used / REQUESTS * 1e6, nodes


def main():
    print(f"{REQUESTS} OPTIONS passed on statefully over UDP, CPU a request (user and system):", flush=True)
    reference, nodes = measure(start_kamailio)
    print(f"  reference: kamailio with tm  {reference:6.1f} us, {nodes} node", flush=True)
    ours, nodes = measure(start_core)
    ratio = f"{ours / nodes / reference:.2f}" if reference > 0 else "not to be told of so few requests"
    print(f"  CSCFs of ims-sim core        {ours:6.1f} us, {nodes} nodes: {ours / nodes:6.1f} us a node   ratio {ratio}")


main()
