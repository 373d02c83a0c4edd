#!/usr/bin/env bash
# Runs some of the tests of what is built, in one process.
# Usage: subset.sh SWIFT FOLDER --filter|--skip PATTERN
set -euo pipefail

tests=$("$1" build --package-path "$2" --show-bin-path)/sendlogPackageTests.xctest
exec "$tests" --testing-library swift-testing "${@:3}"
