#!/usr/bin/env bash
# Runs the benchmarks of the release build. Every one prints the reference that its figures are to be held against, measured in the same
# run. Usage: tests/bench/run.sh [--smoke] [ARGUMENTS OF GOOGLE BENCHMARK]. Without --smoke the references are installed from Debian first;
# with it each benchmark runs just long enough to show that it works, and one whose reference is not there is named and left out.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=build/release
smoke=
arguments=()
for argument in "$@"; do
  if [ "$argument" = --smoke ]; then smoke=yes; else arguments+=("$argument"); fi
done
if [ -n "$smoke" ]; then arguments+=(--benchmark_min_time=0.01); else
  tests/install.sh build bench reference
  # One of them is linked.
  cmake --preset release >/dev/null
  cmake --build --preset release
fi

# against PROGRAM SCRIPT ARGUMENTS: a comparison with a program that may not be there.
against() {
  local program=$1 script=$2
  shift 2
  echo "== $script"
  if PATH=$PATH:/usr/sbin command -v "$program" >/dev/null; then
    python3 "tests/bench/$script" "$@"
  else
    echo "left out: no $program here"
  fi
}

for bench in "$build"/bench/*_bench; do
  echo "== $(basename "$bench")"
  "$bench" "${arguments[@]}"
done
echo "== dialog_memory"
"$build/bench/dialog_memory" ${smoke:+50 alone}
echo "== msrp_huge"
"$build/bench/msrp_huge" ${smoke:+1}
echo "== msrp_receive"
"$build/bench/msrp_receive" ${smoke:+--smoke}
echo "== load_scale.py"
python3 tests/bench/load_scale.py "$build/bin" ${smoke:+--smoke}
against sipp answer_requests.py "$build/bin" ${smoke:+2000}
against kamailio proxy_requests.py "$build/bin" ${smoke:+2000}
against kamailio relay_chunks.py "$build/bench" ${smoke:+2000}
against sipp chat_setups.py "$build" ${smoke:+--smoke}
against nginx deliver_events.py "$build/bench" ${smoke:+--smoke}
