# make, or make help, lists all targets. Works from any folder: make -C sendlog run, make -f ../sendlog/Makefile run.

# The package's folder, which contains this file; the current folder may be another one.
ROOT := $(shell cd "$$(dirname "$(strip $(MAKEFILE_LIST))")" && pwd)
SWIFT := swift
BUILD := $(SWIFT) build --package-path "$(ROOT)"
# Without debug information, a first build takes two thirds of the time. A debugger needs dwarf, in all builds alike.
DEBUG_INFO ?= none
DEBUG := $(BUILD) -debug-info-format $(DEBUG_INFO)
# Swift exports all symbols of a program for libraries that it might load, so none would count as dead code.
RELEASE := $(BUILD) --configuration release --product sendlog --static-swift-stdlib -debug-info-format $(DEBUG_INFO) \
	-Xlinker --no-export-dynamic
SOURCES := Sources Tests Benchmarks Package.swift
# The built program, and the one that is used and measured: a copy without symbols, which are in sendlog.debug.
BUILT := $(ROOT)/.build/release/sendlog
PROGRAM := $(ROOT)/.build/sendlog

# The port that make run serves on.
PORT ?= 8080
export PORT

# The number of cases of make fuzz, and their seed; without one, it is random.
CASES ?= 200000
SEED ?=

# The number of random requests that make fuzz sends to the API.
API_CASES ?= 10000

# The number of send logs that the benchmarks measure with.
bench bench-pages bench-recipients bench-resources: LOGS ?= 100000
bench-compare: LOGS ?= 1000000
bench-scale: LOGS ?= 10000000
export LOGS

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run deb debug check test test-citus soak bench bench-compare bench-fairness bench-pages bench-recipients bench-resources bench-scale bench-webhooks fuzz build release lint format deps clean

help: ## List all targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' "$(ROOT)/Makefile" \
		| while IFS='|' read -r name text; do printf 'make %-16s %s\n' "$$name" "$$text"; done

run: release ## Build sendlog and serve it, with its data in the current folder; PORT=8081 for another port
	@exec "$(ROOT)/scripts/run.sh" "$(PROGRAM)" "$(ROOT)/Examples/sample.ndjson"

# The build that make deb packages: release, or debug for Tests/Packaging, where it is finished already.
PACKAGED ?= release
DEBUG_BUILT = $$($(SWIFT) build --package-path "$(ROOT)" --show-bin-path)

deb: $(PACKAGED) ## Package sendlog for Debian and Ubuntu: .build/sendlog_VERSION_ARCHITECTURE.deb, to be installed without Swift
	@"$(ROOT)/scripts/deps.sh" "$(SWIFT)" debhelper
	$(DEBUG) --product generate-manual
	@"$(ROOT)/scripts/deb.sh" "$(SWIFT)" "$(if $(filter debug,$(PACKAGED)),$(DEBUG_BUILT)/sendlog,$(PROGRAM))" \
		"$(DEBUG_BUILT)/generate-manual" "$(ROOT)/.build"

# The subset that make test runs: the tests of one target whose names match FILTER; all tests by default.
TARGET ?=
FILTER ?=

check: lint ## Check the style, and run the tests that need neither HTTP nor PostgreSQL
	@"$(ROOT)/scripts/deps.sh" "$(SWIFT)"
	$(DEBUG) --build-tests
	@"$(ROOT)/scripts/subset.sh" "$(SWIFT)" "$(ROOT)" --skip 'EndToEndTests\.|SendLogPostgresTests\.|SendLogWebhooksTests\.(HTTP|Response|TLS)'

test: lint ## Run all tests, and install missing packages; TARGET=SendLogSQLiteTests and FILTER=search for a subset
	@"$(ROOT)/scripts/deps.sh" "$(SWIFT)" postgresql chromium fonts-dejavu-core fonts-noto-color-emoji \
		nginx-light prometheus openssl jq python3 python3-venv debhelper lintian mmdebstrap systemd iproute2
	$(DEBUG) --build-tests
	$(DEBUG) --product generate-manual
ifeq ($(TARGET)$(FILTER),)
	@"$(ROOT)/scripts/test.sh" "$(SWIFT)" "$(ROOT)"
	@echo
	@echo "make test: all tests passed; no style violations."
else
	@"$(ROOT)/scripts/subset.sh" "$(SWIFT)" "$(ROOT)" --filter '(?i)$(or $(TARGET),.*)\..*$(FILTER)'
endif

# The maximum duration of make soak.
MINUTES ?= 60

soak: ## Run all tests with full counts, such as 20 kills instead of 2; MINUTES=120 for a longer limit
	@"$(ROOT)/scripts/deps.sh" "$(SWIFT)" postgresql chromium fonts-dejavu-core fonts-noto-color-emoji \
		nginx-light prometheus openssl jq python3 python3-venv debhelper lintian mmdebstrap systemd iproute2
	$(DEBUG) --build-tests
	$(DEBUG) --product generate-manual
	@SENDLOG_TEST_SOAK=1 timeout --foreground $(MINUTES)m "$(ROOT)/scripts/test.sh" "$(SWIFT)" "$(ROOT)" \
		|| { [ $$? -ne 124 ] || echo "make soak: not completed within $(MINUTES) minutes" >&2; exit 1; }
	@echo
	@echo "make soak: all tests passed with full counts."

test-citus: ## Run the tests of PostgreSQL on a Citus cluster of one coordinator and two workers
	@"$(ROOT)/scripts/citus.sh"
	$(DEBUG) --build-tests
	SENDLOG_TEST_CITUS=1 $(SWIFT) test --package-path "$(ROOT)" --disable-xctest --skip-build --filter 'SendLogPostgresTests\.Citus'

