#!/usr/bin/env bash
# Runs the steps of the Dockerfile's last stage in a clean root, which has none of the packages that sendlog depends on.
# Usage: image.sh install ROOT PACKAGE, with this machine's network; then image.sh run ROOT, in a network of its own.
# Both need mount and process namespaces of their own.
set -euo pipefail

root=$2
scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../scripts/image" && pwd)
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
inside() { chroot "$root" env PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"; }

fail() {
    echo "package: failed: $1" >&2
    exit 1
}

if [ "$1" = install ]; then
    echo "package: steps of the Dockerfile"
    cp -L /etc/resolv.conf "$root/etc/resolv.conf"
    mkdir "$root/build"
    cp "$3" "$scripts"/*.sh "$root/build"
    inside /build/install.sh /build >"$root/tmp/output" 2>&1 || { cat "$root/tmp/output" >&2; fail "install.sh"; }
    rm -r "$root/build"
    exit
fi

ip link set lo up
inside runuser -u sendlog -- /usr/lib/sendlog/health.sh 2>/dev/null && fail "health.sh succeeds without a server"
chroot --userspec=sendlog:sendlog "$root" env SENDLOG_HTTP_HOST=0.0.0.0 PATH=/usr/bin:/bin \
    sh -c 'cd /var/lib/sendlog && exec sendlog serve' >"$root/tmp/log" 2>&1 &
server=$!
for _ in $(seq 300); do
    if inside runuser -u sendlog -- /usr/lib/sendlog/health.sh 2>/dev/null; then break; fi
    sleep 0.1
done
inside runuser -u sendlog -- /usr/lib/sendlog/health.sh || { cat "$root/tmp/log" >&2; fail "health.sh"; }
kill -TERM "$server"
wait "$server" || fail "the server's exit code"
