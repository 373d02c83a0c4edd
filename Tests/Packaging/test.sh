#!/usr/bin/env bash
# Packages a built program, and tries the package in clean roots: install, use, upgrade, remove, with systemd and without.
# Usage: test.sh SWIFT PROGRAM GENERATE_MANUAL FOLDER
# Needs root, because it changes to another root. The package is used in a network of its own, so all ports are free.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
folder=$4
[ "$(id -u)" -eq 0 ] || exec sudo -n "${BASH_SOURCE[0]}" "$@"

export COMPRESSION="gzip -z1"
mkdir -p "$folder"
rm -f "$folder"/sendlog_*.deb
notes=()
if [[ $(readlink -f "$(command -v "$1")") == /usr/bin/* ]]; then
    "$root/scripts/deb.sh" "$1" "$2" "$3" "$folder"
    notes+=("scripts/image/build.sh was not run, because Swift is a part of /usr here")
else
    # What Swift itself needs, as its image has it.
    "$root/scripts/clean-root.sh" "$folder/build" binutils ca-certificates g++ git libcurl4 libncurses6 libsqlite3-0 libxml2 tzdata
    unshare --mount --pid --fork --kill-child "$here/build.sh" "$folder/build" "$1" "$folder"
    rm -rf "$folder/build"
fi
package=$(echo "$folder"/sendlog_*.deb)

# The libraries of Swift that a debug build needs are found by a path within the toolchain as well.
lintian --allow-root --fail-on error --suppress-tags custom-library-search-path --tag-display-limit 0 "$package"

depends=$(dpkg-deb --field "$package" Depends | sed 's/ *([^)]*)//g; s/ *|[^,]*//g; s/, */ /g')
# shellcheck disable=SC2086
"$root/scripts/clean-root.sh" "$folder/root" $depends systemd
unshare --mount --net --pid --fork --kill-child "$here/trial.sh" "$folder/root" "$package"

status=0
echo "package: run by systemd"
unshare --mount --fork --kill-child "$here/unit.sh" "$folder/root" "$package" || status=$?
if [ "$status" -eq 77 ]; then
    notes+=("the unit was not run, because cgroup2 cannot be mounted here")
elif [ "$status" -ne 0 ]; then
    echo "package: failed: the unit" >&2
    tail -n 60 "$folder/root/trial.log" >&2
    exit 1
fi

# The same as in a Dockerfile, where nothing that the package depends on is installed.
"$root/scripts/clean-root.sh" "$folder/image"
unshare --mount --pid --fork --kill-child "$here/image.sh" install "$folder/image" "$package"
unshare --mount --net --pid --fork --kill-child "$here/image.sh" run "$folder/image"
rm -rf "$folder/root" "$folder/image"
for note in "${notes[@]}"; do echo "package: $note"; done
echo "package: passed"