bench: ## Measure the hot paths one by one, and the program over HTTP; LOGS=1000000 for more send logs
	@"$(ROOT)/scripts/deps.sh" "$(SWIFT)" wrk python3
	@$(MAKE) --no-print-directory -f "$(ROOT)/Makefile" release
	SENDLOG_BENCHMARK_LOGS=$(LOGS) $(SWIFT) package --package-path "$(ROOT)" benchmark --target SendLogBenchmarks
	python3 "$(ROOT)/Benchmarks/macro.py" "$(PROGRAM)"

bench-compare: ## Compare CPU time and rate of each kind of request with Bun and SQLite; LOGS=200000, ROUNDS=1 for a shorter run
	@"$(ROOT)/scripts/deps.sh" "$(SWIFT)" wrk python3 python3-venv
	@$(MAKE) --no-print-directory -f "$(ROOT)/Makefile" release
	@bun=$$("$(ROOT)/scripts/bun.sh") && exec python3 "$(ROOT)/Benchmarks/compare.py" "$(PROGRAM)" "$$bun"

bench-fairness: ## Measure short requests of one organisation under load from another; BAR=20 to fail above 20 ms
	@"$(ROOT)/scripts/deps.sh" "$(SWIFT)" python3
	@$(MAKE) --no-print-directory -f "$(ROOT)/Makefile" release
	python3 "$(ROOT)/Benchmarks/fairness.py" "$(PROGRAM)"

bench-pages: ## Measure pages of the Sends Report and the API's searches; LOGS=10000000 for more send logs
	@"$(ROOT)/scripts/deps.sh" "$(SWIFT)" python3
	@$(MAKE) --no-print-directory -f "$(ROOT)/Makefile" release
	python3 "$(ROOT)/Benchmarks/pages.py" "$(PROGRAM)"

bench-recipients: ## Measure the search by recipient, and compare it with Bun and SQLite; LOGS=10000000 for more send logs
	@"$(ROOT)/scripts/deps.sh" "$(SWIFT)" wrk python3 python3-venv
	@$(MAKE) --no-print-directory -f "$(ROOT)/Makefile" release
	@bun=$$("$(ROOT)/scripts/bun.sh") && exec python3 "$(ROOT)/Benchmarks/recipients.py" "$(PROGRAM)" "$$bun"

bench-resources: ## Measure private memory with 2,064 connections, and what a second core adds; BAR=60 to fail above 60 MB of memory
	@"$(ROOT)/scripts/deps.sh" "$(SWIFT)" wrk python3 util-linux
	@$(MAKE) --no-print-directory -f "$(ROOT)/Makefile" release
	python3 "$(ROOT)/Benchmarks/resources.py" "$(PROGRAM)"

bench-scale: ## Compare an organisation of 10 million send logs with its first million; LOGS=400000 ROUNDS=1 for a shorter run
	@"$(ROOT)/scripts/deps.sh" "$(SWIFT)" wrk python3
	@$(MAKE) --no-print-directory -f "$(ROOT)/Makefile" release
	python3 "$(ROOT)/Benchmarks/scale.py" "$(PROGRAM)"

bench-webhooks: ## Measure attempts, and recording with and without webhooks; SENDS=100000 for more send logs
	@"$(ROOT)/scripts/deps.sh" "$(SWIFT)" python3
	@$(MAKE) --no-print-directory -f "$(ROOT)/Makefile" release
	python3 "$(ROOT)/Benchmarks/attempts.py" "$(PROGRAM)"
	python3 "$(ROOT)/Benchmarks/webhooks.py" "$(PROGRAM)"

fuzz: ## Fuzz the parsers, the delivery client and the API; CASES=1000000, API_CASES=100000 for more, SEED=1 to repeat a run
	@"$(ROOT)/scripts/deps.sh" "$(SWIFT)" python3 python3-venv
	$(DEBUG) --build-tests
	@"$(ROOT)/scripts/fuzz.sh" "$(SWIFT)" "$(ROOT)" "$(CASES)" "$(SEED)"
	@"$(ROOT)/scripts/schemathesis.sh" "$$($(SWIFT) build --package-path "$(ROOT)" --show-bin-path)/sendlog" $(API_CASES) $(SEED)

build: deps ## Build everything without optimisation; DEBUG_INFO=dwarf for a debugger
	$(DEBUG)

# The program without optimisation; build makes everything.
debug: deps
	$(DEBUG) --product sendlog

release: deps ## Build the optimised program, with its symbols in a separate file
	@# SwiftPM compiles changed modules in parallel if the program is missing, and one after the other if it exists.
	@[ -z "$$(find "$(ROOT)/Sources" "$(ROOT)/Package.swift" -newer "$(BUILT)" -print -quit 2>/dev/null)" ] || rm -f "$(BUILT)"
	$(RELEASE)
	@"$(ROOT)/scripts/strip.sh" "$(SWIFT)" "$(BUILT)" "$(PROGRAM)"
	@echo "Built $(PROGRAM)"

lint: ## Check the style of all Swift files, and that no retired word is used
	cd "$(ROOT)" && $(SWIFT) format lint --strict --recursive $(SOURCES)
	@"$(ROOT)/scripts/words.sh" "$(ROOT)" Sources Tests Benchmarks Examples docs scripts Makefile Package.swift README.md CONTRIBUTING.md CHANGELOG.md

format: ## Format all Swift files
	cd "$(ROOT)" && $(SWIFT) format --in-place --recursive $(SOURCES)

deps: ## Install missing packages (Debian, Ubuntu)
	@"$(ROOT)/scripts/deps.sh" "$(SWIFT)"

clean: ## Remove the build products
	$(SWIFT) package --package-path "$(ROOT)" clean
