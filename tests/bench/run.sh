#!/usr/bin/env bash
# Runs the benchmarks of the release build. --smoke: each just long enough to show that it works. Further arguments go to each of them
# (--benchmark_filter=...). Every binary prints the reference that its figures are to be held against, measured in the same run.
set -euo pipefail
cd "$(dirname "$0")/../.."
arguments=()
for argument in "$@"; do
  if [ "$argument" = --smoke ]; then arguments+=(--benchmark_min_time=0.01); else arguments+=("$argument"); fi
done
for bench in build/release/bench/*_bench; do
  echo "== $(basename "$bench")"
  "$bench" "${arguments[@]}"
done
