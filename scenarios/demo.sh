#!/usr/bin/env bash
# Installs what is missing, builds, and runs the chat set-up of scenarios/paper/figure-3-open-api.yaml live on loopback: every message
# as a ladder, and the counts. A second run builds nothing. Further arguments go to ims-sim run (--report DIR, --virtual ...).
set -euo pipefail
cd "$(dirname "$0")/.."
tests/install.sh build

export CCACHE_DIR=${CCACHE_DIR:-$PWD/build/ccache} CMAKE_CXX_COMPILER_LAUNCHER=ccache
if [ ! -e build/demo/build.ninja ]; then
  cmake -S . -B build/demo -G Ninja -DCMAKE_BUILD_TYPE=Release -DBUILD_TESTING=OFF >/dev/null
fi
cmake --build build/demo -j "$(nproc)" | tail -n 1 >&2
build/demo/bin/ims-sim run --live --ladder "$@" scenarios/paper/figure-3-open-api.yaml
