#!/usr/bin/env bash
# Installs, uses, upgrades and removes the package in a clean root, as the README says.
# Usage: trial.sh ROOT PACKAGE, in mount, network and process namespaces of its own
set -euo pipefail

root=$1
package=$2
data=$root/var/lib/sendlog
api=http://127.0.0.1:8080
ip link set lo up
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"

step() { echo "package: $1"; }

fail() {
    echo "package: failed: $1" >&2
    [ ! -e "$root/tmp/log" ] || tail -n 20 "$root/tmp/log" >&2
    exit 1
}

# Runs a command, whose output is shown only if it fails.
quietly() { "$@" >"$root/tmp/output" 2>&1 || { cat "$root/tmp/output" >&2; fail "$*"; }; }

equal() { [ "$2" = "$3" ] || fail "$1 is $2, not $3"; }

inside() { chroot "$root" env DEBIAN_FRONTEND=noninteractive PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"; }

# Runs sendlog as its user, as sudo -u sendlog does.
sendlog() { inside runuser -u sendlog -- sendlog "$@" --config /etc/sendlog.json; }

# The owner, the group and the mode of a file.
mode() { chroot "$root" stat -c '%U:%G %a' "$1"; }

install_package() {
    cp "$package" "$root/tmp/sendlog.deb"
    quietly inside dpkg --install /tmp/sendlog.deb
    rm "$root/tmp/sendlog.deb"
}

# Starts the server as the unit does.
start() {
    local command
    command=$(sed -n 's/^ExecStart=//p' "$root/lib/systemd/system/sendlog.service")
    # shellcheck disable=SC2086
    chroot --userspec=sendlog:sendlog "$root" sh -c 'cd /var/lib/sendlog && umask 0022 && exec "$@"' sh $command \
        >"$root/tmp/log" 2>&1 &
    server=$!
    for _ in $(seq 300); do
        if curl -sf "$api/health" >/dev/null; then return; fi
        kill -0 "$server" 2>/dev/null || break
        sleep 0.1
    done
    fail "the server does not answer"
}

stop() {
    local status=0
    kill -TERM "$server"
    wait "$server" || status=$?
    equal "the exit code of the server" "$status" 0
}

count() {
    curl -sf "$api/send-logs/search" -H "Authorization: Bearer $key" -d '{}' | sed -n 's/.*"total":\([0-9]*\).*/\1/p'
}

record() {
    curl -sf "$api/send-logs" -H "Authorization: Bearer $key" -o /dev/null \
        -d '{"campaign_id":"spring","message":"Hello {{name}}","triggeredBy":"user","destinations":["27821234567"]}' \
        || fail "a send is not recorded"
}

step install
install_package
equal "the folder of the database" "$(mode /var/lib/sendlog)" "sendlog:sendlog 750"
equal "the configuration" "$(mode /etc/sendlog.json)" "root:sendlog 640"
equal "the conffiles" "$(inside dpkg-query --show --showformat='${Conffiles}' sendlog | awk '{ print $1 }' | xargs)" /etc/sendlog.json
for page in sendlog sendlog-serve sendlog-key-create sendlog-database-backup; do
    zgrep -q '^\.It Pa /etc/sendlog.json' "$root/usr/share/man/man1/$page.1.gz" \
        || fail "the man page $page is missing, or does not name the files"
done
bash -n "$root/usr/share/bash-completion/completions/sendlog" || fail "the completions of bash are not valid"
for file in zsh/vendor-completions/_sendlog fish/vendor_completions.d/sendlog.fish doc/sendlog/README.md; do
    [ -s "$root/usr/share/$file" ] || fail "/usr/share/$file is missing"
done
exposure=$(systemd-analyze security --offline=true --no-pager "$root/lib/systemd/system/sendlog.service" \
    | sed -n 's/.*exposure level for sendlog.service: \([0-9.]*\).*/\1/p')
awk -v level="$exposure" 'BEGIN { exit !(level != "" && level < 3) }' || fail "the unit's exposure level is $exposure"

step "first search"
quietly sendlog organisation create "Blue Bank"
key=$(sendlog key create --organisation "Blue Bank" --permission sendLog)
start
record
equal "the number of sends" "$(count)" 1

step "reasons of failures"
# Runs a command that must fail for lack of permission. Usage: refused MESSAGE COMMAND…
refused() {
    if "${@:2}" >"$root/tmp/output" 2>&1; then fail "${*:2} succeeds"; fi
    grep -qF "$1: Permission denied" "$root/tmp/output" || { cat "$root/tmp/output" >&2; fail "no reason from ${*:2}"; }
}
other() { inside runuser -u daemon -- sendlog "$@"; }
refused "/etc/sendlog.json cannot be read" other organisation list --config /etc/sendlog.json
refused "/var/lib/sendlog/sendlog.db cannot be opened" other organisation list --database sqlite:/var/lib/sendlog/sendlog.db
refused "/etc/new.db cannot be created in /etc/" sendlog organisation create A --database sqlite:/etc/new.db
refused "/etc/shadow cannot be read" sendlog import --organisation "Blue Bank" /etc/shadow
if grep -v -e '^{' -e '^sendlog is listening on ' "$root/tmp/log" >&2; then fail "a line of the log is not JSON"; fi

step "back up and restore"
quietly sendlog database backup /var/lib/sendlog/backup.db
for file in sendlog.db sendlog.db-wal sendlog.db-shm backup.db; do
    equal "the mode of $file" "$(mode "/var/lib/sendlog/$file")" "sendlog:sendlog 600"
done
sendlog doctor --json >"$root/tmp/findings" || true
if grep -e fileModes -e lastBackup "$root/tmp/findings" >&2; then fail "doctor complains about the package's files"; fi
record
equal "the number of sends" "$(count)" 2
stop
quietly sendlog database restore /var/lib/sendlog/backup.db
start
equal "the number of restored sends" "$(count)" 1
stop

step upgrade
sed -i 's/"json"/"text"/' "$root/etc/sendlog.json"
install_package
grep -q '"text"' "$root/etc/sendlog.json" || fail "the upgrade replaced the configuration"
equal "the configuration" "$(mode /etc/sendlog.json)" "root:sendlog 640"
start
equal "the number of sends after the upgrade" "$(count)" 1
stop

step remove
quietly inside dpkg --remove sendlog
[ ! -e "$root/usr/bin/sendlog" ] || fail "the program is still there"
[ -e "$root/etc/sendlog.json" ] && [ -e "$data/sendlog.db" ] || fail "the configuration or the database is gone"
quietly inside dpkg --purge sendlog
[ ! -e "$root/etc/sendlog.json" ] || fail "the configuration is still there"
[ -e "$data/sendlog.db" ] || fail "purging deleted the send logs"

step "install again"
install_package
start
equal "the number of sends after a new installation" "$(count)" 1
stop
