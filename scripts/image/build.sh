#!/usr/bin/env bash
# Builds the Debian package in an image that has Swift.
# Usage: build.sh FOLDER [ARGUMENT …], with arguments for make
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
apt-get update --quiet=2
DEBIAN_FRONTEND=noninteractive apt-get install --quiet=2 --yes --no-install-recommends make
make -C "$root" deb "${@:2}"
mkdir -p "$1"
mv "$root"/.build/sendlog_*.deb "$1"
