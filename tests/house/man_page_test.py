"""Holds a tool's man page against its --help: every option and subcommand stands in both. Usage: man_page_test.py TOOL PAGE"""
import re
import subprocess
import sys

tool, page_path = sys.argv[1], sys.argv[2]


def options_of(text):
    return set(re.findall(r"(?<![\w-])--[a-z][a-z0-9-]+", text))


def help_of(*words):
    return subprocess.run([tool, *words, "--help"], capture_output=True, text=True, check=True, timeout=60).stdout


top = help_of()
commands = re.findall(r"^  ([a-z]+)  +", top.split("Subcommands:")[1], re.M) if "Subcommands:" in top else []
helped = options_of(top.split("Examples:")[0])
for command in commands:
    helped |= options_of(help_of(command).split("Examples:")[0])

page = open(page_path, encoding="utf-8").read().replace("\\-", "-")
documented = set(re.findall(r"^\.B[IR]? .*", page, re.M))
documented = options_of("\n".join(documented))
problems = [f"{page_path}: {option} stands in --help, not in the page (as .B or .BI)" for option in sorted(helped - documented)]
problems += [f"{page_path}: {option} stands in the page, not in --help" for option in sorted(documented - helped)]
problems += [f"{page_path}: the subcommand {c} is not described" for c in commands if not re.search(rf"^\.(B|SS|BI|BR) .*\b{c}\b", page, re.M)]
print("\n".join(problems) or f"{len(helped)} options, {len(commands)} subcommands: the page and --help agree")
sys.exit(1 if problems else 0)
