"""CPU a request answered over UDP, the whole process counted: a node of the simulated core against SIPp as server, under the same load in the
same run. Usage: answer_requests.py BIN_FOLDER [REQUESTS]. Prints microseconds a request and the ratio."""
import os
import socket
import subprocess
import sys
import tempfile

BIN = sys.argv[1]
REQUESTS = int(sys.argv[2]) if len(sys.argv) > 2 else 50_000
RATE = 8_000  # a second: what one SIPp sends without falling behind
HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "sipp")
TICK = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid):
    fields = open(f"/proc/{pid}/stat", encoding="ascii").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def load(folder, port):
    """Asks REQUESTS times; how many were answered."""
    command = ["sipp", f"127.0.0.1:{port}", "-sf", os.path.join(HERE, "ask.xml"), "-i", "127.0.0.1", "-p", str(free_port()), "-m", str(REQUESTS),
               "-r", str(RATE), "-l", "10000", "-nostdin", "-timeout", "120", "-trace_stat", "-stf", os.path.join(folder, "stat.csv")]
    subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False, timeout=180)
    with open(os.path.join(folder, "stat.csv"), encoding="utf-8") as file:
        rows = file.read().splitlines()
    return int(rows[-1].split(";")[rows[0].split(";").index("SuccessfulCall(C)")])


def measure(name, process, port):
    with tempfile.TemporaryDirectory() as folder:
        before = cpu_seconds(process.pid)
        answered = load(folder, port)
        used = cpu_seconds(process.pid) - before
    if answered < REQUESTS:
        sys.exit(f"{name}: {answered} of {REQUESTS} requests were answered")
    return used / answered * 1e6


def main():
    core = subprocess.Popen([os.path.join(BIN, "ims-sim"), "core", "--port", "0", "-q"], stdout=subprocess.PIPE, text=True)
    port = int(core.stdout.readline().split("core=sip:127.0.0.1:")[1].split()[0])
    peer_port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        peer = subprocess.Popen(["sipp", "-sf", os.path.join(HERE, "reply.xml"), "-i", "127.0.0.1", "-p", str(peer_port), "-nostdin"], cwd=folder,
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            reference = measure("sipp", peer, peer_port)
            ours = measure("ims-sim core", core, port)
        finally:
            peer.kill()
            core.kill()
            peer.wait()
            core.wait()
    print(f"{REQUESTS} OPTIONS answered over UDP, CPU a request (user and system):")
    print(f"  reference: sipp as server  {reference:6.1f} us")
    ratio = f"{ours / reference:.2f}" if reference > 0 else "not to be told of so few requests"
    print(f"  a node of ims-sim core     {ours:6.1f} us   ratio {ratio}")


main()
