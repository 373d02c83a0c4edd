#!/usr/bin/env bash
# Makes a folder with a minimal Debian or Ubuntu, of the release and from the mirror that this machine uses.
# Usage: clean-root.sh FOLDER [PACKAGE …], with packages to install
# The first run keeps an archive beside the folder, and later ones unpack it. Needs root.
set -euo pipefail

folder=$1
packages=$(IFS=,; echo "${*:2}")
. /etc/os-release
archive=$(dirname "$folder")/$VERSION_CODENAME-$(printf '%s' "$packages" | sha256sum | cut -c -16).tar
if [ ! -e "$archive" ]; then
    mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | head -n 1)
    mmdebstrap --quiet --format=tar --variant=minbase ${packages:+--include="$packages"} "$VERSION_CODENAME" "$archive.new" "$mirror"
    mv "$archive.new" "$archive"
fi
rm -rf "$folder"
mkdir -p "$folder"
tar -C "$folder" -xf "$archive"
