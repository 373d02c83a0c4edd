#!/usr/bin/env bash
# Installs the packages that are missing to build and test sendlog, and reports those that it cannot install.
# Usage: deps.sh [SWIFT [PACKAGE …]], with further packages that are needed
set -euo pipefail

swift=${1:-swift}
swift_needed=6.2
packages=(libsqlite3-dev zlib1g-dev libpq-dev libssl-dev libcurl4-openssl-dev ca-certificates pkg-config curl sqlite3 "${@:2}")

fail() {
    printf '\nerror: %s\n' "$1" >&2
    exit 1
}

command -v "$swift" >/dev/null || fail "\"$swift\" is not installed; sendlog needs Swift $swift_needed or newer.
  Install it from https://www.swift.org/install/, open a new shell, and run make again."
swift_version=$("$swift" --version 2>/dev/null | sed -n 's/.*Swift version \([0-9][0-9.]*\).*/\1/p' | head -n 1)
[ -n "$swift_version" ] || fail "\"$swift --version\" does not print a version; sendlog needs Swift $swift_needed or newer."
oldest=$(printf '%s\n%s\n' "$swift_needed" "$swift_version" | sort -V | head -n 1)
[ "$oldest" = "$swift_needed" ] || fail "Swift $swift_version is too old; sendlog needs Swift $swift_needed or newer:
  https://www.swift.org/install/"

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    echo "Not Debian or Ubuntu: nothing was installed. Install the equivalents of these packages: ${packages[*]}" >&2
    exit 0
fi

missing=()
for package in "${packages[@]}"; do
    # Any package of nginx will do; on older systems nginx-light would replace it.
    [[ $package != nginx-light || ! -x /usr/sbin/nginx ]] || continue
    # Only promtool is needed of prometheus.
    [[ $package != prometheus ]] || ! command -v promtool >/dev/null || continue
    status=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$status" = installed ] || missing+=("$package")
done
[ "${#missing[@]}" -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || fail "packages are missing, and sudo is not installed. Run as root:
  apt-get update && apt-get install ${missing[*]}"
    as_root=(sudo)
fi
echo "Installing ${missing[*]}"
# Tests start their own PostgreSQL and nginx, and no Prometheus; keep Debian from starting others, now and when the machine
# starts.
clusters=/etc/postgresql-common/createcluster.conf
policy=/usr/sbin/policy-rc.d
removed=()
trap '[ "${#removed[@]}" -eq 0 ] || "${as_root[@]}" rm -f "${removed[@]}"' EXIT
if [[ " ${missing[*]} " == *" postgresql "* && ! -e $clusters ]]; then
    "${as_root[@]}" mkdir -p "$(dirname "$clusters")"
    echo 'create_main_cluster = false' | "${as_root[@]}" tee "$clusters" >/dev/null
    removed+=("$clusters")
fi
if [[ " ${missing[*]} " =~ " nginx-light "|" prometheus " && ! -e $policy ]]; then
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
    "${as_root[@]}" chmod +x "$policy"
    removed+=("$policy")
fi
"${as_root[@]}" apt-get update --quiet=2 || echo "The package lists could not be updated; continuing." >&2
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install --quiet=2 --yes --no-install-recommends "${missing[@]}" \
    || fail "these packages could not be installed: ${missing[*]}"
for service in nginx-light:nginx prometheus:prometheus; do
    [[ " ${missing[*]} " != *" ${service%%:*} "* ]] || "${as_root[@]}" update-rc.d "${service#*:}" disable
done
