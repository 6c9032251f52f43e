"""CPU of the gateway for a chat set-up, from POST /Chat to the events of sender and receiver: rcsgw-serve in front of a simulated core that is
another process, its clients holding an event stream each (chat_callers.cpp). The reference in the same run is SIPp doing the SIP legs of both
users through such a core, without HTTP, JSON, events or users: INVITE with CPIM and SDP, 180, 200, ACK, and the UPDATE that says `accepted`.
Usage: chat_setups.py BUILD_FOLDER [--smoke]. Fails when a set-up is lost."""
import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile

BUILD = sys.argv[1]
SMOKE = "--smoke" in sys.argv[2:]
PAIRS = 200
SETUPS = 300 if SMOKE else 4000
RATE = 150  # a second: what the simulated core, with every node on one processor, carries without a queue
AIM_US = 150  # POST to both events
PATIENCE = 120  # seconds; a bound, never a pause
HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "sipp")


@contextlib.contextmanager
def tool(name, *arguments):
    """A tool of ours, and the words of its ready line."""
    process = subprocess.Popen([os.path.join(BUILD, "bin", name), *arguments, "-q"], stdout=subprocess.PIPE, text=True)
    try:
        yield process, dict(word.split("=", 1) for word in process.stdout.readline().split() if "=" in word)
    finally:
        process.kill()
        process.wait()


def gateway_rounds():
    with tool("ims-sim", "core", "--port", "0") as (_, core), \
            tool("rcsgw-serve", "--listen", "127.0.0.1:0", "--sip", "127.0.0.1:0", "--core", core["core"]) as (gateway, ready):
        callers = subprocess.run([os.path.join(BUILD, "bench", "chat_callers"), ready["http"], str(gateway.pid), str(PAIRS), str(SETUPS), str(RATE)],
                                 stdout=subprocess.PIPE, text=True, check=False)
    if callers.returncode != 0:
        sys.exit("chat set-ups through the gateway failed")
    return [json.loads(line) for line in callers.stdout.splitlines()]


def free_port(kind):
    with socket.socket(socket.AF_INET, kind) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def sipp(folder, scenario, core, port, count, *more):
    command = ["sipp", core.removeprefix("sip:"), "-sf", os.path.join(HERE, scenario + ".xml"), "-i", "127.0.0.1", "-p", str(port), "-m", str(count),
               "-nostdin", "-timeout", str(PATIENCE), "-timeout_error", *more]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def cpu_of(scenario, process):
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"sipp {scenario}: ended with {process.returncode}, a set-up was lost")
    return usage.ru_utime + usage.ru_stime


def users_file(folder, name, rows):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="ascii") as file:
        file.write("SEQUENTIAL\n" + "".join(row + "\n" for row in rows))
    return path


def reference():
    """CPU of both SIPp for a set-up, in microseconds."""
    senders = [f"0{1_000_000_000 + 2 * i}" for i in range(PAIRS)]
    receivers = [f"0{1_000_000_001 + 2 * i}" for i in range(PAIRS)]
    with tempfile.TemporaryDirectory() as folder, tool("ims-sim", "core", "--port", "0") as (_, ready):
        core = ready["core"]
        calling, answering = free_port(socket.SOCK_DGRAM), free_port(socket.SOCK_STREAM)
        # The invitation that reaches the receiver is past what UDP carries (RFC 3261 section 18.1.1).
        for users, port, transport in ((senders, calling, "udp"), (receivers, answering, "tcp")):
            registering = sipp(folder, "chat_register", core, free_port(socket.SOCK_DGRAM), PAIRS, "-r", "500", "-inf",
                               users_file(folder, "users.csv", users), "-key", "contact_port", str(port), "-key", "contact_transport", transport)
            cpu_of("chat_register", registering)
        called = sipp(folder, "chat_answer", core, answering, SETUPS, "-t", "t1")
        pairs = users_file(folder, "pairs.csv", [f"{a};{b}" for a, b in zip(senders, receivers)])
        call = sipp(folder, "chat_call", core, calling, SETUPS, "-r", str(RATE), "-l", "5000", "-inf", pairs)
        return (cpu_of("chat_call", call) + cpu_of("chat_answer", called)) / SETUPS * 1e6


def main():
    theirs = reference()
    told, accepted = gateway_rounds()
    print(f"{SETUPS} chat set-ups, {RATE} a second between {PAIRS} pairs of users, CPU a set-up (user and system):")
    print(f"  reference: sipp, both legs          {theirs:6.0f} us")
    print(f"  gateway, POST to both accepted      {accepted['cpu_us']:6.0f} us   ratio {accepted['cpu_us'] / theirs:.2f}   "
          f"took {accepted['median_ms']:.1f} ms (median), {accepted['p99_ms']:.1f} ms (99 of 100)")
    print(f"  gateway, POST to both events        {told['cpu_us']:6.0f} us   {told['cpu_us'] / AIM_US:.2f} of the aim of {AIM_US} us   "
          f"took {told['median_ms']:.1f} ms (median), {told['p99_ms']:.1f} ms (99 of 100)")


main()
