#!/usr/bin/env bash
# Packages a built program for Debian and Ubuntu, as sendlog_VERSION_ARCHITECTURE.deb in a folder.
# Usage: deb.sh SWIFT PROGRAM GENERATE_MANUAL FOLDER
# GENERATE_MANUAL is the program of swift-argument-parser that writes man pages from the help of a command.
# COMPRESSION="gzip -z1" makes the package larger, and faster.
set -euo pipefail

swift=$1
program=$(realpath "$2")
manual=$(realpath "$3")
mkdir -p "$4"
folder=$(realpath "$4")
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# The tools of Debian's packages write the files that they make beside the source.
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
source=$stage/sendlog
mkdir "$source"
cp -r "$root/packaging/debian" "$root/README.md" "$root/CHANGELOG.md" "$root/CONTRIBUTING.md" \
    "$root/Examples" "$root/compose.yaml" "$root/Dockerfile" "$root/docs" "$source"
files=$source/root
mkdir -p "$files/etc" "$files/usr/bin" "$files/usr/share/man/man1"
cp "$root/packaging/sendlog.json" "$files/etc"

# Copies the program; one that is not linked statically with Swift's libraries has them beside it.
libraries=$(ldd "$program" | awk -v swift="$(dirname "$(dirname "$(readlink -f "$(command -v "$swift")")")")/" \
    'index($3, swift) == 1 { print $3 }')
if [ -z "$libraries" ]; then
    install -m 755 "$program" "$files/usr/bin/sendlog"
else
    mkdir -p "$files/usr/lib/sendlog"
    install -m 755 "$program" "$files/usr/lib/sendlog/sendlog"
    while read -r library; do install -m 644 "$library" "$files/usr/lib/sendlog"; done <<<"$libraries"
    ln -s ../lib/sendlog/sendlog "$files/usr/bin/sendlog"
fi
mkdir "$stage/manual"
"$manual" "$program" --multi-page --output-directory "$stage/manual"
rm "$stage/manual/sendlog.help.1"
for page in "$stage/manual"/*; do
    name=$(basename "$page" .1)
    awk -v files="$root/packaging/files.mdoc" -f "$root/scripts/manual.awk" "$page" >"$files/usr/share/man/man1/${name//./-}.1"
done
# Writes the completions for a shell. Usage: completions SHELL FOLDER FILE
completions() {
    mkdir -p "$files/usr/share/$2"
    "$program" --generate-completion-script "$1" | sed '1{/^#!/d}' >"$files/usr/share/$2/$3"
}
completions bash bash-completion/completions sendlog
completions zsh zsh/vendor-completions _sendlog
completions fish fish/vendor_completions.d sendlog.fish

version=$("$program" --version)
date=$(git -C "$root" log -1 --format=%cD 2>/dev/null || date -R)
cat >"$source/debian/changelog" <<TEXT
sendlog ($version) unstable; urgency=medium

  * /usr/share/doc/sendlog/CHANGELOG.md lists the changes.

 -- sendlog maintainers <maintainers@sendlog.example>  $date
TEXT
export DEB_BUILD_OPTIONS=noautodbgsym
(cd "$source" && dpkg-buildpackage --build=binary --no-sign --no-check-builddeps >"$stage/build.log" 2>&1) \
    || { tail -n 30 "$stage/build.log" >&2; exit 1; }
package=sendlog_${version}_$(dpkg --print-architecture).deb
mv "$stage/$package" "$folder/$package"
echo "Wrote $folder/$package"
