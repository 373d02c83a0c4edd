#!/usr/bin/env bash
# Refuses words of the project's former dialect, listed in retired-words.txt; docs/glossary.md has the terms in use.
# Names that others depend on are in retired-words-exempt.txt: a regular expression a line, for PATH:LINE:TEXT.
# Usage: words.sh FOLDER PATH…
set -euo pipefail

cd "$1"
words=$(sed 's/^.*$/&|\u&|\U&/' scripts/retired-words.txt | paste -sd '|')
exempt=$(grep -v '^#' scripts/retired-words-exempt.txt | paste -sd '|')
# A word within a name counts as well: isTold, told_before; so do the names of files.
pattern="(?<![a-z])($words)(?![a-z])"
found=$({ grep -rnIP "$pattern" "${@:2}"; find "${@:2}" | grep -P "$pattern"; } | grep -vP "$exempt" || true)
[ -z "$found" ] && exit 0
printf '%s\n' "$found" | cut -c -200 >&2
echo "These words are retired; docs/glossary.md has the terms in use." >&2
exit 1
