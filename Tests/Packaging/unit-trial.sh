#!/usr/bin/env bash
# Tries the unit of the package under systemd, which then exits with 0 if all is well. Runs in the clean root; see unit.sh.
set -euo pipefail

export DEBIAN_FRONTEND=noninteractive

finish() {
    local status=$?
    [ "$status" -eq 0 ] || { systemctl --no-pager status sendlog; journalctl --no-pager -n 30; } || true
    systemctl exit "$status"
}
trap finish EXIT

fail() {
    echo "failed: $1"
    exit 1
}

# Waits until the server is healthy.
await() {
    for _ in $(seq 300); do
        if /run/trial/health.sh 2>/dev/null; then return; fi
        sleep 0.1
    done
    fail "the server does not answer $1"
}

property() { systemctl show --property "$1" --value sendlog; }

await "after the machine has started"
[ "$(stat -c '%U:%G %a' /var/lib/sendlog)" = "sendlog:sendlog 750" ] || fail "the mode of /var/lib/sendlog"
first=$(property MainPID)
[ "$(stat -c %U "/proc/$first")" = sendlog ] || fail "the server's user"

# The unit hides no file of the system that a metric needs; the alert about restarts needs the first one.
exec 3<>/dev/tcp/127.0.0.1/8080
printf 'GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&3
cat <&3 >/run/trial/metrics
exec 3>&-
for metric in process_start_time_seconds process_resident_memory_bytes process_open_fds process_cpu_seconds_total; do
    grep -q "^$metric [0-9]" /run/trial/metrics || fail "the metric $metric is missing"
done

runuser -u sendlog -- sendlog organisation create "Unit" --config /etc/sendlog.json

systemctl restart sendlog
await "after a restart"
second=$(property MainPID)
[ "$second" != "$first" ] || fail "the server was not restarted"

kill -KILL "$second"
for _ in $(seq 300); do
    [ "$(property NRestarts)" = 1 ] && break
    sleep 0.1
done
await "after it was killed"

dpkg --install /run/trial/sendlog.deb
await "after an upgrade"
[ "$(property NRestarts)" = 0 ] || fail "the upgrade did not restart the server"

systemctl stop sendlog
[ "$(property Result) $(property ExecMainStatus)" = "success 0" ] || fail "the server's exit code"
# The log is JSON, and libraries add no lines of their own, by syslog either.
journalctl --output cat --no-pager _SYSTEMD_UNIT=sendlog.service >/run/trial/log
grep -q '"message":"stopped"' /run/trial/log || fail "the journal has no log"
if grep -v -e '^{' -e '^sendlog is listening on ' /run/trial/log; then fail "a line of the log is not JSON"; fi
if grep -e '"level":"warning"' -e '"level":"error"' /run/trial/log; then fail "the log has a warning"; fi

systemctl start sendlog
await "after a start"
dpkg --remove sendlog
if systemctl is-active --quiet sendlog; then fail "the server is running after the removal"; fi
[ -z "$(systemctl --failed --quiet --no-legend)" ] || fail "$(systemctl --failed --no-pager)"
