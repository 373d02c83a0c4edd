#!/usr/bin/env bash
# Runs all built tests, and prints at the end which failed and why.
# Usage: test.sh SWIFT FOLDER
set -euo pipefail

swift=$1
root=$2
logs=$root/.build/tests
rm -rf "$logs"
mkdir -p "$logs"

# Tests of what could fail between HTTP and PostgreSQL: streams, concurrent recording, bounds, failures, webhooks.
# Input and pages are handled alike with both stores; StoreChecks checks that both stores give the same results.
contract='EndToEndTests\.(Response|Connection|Create|CreateBounds|GetOne|Import|Campaigns|Export|Webhooks|WebhookDelivery|WebhookChoice|WebhookPause|SearchFind|SearchOptions|StatusTable|Data|Isolation)Tests'
memory='EndToEndTests\.UnderLoad/MemoryTests/.*(million destinations|stops reading|import of many|streamed response)'
[ "${SENDLOG_TEST_SOAK:-}" != 1 ] || memory='EndToEndTests\.UnderLoad/MemoryTests/'

# The program that `swift test` starts; `swift test` itself would read all packages each time.
tests=$("$swift" build --package-path "$root" --show-bin-path)/sendlogPackageTests.xctest

# Runs a subset of the tests in one process, with the output in NAME.log; creates NAME.failed if a test fails.
# Usage: pass NAME --filter|--skip PATTERN…
pass() {
    local name=$1
    # The nice value is that of a server's webhook threads; with a lower one, a busy machine would leave them no time.
    # A run of no tests succeeds; here it is a failure, because the pattern no longer matches any test.
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

# Packages the debug program, and installs it in a clean root.
in_clean_root() {
    nice -n 15 "$root/Tests/Packaging/test.sh" "$swift" "${tests%/*}/sendlog" "${tests%/*}/generate-manual" \
        "$root/.build/packaging" >"$logs/package.log" 2>&1 || touch "$logs/package.failed"
    # What was not run, if anything, comes before the last line.
    grep -a 'package: .* was not run' "$logs/package.log" || true
    tail -n 1 "$logs/package.log"
}

# Prints which tests failed, and why.
report() {
    local failed log
    compgen -G "$logs/*.failed" >/dev/null || return 0
    for failed in "$logs"/*.failed; do
        log=${failed%.failed}.log
        printf '\nFailed: %s\n' "$log"
        if [[ $failed == */package.failed ]]; then
            tail -n 30 "$log"
            continue
        fi
        if [[ $failed == */schemathesis.failed ]]; then
            { sed -n '/^=* \(ERRORS\|FAILURES\) =*$/,$p' "$log" | cut -c -500 | head -n 60; tail -n 5 "$log"; } || true
            continue
        fi
        grep -a 'recorded an issue' "$log" | cut -c -2000 | tail -n 15 || tail -n 15 "$log"
    done
    return 1
}

# Starts a function in its own process group, which ends with this script.
groups=()
start() {
    set -m
    "$@" &
    set +m
    groups+=("$!")
}
trap 'kill -- "${groups[@]/#/-}" 2>/dev/null || true' EXIT
# A terminal and make may each send a signal; the second one must not interrupt the cleanup of the first.
trap 'trap "" HUP INT TERM; exit 129' HUP
trap 'trap "" HUP INT TERM; exit 130' INT
trap 'trap "" HUP INT TERM; report || true; exit 143' TERM

# The tests in which servers are killed and others take over; they wait most of the time.
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
start in_clean_root
start pass rooms --skip 'EndToEndTests\.'
wait
groups=()
# Three at a time keep two cores busy while one of them waits.
start wait_and_load
start on_postgresql
start pass sqlite --filter 'EndToEndTests\.' --skip 'EndToEndTests\.UnderLoad/' --skip "$restarts"
wait
groups=()

report
