"""CPU of an MSRP relay on sockets for a chunk of 2 KiB that it passes on, with the 200 to its sender and that of its receiver: an msrp::Relay of ours
and Kamailio's msrp module, both over plain TCP and under the same load in the same run, in turns; the median counts. Every process of the relay is
counted, and nothing else. Usage: relay_chunks.py BENCH_FOLDER [CHUNKS]."""
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile

from sip_load import cpu_seconds

LOAD = os.path.join(sys.argv[1], "relay_load")
CHUNKS = int(sys.argv[2]) if len(sys.argv) > 2 else 100_000
ROUNDS = 3 if len(sys.argv) == 2 else 1
HERE = os.path.dirname(os.path.abspath(__file__))
MODULES = "/usr/lib/x86_64-linux-gnu/kamailio/modules"
KAMAILIO = shutil.which("kamailio", path=os.environ.get("PATH", "") + ":/usr/sbin")


def is_listening(port):
    with open("/proc/net/tcp", encoding="ascii") as file:
        return any(line.split()[1].endswith(f":{port:04X}") and line.split()[3] == "0A" for line in file.readlines()[1:])


def start_ours(_folder):
    relay = subprocess.Popen([LOAD, "serve"], stdout=subprocess.PIPE, text=True)
    return relay, int(relay.stdout.readline())


def start_kamailio(folder):
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    with open(os.path.join(HERE, "kamailio", "relay.cfg"), encoding="utf-8") as file:
        text = file.read()
    for word, value in {"MODULES": MODULES, "LISTEN": f"127.0.0.1:{port}", "PASSWORD": "open sesame", "REALM": "relay.example.com"}.items():
        text = text.replace(word, value)
    config = os.path.join(folder, "kamailio.cfg")
    with open(config, "w", encoding="utf-8") as file:
        file.write(text)
    command = [KAMAILIO, "-f", config, "-DD", "-m", "128", "-Y", folder, "-P", os.path.join(folder, "pid")]
    relay = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while relay.poll() is None and not is_listening(port):
        pass
    if relay.poll() is not None:
        sys.exit(f"kamailio: expected it to run, it has ended with {relay.returncode}")
    return relay, port


def measure(start):
    """CPU a chunk in microseconds."""
    with tempfile.TemporaryDirectory() as folder:
        relay, port = start(folder)
        try:
            before = cpu_seconds(relay.pid)
            failed = subprocess.run([LOAD, "drive", str(port), str(CHUNKS)], check=False).returncode != 0
            used = cpu_seconds(relay.pid) - before
        finally:
            relay.terminate()
            relay.wait()
    if failed:
        sys.exit("relay_chunks.py: expected the relay to pass on and answer everything")
    return used / CHUNKS * 1e6


def main():
    print(f"{CHUNKS} chunks of 2 KiB passed on over TCP with both answers, CPU of the relay a chunk (user and system):", flush=True)
    ours, theirs = [], []
    for _ in range(ROUNDS):
        theirs.append(measure(start_kamailio))
        ours.append(measure(start_ours))
    ours, theirs = statistics.median(ours), statistics.median(theirs)
    print(f"  reference: Kamailio's relay  {theirs:6.2f} us")
    ratio = f"{ours / theirs:.2f}" if theirs > 0 else "not to be told of so few chunks"
    print(f"  msrp::Relay on sockets       {ours:6.2f} us   ratio {ratio}")


main()
