#!/usr/bin/env bash
# Everything: installs what is missing, builds with sanitizers, runs unit, house, fuzz, end-to-end and interop tests; then a release
# build with a short smoke of each benchmark (in CI also of those that are held against a server from Debian). Usage: tests/run.sh [CTEST-ARGUMENTS]. Ends non-zero on any failure.
set -euo pipefail
cd "$(dirname "$0")/.."
tests/install.sh build test bench ${CI:+reference optional}

export CCACHE_DIR=${CCACHE_DIR:-$PWD/build/ccache} CMAKE_CXX_COMPILER_LAUNCHER=ccache
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1:strict_string_checks=1} UBSAN_OPTIONS=print_stacktrace=1
jobs=$(nproc)

cmake --preset dev >/dev/null
cmake --build --preset dev -j "$jobs"
ctest --test-dir build/dev --output-on-failure -j "$jobs" "$@"

[ $# -gt 0 ] && exit 0  # a chosen few tests: no release build
cmake --preset release >/dev/null
cmake --build --preset release -j "$jobs"
tests/bench/run.sh --smoke
