"""ims-sim load from the shell: the published numbers, the same result for any number of threads, the report, who writes to whom,
files of options, wrong input."""
import csv
import json
import os
import shutil
import struct
import tempfile

from tools import check, run

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
FIGURE = os.path.join(ROOT, "scenarios/paper/figure-4.yaml")
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
    if shutil.which("rsvg-convert") or os.environ.get("CI"):
        for name in ("rules", "day", "devices"):
            png = open(os.path.join(report, name + ".png"), "rb").read()
            check(png[:8] == b"\x89PNG\r\n\x1a\n" and struct.unpack(">II", png[16:24]) == (800, 450), name + ".png: " + repr(png[:24]))
        check("PNG" not in words, words)
    else:
        print("load: no PNG looked at: rsvg-convert (librsvg2-bin) is not installed")
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

with tempfile.TemporaryDirectory() as folder:
    # Without the program that draws them there are no PNG pictures, and all else.
    path = os.environ["PATH"]
    os.environ["PATH"] = folder
    try:
        code, _, words = run("ims-sim", *SMALL, "--out", os.path.join(folder, "day"))
    finally:
        os.environ["PATH"] = path
    check(code == 0, (code, words))
    told = [line for line in words.splitlines() if "librsvg2-bin" in line]
    check(len(told) == 1, words)
    names = set(os.listdir(os.path.join(folder, "day")))
    check({"report.html", "rules.svg", "day.svg", "devices.svg"} <= names and not any(name.endswith(".png") for name in names), names)

    # Everybody writes to user 0, but for users 0 and 1.
    pairs = os.path.join(folder, "pairs")
    with open(pairs, "w", encoding="utf-8") as file:
        file.write("# a star\n1 2 3.5\n" + "".join(f"{user} 0\n" for user in range(2, 500)))
    star = ("load", "--users", "500", "--hours", "6", "--receivers", pairs, "--json", "-q")
    code, out, words = run("ims-sim", *star)
    check(code == 0, (code, words))
    result = json.loads(out)
    check(result["options"]["receiver_pairs"] == 499, result["options"])
    most = max(kind["receiver"]["max"] for kind in result["summary"]["devices"].values())
    check(most > 0.95 * 2 * result["summary"]["sessions"]["total"], "not all wrote to user 0: " + out)
    check(run("ims-sim", *star, "--threads", "3")[1] == out, "3 threads found something else")
    with open(pairs, "a", encoding="utf-8") as file:
        file.write("3 500\n")
    code, _, words = run("ims-sim", *star)
    check(code == 2 and f'--receivers: {pairs}:501: receiver: expected a user number from 0 to 499, got "500"' in words, (code, words))
    code, _, words = run("ims-sim", "load", "--receivers", pairs, "--sweep", "users=400,600")
    check(code == 2 and f'{pairs}:401: sender: expected a user number from 0 to 399, got "400"' in words, (code, words))

    # The published figure: its numbers, and its picture as it stands beside the file.
    figure = os.path.join(folder, "figure-4")
    code, out, words = run("ims-sim", "load", "--config", FIGURE, "--users", "20000", "--json", "--out", figure)
    check(code == 0, (code, words))
    result = json.loads(out)
    check(result["options"]["users"] == 20000 and result["options"]["mean_per_day"] == 25, result["options"])
    paper = result["rules"][0]
    check(paper["rule"] == "paper" and paper["standard"] == {"sender": 2, "receiver": 2}, paper)
    check(paper["open_api"] == {"sender": 3, "receiver": 3} and paper["ratio"] == 1.5, paper)
    check(abs(result["summary"]["device_ratio"]["mean"] - 1.5) < 0.02, result["summary"]["device_ratio"])
    by_rule = result["summary"]["devices_by_rule"]
    check(set(by_rule) == {"paper", "ack", "provisional", "rfc3261", "wire"}, by_rule)
    # A Poisson law's variance is its mean, here of set-ups with 2 messages each: twice the mean number of messages.
    both = by_rule["paper"]["standard"]["total"]
    check(abs(both["variance"] / both["mean"]["mean"] / 2 - 1) < 0.05, both)
    with open(os.path.join(figure, "rules.svg"), encoding="utf-8") as drawn, open(os.path.join(ROOT, "scenarios/paper/figure-4.svg"), encoding="utf-8") as kept:
        check(drawn.read() == kept.read(), "scenarios/paper/figure-4.svg is not what figure-4.yaml draws")

    # Every option may stand in a file, with lists for what may be repeated; the command line wins; files are named from its folder.
    config = os.path.join(folder, "load.yaml")
    with open(config, "w", encoding="utf-8") as file:
        file.write("load:\n  users: 600\n  mean: 30\n  hours: 1\n  seed: 5\n  profile: weights\n  receivers: two\n  sweep: [zipf=0..1:1, mean=20]\n")
    with open(os.path.join(folder, "weights"), "w", encoding="utf-8") as file:
        file.write("1\n3\n")
    with open(os.path.join(folder, "two"), "w", encoding="utf-8") as file:
        file.write("5 6\n7 8\n")
    code, out, words = run("ims-sim", "load", "--config", config, "--json", "-q", "--users", "700")
    check(code == 0 and len(out.splitlines()) == 2, (code, out, words))
    options = json.loads(out.splitlines()[1])["options"]
    check((options["users"], options["seed"], options["zipf"], options["mean_per_day"], options["receiver_pairs"]) == (700, 5, 1, 20, 2), options)
    check(options["profile"] == [0.5, 1.5], options)
    given = run("ims-sim", "load", "--users", "700", "--hours", "1", "--seed", "5", "--profile", os.path.join(folder, "weights"), "--receivers",
                os.path.join(folder, "two"), "--sweep", "zipf=0..1:1", "--sweep", "mean=20", "--json", "-q")[1]
    check(given == out, "the same options as words found something else")
    code, out, words = run("ims-sim", "load", "--config", config, "--json", "-q", "--sweep", "mean=1")
    check(code == 0 and len(out.splitlines()) == 1, "a sweep on the command line replaces those of the file: " + words)

    code, out, words = run("ims-sim", "lint", config, FIGURE)
    check(code == 0 and out.count("good: options of ims-sim load") == 2, (code, out, words))
    with open(config, "w", encoding="utf-8") as file:
        file.write("load:\n  usrs: 600\n  mean: fast\n  sweep: [mean=5, speed=1]\n  profile: none\n  share-open-api: 1.5\n")
    for arguments in (("lint", config), ("load", "--config", config, "--mean", "5")):
        code, _, words = run("ims-sim", *arguments)
        lines = words.splitlines()
        check(code == 2 and len(lines) == 5, (arguments, code, words))
        for line, wish in zip(lines, ('2:3: load: expected one of the keys users, ', '3:9: load.mean: expected more than 0 and at most 2000 texts a day, got "fast"',
                                      "4:19: load.sweep: expected users, mean, ", "5:12: load.profile: " + os.path.join(folder, "none") + ": No such file",
                                      '6:19: load.share-open-api: expected 0 to 1, got "1.5"')):
            check(line.startswith(config + ":" + wish), (line, wish))
        check('did you mean "users"?' in lines[0], lines[0])
    code, _, words = run("ims-sim", "load", "--config", os.path.join(folder, "nothing.yaml"))
    check(code == 2 and "--config: " in words and "nothing.yaml" in words, (code, words))

for arguments, wish in ((("--users", "1"), "users: expected 2 to"), (("--mean", "0"), "mean: expected"), (("--share-open-api", "1.5"), "share-open-api: expected"),
                        (("--access-delay", "fast"), '--access-delay: expected a delay such as 5ms'), (("--hours", "-1"), "--hours: expected"),
                        (("--count-rule", "mine"), "--count-rule: counting rule: expected paper"), (("--replications", "0"), "replications: expected"),
                        (("--sweep", "speed=1"), "--sweep: expected users"), (("--events", "fax"), "--events"), (("--trace", "x"), "--trace"), (("--profile", "/no/such/file"), "/no/such/file")):
    code, _, words = run("ims-sim", "load", *arguments)
    check(code == 2 and wish in words, (arguments, code, words))
print("load: good")
