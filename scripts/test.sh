#!/usr/bin/env bash
# Runs all tests of what is built, and says at the end which failed and why.
# Usage: test.sh SWIFT FOLDER
set -euo pipefail

swift=$1
root=$2
logs=$root/.build/tests
rm -rf "$logs"
mkdir -p "$logs"

# What goes through HTTP and PostgreSQL together and could break between them: streams, concurrent recording, bounds, failures, webhooks.
# What the API makes of input, and pages, are the same on both; that both stores answer alike, StoreChecks prove.
contract='EndToEndTests\.(Answers|Connection|Create|CreateBounds|GetOne|Import|Campaigns|Export|Webhooks|WebhookDelivery|WebhookChoice|WebhookPause|SearchFind|SearchOptions|StatusTable|Data|Isolation)Tests'
memory='EndToEndTests\.UnderLoad/MemoryTests/.*(million destinations|stops reading|import of many)'

# What `swift test` would start, which reads all packages each time.
tests=$("$swift" build --package-path "$root" --show-bin-path)/sendlogPackageTests.xctest

# Runs some of the tests in a process of their own, which writes to NAME.log, and notes in NAME.failed that one failed.
# Usage: pass NAME --filter|--skip PATTERN…
pass() {
    local name=$1
    # As nice as a server is to others with what webhooks ask for, or a busy machine would leave that no time.
    nice -n 15 "$tests" --testing-library swift-testing "${@:2}" >"$logs/$name.log" 2>&1 || touch "$logs/$name.failed"
    echo "$name: $(grep -a 'Test run with' "$logs/$name.log" | tail -n 1 | sed 's,^[^T]*,,')"
}

# Sends requests that schemathesis makes from the OpenAPI document, and checks the responses.
api() {
    nice -n 15 "$root/scripts/schemathesis.sh" "${tests%/*}/sendlog" 500 1 >"$logs/schemathesis.log" 2>&1 \
        || touch "$logs/schemathesis.failed"
    echo "schemathesis: $(grep -a 'generated' "$logs/schemathesis.log" | sed 's/^ *//')"
}

echo "Running all tests; what they say is in $logs"
pass rooms --skip 'EndToEndTests\.'
# Tests of webhooks beside servers that are killed, which wait more than they work, in a process of their own.
restarts='EndToEndTests\.Webhook(Crash|Servers)Tests/'
# Three at a time keep two cores busy, whatever one of them waits for. A group of their own ends with all that belongs to it.
set -m
{
    pass restarts --filter "$restarts" &
    pass load --filter 'EndToEndTests\.UnderLoad/'
    wait
} &
aside=$!
{
    api
    SENDLOG_TEST_STORE=postgres pass postgresql --filter "$contract"
    SENDLOG_TEST_STORE=postgres pass load-postgresql --filter "$memory"
} &
postgres=$!
set +m
trap 'kill -- -"$aside" -"$postgres" 2>/dev/null || true' EXIT
pass sqlite --filter 'EndToEndTests\.' --skip 'EndToEndTests\.UnderLoad/' --skip "$restarts"
wait "$aside" "$postgres"

compgen -G "$logs/*.failed" >/dev/null || exit 0
for failed in "$logs"/*.failed; do
    log=${failed%.failed}.log
    printf '\nFailed: %s\n' "$log"
    if [[ $failed == */schemathesis.failed ]]; then
        { sed -n '/^=* \(ERRORS\|FAILURES\) =*$/,$p' "$log" | cut -c -500 | head -n 60; tail -n 5 "$log"; } || true
        continue
    fi
    grep -a 'recorded an issue' "$log" | cut -c -2000 | tail -n 15 || tail -n 15 "$log"
done
exit 1
