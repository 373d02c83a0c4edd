#!/usr/bin/env bash
# Copies a program without its symbols, which a debugger finds in FILE.debug. Does nothing if FILE is up to date.
# Usage: strip.sh SWIFT PROGRAM FILE
set -euo pipefail

program=$2
file=$3
[[ ! $file -nt $program ]] || exit 0

# The toolchain's objcopy, or that of binutils, on which Swift depends.
objcopy=$(dirname "$(readlink -f "$(command -v "$1")")")/llvm-objcopy
[[ -x $objcopy ]] || objcopy=objcopy
"$objcopy" --only-keep-debug "$program" "$file.debug"
# The new file replaces the old one by a rename, so that a running server keeps the old file.
"$objcopy" --strip-all --add-gnu-debuglink="$file.debug" "$program" "$file.new"
mv "$file.new" "$file"
