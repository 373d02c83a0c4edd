#!/usr/bin/env bash
# Installs the tests' Python packages from PyPI into a virtual environment under .build, unless they are installed already,
# and prints the path of its Python. Needs python3-venv, and flock, as tests may run it at the same time.
# Usage: python.sh
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
venv=$root/.build/python
mkdir -p "$root/.build"
flock "$venv.lock" timeout 600 bash -ec '
    cmp --silent "$2" "$1/requirements.txt" && exit 0
    "$1/bin/python" -c "" 2>/dev/null || { rm -rf "$1" && python3 -m venv "$1"; }
    "$1/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --requirement "$2"
    cp "$2" "$1/requirements.txt"
' bash "$venv" "$root/Tests/requirements.txt" >&2
echo "$venv/bin/python"
