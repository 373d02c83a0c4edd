#!/usr/bin/env bash
# Serves sendlog with its data in the current folder. A new database gets an organisation, a key and a sample of sends.
# Usage: run.sh PROGRAM SAMPLE
set -euo pipefail

program=$1
sample=$2
port=${PORT:-8080}
host=${SENDLOG_HTTP_HOST:-127.0.0.1}
# An IPv6 address can have brackets.
[[ $host != \[*\] ]] || host=${host:1:-1}
organisation=Example
# The campaign of the example search in the API document; the sample has sends of it.
campaign=5f5a1d8d2e0e4c6c8c0c0c0c

fail() {
    printf '\nerror: %s\n' "$1" >&2
    exit 1
}

# Runs a command, and shows its standard error only if it fails.
quietly() {
    local notes status=0
    { notes=$("$@" 2>&1 >&3) || status=$?; } 3>&1
    [ "$status" -eq 0 ] || printf '%s\n' "$notes" >&2
    return "$status"
}

[[ $port =~ ^[0-9]{1,5}$ ]] && ((10#$port >= 1 && 10#$port <= 65535)) \
    || fail "PORT must be a number from 1 to 65535, not \"$port\""
port=$((10#$port))

# The address at which this machine reaches the server.
case $host in
    0.0.0.0 | :: | '') address=127.0.0.1 ;;
    *) address=$host ;;
esac
if (exec 3<>"/dev/tcp/$address/$port") 2>/dev/null; then
    fail "port $port is in use by another program. Stop it, or choose another port: make run PORT=$((port == 65535 ? 8080 : port + 1))"
fi
[[ $address != *:* ]] || address="[$address]"

# If the database does not exist yet, the first command that creates an organisation creates it.
database=${SENDLOG_DATABASE:-sqlite:sendlog.db}
organisations=
if [[ $database == postgres* ]]; then
    organisations=$("$program" organisation list --json 2>/dev/null) || true
elif [[ -e ${database#sqlite:} ]]; then
    organisations=$("$program" organisation list --json)
fi
if [[ $organisations != *'"name"'* ]]; then
    [ -r "$sample" ] || fail "the sample file $sample cannot be read"
    quietly "$program" organisation create "$organisation"
    quietly "$program" import --organisation "$organisation" "$sample" >/dev/null
    key=$(quietly "$program" key create --organisation "$organisation" --permission '*' --name "make run")
    cat <<TEXT

──────────────────────────────────────────────────────────────────────────────
Created a new database with an organisation, "$organisation", a sample of sends, and
an API key, which is shown only once:

  $key

When the server is ready, open http://$address:$port in a browser and sign in with
the key. Or run this in another terminal, to search for the sends of one campaign
in January 2022:

curl -s http://$address:$port/send-logs/search -H 'Authorization: Bearer $key' -d '{"find":{"campaign_id":["$campaign"],"startDeliveryAt":{"\$gte":"2022-01-01T00:00:00.000Z","\$lte":"2022-01-31T23:59:59.999Z"}},"options":{"skip":0,"limit":1000}}'

Ctrl-C stops the server; the data stays.
──────────────────────────────────────────────────────────────────────────────

TEXT
else
    [[ $organisations == *"\"name\" : \"$organisation\""* ]] || organisation=NAME
    cat <<TEXT

──────────────────────────────────────────────────────────────────────────────
Using the existing database. Keys are shown only when they are created; to create
another one, run this in the current folder:

$(printf '%q' "$program") key create --organisation $organisation --permission '*'

Ctrl-C stops the server; the data stays.
──────────────────────────────────────────────────────────────────────────────

TEXT
fi

exec "$program" serve --host "$host" --port "$port"
