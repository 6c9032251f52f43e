#!/usr/bin/env python3
"""What a hop of ims-sim load costs, and how much memory a user, from ten thousand users to a hundred million.

Usage: load_scale.py FOLDER_WITH_BINARIES [--smoke]. CPU time of all threads; larger populations run a shorter part of the day, so that
each has about as many hops. Fails when a run does, never on a timing."""
import json
import os
import subprocess
import sys

HOPS_A_USER_AND_HOUR = 48  # about; 25 texts a day of 46 hops each
BASE = 10_000


def run(ims_sim, users, hours):
    """Hops, CPU seconds and peak memory in octets of one run."""
    process = subprocess.Popen([ims_sim, "load", "--users", str(users), "--hours", str(hours), "--json", "-q"], stdout=subprocess.PIPE)
    out = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"load_scale: ims-sim load with {users} users ended with {process.returncode}")
    hops = sum(each["hops"] for each in json.loads(out)["replications"])
    return hops, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


def main():
    smoke = "--smoke" in sys.argv[1:]
    folder = [word for word in sys.argv[1:] if not word.startswith("-")][0]
    ims_sim = os.path.join(folder, "ims-sim")
    most_hops = 3e6 if smoke else 1.2e9
    print(f"{'users':>12} {'hours':>8} {'hops':>14} {'CPU s':>8} {'ns a hop':>9} {'memory MB':>10} {'octets a user':>14}")
    empty = run(ims_sim, BASE, 0.001)[2]  # the program itself
    for power in range(4, 7 if smoke else 9):
        users = 10 ** power
        hours = min(24, most_hops / (HOPS_A_USER_AND_HOUR * users))
        hops, cpu, memory = run(ims_sim, users, hours)
        a_user = f"{(memory - empty) / users:.1f}" if users >= 1_000_000 else "-"  # of fewer it would drown in all else
        print(f"{users:>12,} {hours:>8.3g} {hops:>14,} {cpu:>8.2f} {1e9 * cpu / hops:>9.1f} {memory / 1e6:>10.1f} {a_user:>14}")


main()
