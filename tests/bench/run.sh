#!/usr/bin/env bash
# Runs the benchmarks of the release build. --smoke: each just long enough to show that it works. Further arguments go to each of them
# (--benchmark_filter=...). Every binary prints the reference that its figures are to be held against, measured in the same run.
set -euo pipefail
cd "$(dirname "$0")/../.."
arguments=()
requests=50000
for argument in "$@"; do
  if [ "$argument" = --smoke ]; then arguments+=(--benchmark_min_time=0.01) requests=2000; else arguments+=("$argument"); fi
done
for bench in build/release/bench/*_bench; do
  echo "== $(basename "$bench")"
  "$bench" "${arguments[@]}"
done
echo "== answer_requests"
python3 tests/bench/answer_requests.py build/release/bin "$requests"
