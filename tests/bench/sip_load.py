"""What the SIP benchmarks share: load and far ends made by SIPp, and the CPU of a process with its children."""
import os
import socket
import subprocess
import sys

SCENARIOS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "sipp")
TICK = os.sysconf("SC_CLK_TCK")
BUFFER = 8 * 1024 * 1024  # of SIPp's socket: a burst while it has no CPU is not lost


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def stat_fields(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        return file.read().rsplit(")", 1)[1].split()


def children_of(pid):
    found = []
    for entry in os.listdir("/proc"):
        try:
            if entry.isdigit() and int(stat_fields(entry)[1]) == pid:
                found.append(int(entry))
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has just ended
    return found


def cpu_seconds(pid):
    """User and system time of a process and of its living children."""
    total = 0
    for one in [pid, *children_of(pid)]:
        fields = stat_fields(one)
        total += int(fields[11]) + int(fields[12])
    return total / TICK


def scenario(folder, name, words):
    """Writes the scenario `name` with its capital words replaced; where it is."""
    with open(os.path.join(SCENARIOS, name + ".xml"), encoding="utf-8") as file:
        text = file.read()
    for word, value in words.items():
        text = text.replace(word, value)
    path = os.path.join(folder, name + ".xml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def start_server(folder, name, words, port):
    """SIPp as server on `port`, listening when this returns; the caller ends it."""
    command = ["sipp", "-sf", scenario(folder, name, words), "-i", "127.0.0.1", "-p", str(port), "-nostdin", "-buff_size", str(BUFFER),
               "-deadcall_wait", "0"]  # a repeated request is answered again
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None and not is_bound(port):
        pass
    return process


def is_bound(port):
    with open("/proc/net/udp", encoding="ascii") as file:
        return any(line.split()[1].endswith(f":{port:04X}") for line in file.readlines()[1:])


def ask(folder, name, words, port, requests, rate):
    """Sends `requests` calls of a scenario to `port`; ends the program unless each was answered as the scenario wants."""
    stat = os.path.join(folder, "stat.csv")
    command = ["sipp", f"127.0.0.1:{port}", "-sf", scenario(folder, name, words), "-i", "127.0.0.1", "-p", str(free_port()), "-m", str(requests),
               "-r", str(rate), "-l", "10000", "-nostdin", "-timeout", "120", "-buff_size", str(BUFFER), "-trace_stat", "-stf", stat]
    subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False, timeout=180)
    with open(stat, encoding="utf-8") as file:
        rows = [row.split(";") for row in file.read().splitlines()]
    answered = int(rows[-1][rows[0].index("SuccessfulCall(C)")])
    repeated = int(rows[-1][rows[0].index("Retransmissions(C)")])
    os.remove(stat)
    if answered < requests:
        sys.exit(f"{name} {words}: {answered} of {requests} were answered")
    return repeated
