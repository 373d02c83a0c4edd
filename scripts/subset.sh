#!/usr/bin/env bash
# Runs a subset of the built tests in one process.
# Usage: subset.sh SWIFT FOLDER --filter|--skip PATTERN
set -euo pipefail

tests=$("$1" build --package-path "$2" --show-bin-path)/sendlogPackageTests.xctest
exec "$tests" --testing-library swift-testing "${@:3}"
