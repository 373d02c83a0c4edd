#!/usr/bin/env bash
# Boots a root that has the package installed with systemd, which runs unit-trial.sh.
# Usage: unit.sh ROOT PACKAGE, in a mount namespace of its own; exits with 77 if systemd cannot run here
set -euo pipefail

root=$1
package=$2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# systemd gets a cgroup of its own, as its root.
start() {
    local groups status=0
    groups=$(mktemp -d)
    mount -t cgroup2 cgroup2 "$groups" || exit 77
    group=$groups$(sed -n 's/^0:://p' /proc/self/cgroup)/sendlog-trial-$$
    mkdir "$group" || exit 77
    timeout 300 unshare --mount --net --pid --uts --ipc --fork --kill-child "$0" "$root" "$package" enter "$group" || status=$?
    find "$group" -depth -type d -exec rmdir {} \;
    umount "$groups"
    rmdir "$groups"
    exit "$status"
}

enter() {
    # The process itself; "$$" is its number in another namespace.
    echo 0 >"$1/cgroup.procs"
    exec unshare --cgroup "$0" "$root" "$package" boot
}

boot() {
    ip link set lo up
    mount --bind "$root" "$root"
    mount -t proc proc "$root/proc"
    mount -t sysfs -o ro sysfs "$root/sys"
    mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
    for folder in run tmp dev; do mount -t tmpfs -o mode=755 tmpfs "$root/$folder"; done
    chmod 1777 "$root/tmp"
    for device in null zero full random urandom tty; do
        touch "$root/dev/$device"
        mount --bind "/dev/$device" "$root/dev/$device"
    done
    mkdir "$root/dev/pts" "$root/dev/shm"
    mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
    ln -s pts/ptmx "$root/dev/ptmx"
    mount -t tmpfs tmpfs "$root/dev/shm"

    mkdir "$root/run/trial"
    cp "$package" "$root/run/trial/sendlog.deb"
    cp "$here/unit-trial.sh" "$here/../../scripts/image/health.sh" "$root/run/trial"
    cat >"$root/etc/systemd/system/trial.service" <<'UNIT'
[Unit]
DefaultDependencies=no
Wants=multi-user.target
After=multi-user.target

[Service]
Type=oneshot
ExecStart=/bin/bash /run/trial/unit-trial.sh
StandardOutput=file:/trial.log
StandardError=inherit
UNIT
    mkdir -p "$root/former"
    cd "$root"
    pivot_root . former
    exec 0</dev/null
    umount -l /former
    exec env -i container=unshare PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --unit=trial.service \
        --log-target=null --show-status=no
}

"${3:-start}" "${@:4}"
