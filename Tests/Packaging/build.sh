#!/usr/bin/env bash
# Runs the step of the Dockerfile's first stage in a clean root, which has what the image of Swift has. Swift itself, and the
# project with its finished debug build, are those of this machine, under the same paths; what the step writes is discarded.
# Usage: build.sh ROOT SWIFT FOLDER, with this machine's network, in mount and process namespaces of its own; writes the package
# into FOLDER
set -euo pipefail

root=$1
swift=$(readlink -f "$(command -v "$2")")
toolchain=${swift%/usr/bin/*}
folder=$3
project=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# SwiftPM keeps here what the manifests of all packages say.
cache=$HOME/.cache/org.swift.swiftpm

echo "package: build in a clean root"
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
cp -L /etc/resolv.conf "$root/etc/resolv.conf"
mkdir -p "$root/package" "$folder/archives" "$root$toolchain"
mount --bind "$folder" "$root/package"
mount --bind "$folder/archives" "$root/var/cache/apt/archives"
mount --bind -o ro "$toolchain" "$root$toolchain"
changes=$(mktemp -d)
mount -t tmpfs tmpfs "$changes"
# Mounts a folder under its own path, so that changes of it are discarded. Usage: copy FOLDER NAME
copy() {
    mkdir -p "$changes/$2/upper" "$changes/$2/work" "$root$1"
    mount -t overlay overlay -o "lowerdir=$1,upperdir=$changes/$2/upper,workdir=$changes/$2/work" "$root$1"
}
copy "$project" project
[ ! -d "$cache" ] || copy "$cache" cache

log=$folder/build.log
chroot "$root" env HOME="$HOME" PATH="${swift%/*}:/usr/sbin:/usr/bin:/sbin:/bin" COMPRESSION="${COMPRESSION:-xz}" \
    "$project/scripts/image/build.sh" /package PACKAGED=debug >"$log" 2>&1 \
    || { tail -n 40 "$log" >&2; echo "package: failed: build.sh" >&2; exit 1; }
