#!/usr/bin/env bash
# Installs the Debian package in an image, with what it depends on, and without what only an installation needs.
# Usage: install.sh FOLDER, with the package
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
apt-get update --quiet=2
DEBIAN_FRONTEND=noninteractive apt-get install --quiet=2 --yes --no-install-recommends "$1"/sendlog_*.deb
install -D -m 755 "$here/health.sh" /usr/lib/sendlog/health.sh
rm -rf /var/lib/apt/lists/*
