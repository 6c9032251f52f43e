"""CPU a request answered over UDP, the whole process counted: ours against SIPp as server, under the same load in the same run. An OPTIONS is
answered by a node of the simulated core; a MESSAGE and a call (INVITE, 200, ACK, BYE, 200) by answer_server, which has nothing but our transport
and transactions. Usage: answer_requests.py BIN_FOLDER [REQUESTS]. Prints microseconds and the ratio."""
import os
import subprocess
import sys
import tempfile

from sip_load import ask, cpu_seconds, free_port, start_server

BIN = sys.argv[1]
REQUESTS = int(sys.argv[2]) if len(sys.argv) > 2 else 50_000
RATE = 8_000  # a second: what one SIPp sends without falling behind
TICKS_WANTED = 10  # fewer ticks of the system's clock tell nothing of a ratio


def cost(folder, process, port, load, method, count, rate):
    before = cpu_seconds(process.pid)
    ask(folder, load, {"METHOD": method, "TARGET": f"sip:127.0.0.1:{port}"}, port, count, rate)
    return (cpu_seconds(process.pid) - before) / count * 1e6


def start_core():
    core = subprocess.Popen([os.path.join(BIN, "ims-sim"), "core", "--port", "0", "-q"], stdout=subprocess.PIPE, text=True)
    return core, int(core.stdout.readline().split("core=sip:127.0.0.1:")[1].split()[0])


def start_answer_server():
    server = subprocess.Popen([os.path.join(BIN, "..", "bench", "answer_server")], stdout=subprocess.PIPE, text=True)
    return server, int(server.stdout.readline())


def compare(method, load, reply, start, name, count, rate):
    with tempfile.TemporaryDirectory() as folder:
        peer_port = free_port()
        server, port = start()
        peer = start_server(folder, reply, {"METHOD": method}, peer_port)
        try:
            reference = cost(folder, peer, peer_port, load, method, count, rate)
            ours = cost(folder, server, port, load, method, count, rate)
        finally:
            for process in (peer, server):
                process.kill()
                process.wait()
    enough = reference * count / 1e6 * os.sysconf("SC_CLK_TCK") >= TICKS_WANTED
    ratio = f"{ours / reference:.2f}" if enough else "not to be told of so few requests"
    print(f"  {method:8} sipp as server {reference:6.1f} us   {name:21} {ours:6.1f} us   ratio {ratio}", flush=True)


def main():
    print(f"{REQUESTS} requests answered over UDP, CPU a request (user and system):", flush=True)
    compare("OPTIONS", "ask", "reply", start_core, "node of ims-sim core", REQUESTS, RATE)
    compare("MESSAGE", "ask", "reply", start_answer_server, "our transactions", REQUESTS, RATE)
    # A call is three requests and two answers, so fewer of them make the same load.
    compare("INVITE", "call", "take", start_answer_server, "our transactions", REQUESTS // 2, RATE // 2)


main()
