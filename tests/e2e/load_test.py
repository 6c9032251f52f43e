"""ims-sim load from the shell: the published numbers, the same result for any number of threads, the report, wrong input."""
import csv
import json
import os
import tempfile

from tools import check, run

SMALL = ("load", "--users", "5000", "--hours", "2", "--profile", "daily")

code, out, words = run("ims-sim", *SMALL, "--json", "--threads", "1")
check(code == 0 and len(out.splitlines()) == 1, (code, out, words))
check("\r" not in words, "a progress line where no terminal is: " + words)
result = json.loads(out)
for threads in ("2", "5"):
    check(run("ims-sim", *SMALL, "--json", "--threads", threads)[1] == out, threads + " threads found something else")
check(run("ims-sim", *SMALL, "--json", "--seed", "2")[1] != out, "another seed found the same")

code, text, words = run("ims-sim", *SMALL, "--replications", "2")
check(code == 0 and "1.50" in text, (code, text, words))
check("hops" in words, "how fast it went: " + words)
code, _, words = run("ims-sim", "-q", *SMALL)
check(code == 0 and words == "", (code, words))

with tempfile.TemporaryDirectory() as folder:
    report = os.path.join(folder, "day")
    weights = os.path.join(folder, "weights")
    with open(weights, "w", encoding="utf-8") as file:
        file.write("# mornings only\n1\n0\n")
    code, _, words = run("ims-sim", "load", "--users", "5000", "--profile", weights, "--access-delay", "10ms+exp(15ms)", "--out", report)
    check(code == 0, (code, words))
    with open(os.path.join(report, "by-minute.csv"), encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    busy = [int(row["minute"]) for row in rows if int(row["messages"]) > 0]
    check(busy and max(busy) <= 12 * 60, "traffic in the afternoon")  # the last of noon end in its minute
    check(json.load(open(os.path.join(report, "result.json"), encoding="utf-8")), "an empty result")
    page = open(os.path.join(report, "report.html"), encoding="utf-8").read()
    check("<svg" in page and "<script" not in page and "src=" not in page, "not a page by itself")

    grid = os.path.join(folder, "grid")
    code, text, words = run("ims-sim", "load", "--users", "500", "--hours", "1", "--sweep", "mean=50..150:50", "--sweep", "share-open-api=0,1",
                            "--replications", "2", "--out", grid)
    check(code == 0, (code, words))
    with open(os.path.join(grid, "sweep.csv"), encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    check(len(rows) == 3 * 2 * 2 and {row["mean"] for row in rows} == {"50", "100", "150"}, rows)
    check("<polyline" in open(os.path.join(grid, "sweep.svg"), encoding="utf-8").read(), "no line in the picture")

    with open(weights, "w", encoding="utf-8") as file:
        file.write("1\nmany\n")
    code, _, words = run("ims-sim", "load", "--profile", weights)
    check(code == 2 and f'{weights}:2: expected a number, 0 or more, got "many"' in words, (code, words))
    code, _, words = run("ims-sim", *SMALL, "--out", os.path.join(weights, "below-a-file"))
    check(code != 0 and "below-a-file" in words, (code, words))

for arguments, wish in ((("--users", "1"), "users: expected 2 to"), (("--mean", "0"), "mean: expected"), (("--share-open-api", "1.5"), "share-open-api: expected"),
                        (("--access-delay", "fast"), '--access-delay: expected a delay such as 5ms'), (("--hours", "-1"), "--hours: expected"),
                        (("--count-rule", "mine"), "--count-rule: counting rule: expected paper"), (("--replications", "0"), "replications: expected"),
                        (("--sweep", "speed=1"), "--sweep: expected users"), (("--events", "fax"), "--events"), (("--trace", "x"), "--trace"), (("--profile", "/no/such/file"), "/no/such/file")):
    code, _, words = run("ims-sim", "load", *arguments)
    check(code == 2 and wish in words, (arguments, code, words))
print("load: good")
