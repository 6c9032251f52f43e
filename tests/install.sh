#!/usr/bin/env bash
# Installs what is missing of tests/packages.txt. Usage: tests/install.sh build [test] [bench] [reference] [optional]. Asks apt for nothing when all is there.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

installed() { [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null || true)" = installed ]; }

missing=()
while read -r kind names; do
  [[ $kind == \#* || -z $kind || " $* " != *" $kind "* ]] && continue
  found=
  for name in ${names//|/ }; do installed "$name" && found=$name && break; done
  [ -n "$found" ] || missing+=("$names")
done < "$here/packages.txt"
[ ${#missing[@]} -eq 0 ] && exit 0

as_root=()
if [ "$(id -u)" != 0 ]; then
  command -v sudo >/dev/null || { echo "tests/install.sh: these packages are missing and need root to install: ${missing[*]}" >&2; exit 3; }
  as_root=(sudo)
fi
"${as_root[@]}" apt-get update -qq
chosen=()
for names in "${missing[@]}"; do
  pick=
  for name in ${names//|/ }; do
    if [ -n "$(apt-cache show --no-all-versions "$name" 2>/dev/null)" ]; then pick=$name; break; fi
  done
  [ -n "$pick" ] || { echo "tests/install.sh: this system offers none of: $names" >&2; exit 3; }
  chosen+=("$pick")
done
echo "installing: ${chosen[*]}" >&2
# Nobody asked for a SIP proxy and a web server to run: policy-rc.d is how Debian is told not to start what it installs.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap '"${as_root[@]}" rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
  "${as_root[@]}" chmod 755 "$policy"
fi
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${chosen[@]}" >/dev/null
