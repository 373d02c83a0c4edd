#!/usr/bin/env bash
# Packages a built program, and tries the package in a clean root: install, use, upgrade, remove.
# Usage: test.sh SWIFT PROGRAM GENERATE_MANUAL FOLDER
# Needs root, because it changes to another root. The package is used in a network of its own, so all ports are free.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
folder=$4
[ "$(id -u)" -eq 0 ] || exec sudo -n "${BASH_SOURCE[0]}" "$@"

export COMPRESSION="gzip -z1"
"$root/scripts/deb.sh" "$1" "$2" "$3" "$folder"
package=$(echo "$folder"/sendlog_*.deb)

# The libraries of Swift that a debug build needs are found by a path within the toolchain as well.
lintian --allow-root --fail-on error --suppress-tags custom-library-search-path --tag-display-limit 0 "$package"

depends=$(dpkg-deb --field "$package" Depends | sed 's/ *([^)]*)//g; s/ *|[^,]*//g; s/, */ /g')
# shellcheck disable=SC2086
"$root/scripts/clean-root.sh" "$folder/root" $depends
unshare --mount --net --pid --fork --kill-child "$here/trial.sh" "$folder/root" "$package"

# The same as in a Dockerfile, where nothing that the package depends on is installed.
"$root/scripts/clean-root.sh" "$folder/image"
unshare --mount --pid --fork --kill-child "$here/image.sh" install "$folder/image" "$package"
unshare --mount --net --pid --fork --kill-child "$here/image.sh" run "$folder/image"
rm -rf "$folder/root" "$folder/image"
echo "package: passed"
