#!/usr/bin/env bash
# Copies a program without its symbols, which a debugger finds beside it in FILE.debug. Does nothing where that is done.
# Usage: strip.sh SWIFT PROGRAM FILE
set -euo pipefail

program=$2
file=$3
[[ ! $file -nt $program ]] || exit 0

# The toolchain's own; binutils', on which Swift depends, does the same.
objcopy=$(dirname "$(readlink -f "$(command -v "$1")")")/llvm-objcopy
[[ -x $objcopy ]] || objcopy=objcopy
"$objcopy" --only-keep-debug "$program" "$file.debug"
# Under another name first: a server that runs from the old file keeps it.
"$objcopy" --strip-all --add-gnu-debuglink="$file.debug" "$program" "$file.new"
mv "$file.new" "$file"
