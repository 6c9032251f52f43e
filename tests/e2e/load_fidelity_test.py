"""ims-sim load at its three fidelities, with loss and busy nodes, and shared among processes by mpirun."""
import json
import os
import shutil
import subprocess
import sys

from tools import check, run

LOAD = ("load", "--hours", "1", "--json", "-q")
SMALL = (*LOAD, "--users", "3000")


def result(*arguments, of=SMALL):
    code, out, words = run("ims-sim", *of, *arguments)
    check(code == 0, (arguments, code, words))
    return json.loads(out)


# Where nothing is lost and nobody waits, only the name of the fidelity differs.
flow, transaction = result(), result("--fidelity", "transaction")
few, wire = (result("--users", "60", *arguments, of=LOAD) for arguments in ((), ("--fidelity", "wire")))
for one, other in ((flow, transaction), (few, wire)):
    for key in ("sessions", "devices", "delays", "nodes", "core_messages_per_set_up"):
        check(one["summary"][key] == other["summary"][key], (key, one["summary"][key], other["summary"][key]))
    check(other["summary"]["trouble"]["lost"] == 0, other["summary"]["trouble"])
check("trouble" not in flow["summary"], "flow knows no trouble")

# Loss costs messages and time, chats hardly; a node that is too slow refuses some.
lossy = result("--fidelity", "transaction", "--loss", "0.05")["summary"]
check(lossy["trouble"]["lost"] > 0 and lossy["trouble"]["sent_again"] > 0, lossy["trouble"])
check(lossy["nodes"][1]["messages"]["mean"] > flow["summary"]["nodes"][1]["messages"]["mean"], "no message was sent again")
slow = result("--fidelity", "transaction", "--sites", "1", "--workers", "o-cscf=1", "--service", "o-cscf=30ms", "--queue", "o-cscf=5")["summary"]["trouble"]
check(slow["nodes"].keys() == {"o-cscf"} and slow["nodes"]["o-cscf"]["refused"] > 0, slow)
check(sum(fate["refused"] for fate in slow["sessions"].values()) > 0, slow)
check(all(fate["answered"] + fate["refused"] + fate["timed_out"] == fate["sessions"] for fate in slow["sessions"].values()), slow)
code, out, _ = run("ims-sim", *[word for word in SMALL if word != "--json"], "--fidelity", "transaction", "--loss", "0.05", "--workers", "4", "--service", "1ms")
check(code == 0 and "What became of the chats" in out and "Work of the nodes" in out, out)

for arguments, wish in (
        (("--fidelity", "exact"), "--fidelity: expected flow, transaction or wire"),
        (("--loss", "0.1"), "loss: expected 0 at flow fidelity"),
        (("--loss", "2", "--fidelity", "wire"), "--loss: expected 0 to 1"),
        (("--workers", "4"), "workers: only the transaction fidelity"),
        (("--workers", "p-cscf=4"), "--workers: expected one of gateway, o-cscf, o-imas, t-cscf, t-imas, got"),
        (("--workers", "many"), "--workers: expected 0 to 100000"),
        (("--service", "o-cscf=fast"), "--service: expected a delay such as"),
        (("--queue", "-1"), "--queue: expected 0 to"),
        (("--sites", "0"), "--sites: expected 1 to 65536")):
    code, _, words = run("ims-sim", *SMALL, *arguments)
    check(code == 2 and wish in words, (arguments, code, words))

# Any number of processes finds the same.
ims_sim = os.path.join(sys.argv[1], "ims-sim")
mpirun = shutil.which("mpirun")
if mpirun and b"libmpi" in subprocess.run(["ldd", ims_sim], capture_output=True, check=True).stdout:
    # Root as in a container; MPI itself leaks at its end, which is not ours to report.
    environment = dict(os.environ, OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1", ASAN_OPTIONS="detect_leaks=0")
    for arguments in ((), ("--fidelity", "transaction", "--loss", "0.05", "--replications", "2")):
        alone = run("ims-sim", *SMALL, *arguments)[1]
        done = subprocess.run([mpirun, "--oversubscribe", "-n", "3", ims_sim, *SMALL, *arguments, "--threads", "1"], capture_output=True, text=True,
                              env=environment, timeout=300, check=False)
        check(done.returncode == 0 and done.stdout == alone, (done.returncode, done.stdout[:300], done.stderr))
else:
    check(not os.environ.get("CI"), "built without MPI, or mpirun is not installed")
    print("load: nothing shared among processes: not built with MPI, or no mpirun")
print("ok")
