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
contract='EndToEndTests\.(Response|Connection|Create|CreateBounds|GetOne|Import|Campaigns|Export|Webhooks|WebhookDelivery|WebhookChoice|WebhookPause|SearchFind|SearchOptions|StatusTable|Data|Isolation)Tests'
memory='EndToEndTests\.UnderLoad/MemoryTests/.*(million destinations|stops reading|import of many|streamed response)'
[ "${SENDLOG_TEST_SOAK:-}" != 1 ] || memory='EndToEndTests\.UnderLoad/MemoryTests/'

# What `swift test` would start, which reads all packages each time.
tests=$("$swift" build --package-path "$root" --show-bin-path)/sendlogPackageTests.xctest

# Runs some of the tests in a process of their own, which writes to NAME.log, and notes in NAME.failed that one failed.
# Usage: pass NAME --filter|--skip PATTERN…
pass() {
    local name=$1
    # As nice as a server is to others with what webhooks ask for, or a busy machine would leave that no time.
    # A run of no tests passes as well: a pattern that matches none any more is a failure.
    nice -n 15 "$tests" --testing-library swift-testing "${@:2}" >"$logs/$name.log" 2>&1 \
        && grep -aq 'Test run with [1-9]' "$logs/$name.log" || touch "$logs/$name.failed"
    echo "$name: $(grep -a 'Test run with' "$logs/$name.log" | tail -n 1 | sed 's,^[^T]*,,')"
}

# Sends requests that schemathesis makes from the OpenAPI document, and checks the responses.
api() {
    nice -n 15 "$root/scripts/schemathesis.sh" "${tests%/*}/sendlog" 500 1 >"$logs/schemathesis.log" 2>&1 \
        || touch "$logs/schemathesis.failed"
    echo "schemathesis: $(grep -a 'generated' "$logs/schemathesis.log" | sed 's/^ *//')"
}

# Says which tests failed, and why.
report() {
    local failed log
    compgen -G "$logs/*.failed" >/dev/null || return 0
    for failed in "$logs"/*.failed; do
        log=${failed%.failed}.log
        printf '\nFailed: %s\n' "$log"
        if [[ $failed == */schemathesis.failed ]]; then
            { sed -n '/^=* \(ERRORS\|FAILURES\) =*$/,$p' "$log" | cut -c -500 | head -n 60; tail -n 5 "$log"; } || true
            continue
        fi
        grep -a 'recorded an issue' "$log" | cut -c -2000 | tail -n 15 || tail -n 15 "$log"
    done
    return 1
}

# Starts a function in a process group of its own, which ends with this script.
groups=()
start() {
    set -m
    "$@" &
    set +m
    groups+=("$!")
}
trap 'kill -- "${groups[@]/#/-}" 2>/dev/null || true' EXIT
# A second signal, as a terminal and make send it, must not end the first one's cleaning up.
trap 'trap "" HUP INT TERM; exit 129' HUP
trap 'trap "" HUP INT TERM; exit 130' INT
trap 'trap "" HUP INT TERM; report || true; exit 143' TERM

# Servers that are killed, and others that take over from them: these tests wait more than they work.
restarts='EndToEndTests\.Webhook(Crash|CrashLoop|Servers)Tests/'
wait_and_load() {
    pass restarts --filter "$restarts" &
    pass load --filter 'EndToEndTests\.UnderLoad/'
    wait
}

on_postgresql() {
    api
    SENDLOG_TEST_STORE=postgres pass postgresql --filter "$contract"
    SENDLOG_TEST_STORE=postgres pass load-postgresql --filter "$memory"
}

echo "Running all tests; their output is in $logs"
start pass rooms --skip 'EndToEndTests\.'
wait
groups=()
# Three at a time keep two cores busy, whatever one of them waits for.
start wait_and_load
start on_postgresql
start pass sqlite --filter 'EndToEndTests\.' --skip 'EndToEndTests\.UnderLoad/' --skip "$restarts"
wait
groups=()

report
