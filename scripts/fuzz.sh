#!/usr/bin/env bash
# Runs the built fuzz tests with many cases.
# Usage: fuzz.sh SWIFT FOLDER CASES SEED
set -euo pipefail

tests=$("$1" build --package-path "$2" --show-bin-path)/sendlogPackageTests.xctest
seed=${4:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}
echo "$3 cases with seed $seed; to repeat: make fuzz CASES=$3 SEED=$seed"
FUZZ_CASES=$3 SENDLOG_TEST_SEED=$seed "$tests" --testing-library swift-testing --filter 'FuzzTests'
