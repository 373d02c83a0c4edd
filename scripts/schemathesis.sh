#!/usr/bin/env bash
# Tests a server against its OpenAPI document with schemathesis, from PyPI: valid and invalid requests of every operation.
# Usage: schemathesis.sh PROGRAM CASES [SEED]
#   PROGRAM  the sendlog program
#   CASES    the approximate number of random requests; about 1,200 more depend on the document
#   SEED     repeats a run; without it, the seed is random and printed
# OPENAPI=FILE uses the document in FILE instead of the server's own.
# Exits with 0 without findings, 1 with findings, 2 if the test could not run.
set -euo pipefail

[ $# -ge 2 ] || { sed -n '2,8s/^# //p' "$0" >&2; exit 2; }
program=$(realpath "$1")
cases=$2
seed=${3:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
settings=$root/Tests/Schemathesis
document=${OPENAPI:+$(realpath "$OPENAPI")}

fail() {
    printf '\nerror: %s\n' "$1" >&2
    exit 2
}

python=$("$root/scripts/python.sh") || fail "cannot install schemathesis from PyPI, which needs python3-venv"

folder=$(mktemp -d)
server=
clean() {
    if [ -n "$server" ]; then
        kill "$server" 2>/dev/null || true
        timeout 20 tail --pid="$server" -f /dev/null || kill -9 "$server" 2>/dev/null || true
    fi
    rm -rf "$folder"
}
trap clean EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Only the settings below apply to this server.
for name in "${!SENDLOG_@}"; do unset "$name"; done
export SENDLOG_DATABASE=sqlite:$folder/sendlog.db
log=$folder/server.log
notes=$folder/notes
keys=()
for organisation in First Second; do
    keys+=("$("$program" organisation create "$organisation" --permission '*' 2>>"$notes")") \
        && "$program" import --organisation "$organisation" "$root/Examples/sample.ndjson" >>"$notes" 2>&1 \
        || fail "cannot create an organisation: $(cat "$notes")"
done
"$program" serve --port 0 --trusted-proxies 127.0.0.1 --webhooks-allow 127.0.0.1 --webhooks-timeout 2 --log-level warning \
    >"$folder/address" 2>"$log" &
server=$!
for _ in $(seq 300); do
    grep -q listening "$folder/address" && break
    kill -0 "$server" 2>/dev/null || fail "the server exited: $(cat "$log")"
    sleep 0.1
done
url=$(sed -n 's/.* on \(http:.*\)/\1/p' "$folder/address")
[ -n "$url" ] || fail "the server does not listen: $(cat "$log")"

# Usage: call METHOD PATH BODY
call() {
    curl --silent --show-error --fail-with-body --max-time 30 --request "$1" "$url$2" \
        --header "Authorization: Bearer ${keys[0]}" --data "$3" || fail "$1 $2 failed"
}
# Creates ids of each kind. Nothing listens on the webhook's port.
call PUT /campaigns/5f5a1d8d2e0e4c6c8c0c0c0c '{"name": "January sale"}' >/dev/null
webhook=$(call POST /webhooks '{"url": "http://127.0.0.1:1/"}' | sed 's/.*"_id":"\([^"]*\)".*/\1/')
call POST "/webhooks/$webhook/test" '{}' >/dev/null
[ -n "$document" ] || { document=$folder/openapi.json && call GET /openapi.json '' >"$document"; }

cat >"$folder/users.json" <<JSON
{"auth": [
  {"name": "first", "fixedHeaders": [{"name": "Authorization", "value": "Bearer ${keys[0]}"}]},
  {"name": "second", "fixedHeaders": [{"name": "Authorization", "value": "Bearer ${keys[1]}"}]}
]}
JSON
operations=$(grep -o '"operationId":' "$document" | wc -l)
echo "About $cases random cases with seed $seed; to repeat: scripts/schemathesis.sh $1 $cases $seed"
status=0
cd "$folder"
USERS=$folder/users.json PYTHONPATH=$settings PYTHONDONTWRITEBYTECODE=1 \
    timeout --signal=INT --kill-after=30 $((300 + cases / 5)) \
    "${python%/*}/schemathesis" --config-file "$settings/schemathesis.toml" run "$document" --url "$url" --no-color \
    --seed "$seed" --max-examples $(((cases + operations - 1) / operations)) || status=$?
[ "$status" -le 1 ] || status=2
kill -0 "$server" 2>/dev/null || { echo "The server exited." && status=1; }
if grep -Eq '^[^ ]+ (error|critical) |Fatal error' "$log"; then
    echo "The server logged errors." && status=1
fi
if [ "$status" -ne 0 ] && [ -s "$log" ]; then
    echo "The last lines of the server's log:" && tail -n 20 "$log"
fi
exit "$status"
