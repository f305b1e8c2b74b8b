# Thin: each target sets up what is missing, builds, and runs one program. `make help` lists them.
#
#   MINITALK_NO_INSTALL=1  never install packages     ARGS="..."      passed on to the runner
#   PRESET=dev             of CMakePresets.json       NINJAFLAGS=-j1  passed on to the build

PRESET ?= release
BUILD := $(if $(filter release,$(PRESET)),build,build/$(PRESET))
export ARGS ?=
export RESULT ?= results/latest.json

.PHONY: all build tests bench test verify fuzzers fuzz faults plots report export history grade \
        interop perf-check perf-trial format lint coverage clean deb install help
.DEFAULT_GOAL := all

all: build  ## build; leaves ./server and ./client here
	@ln -sf $(BUILD)/bin/server $(BUILD)/bin/client .

# What is used and installed; the tests are most of the work, and built where they are run.
build:
	@scripts/setup.sh build
	@test -f $(BUILD)/build.ninja || cmake --preset $(PRESET)
	@cmake --build $(BUILD) --target programs -- $(NINJAFLAGS)

tests: build
	@cmake --build $(BUILD) -- $(NINJAFLAGS)

bench: all  ## measure the default matrix, write results/latest.json, draw the pictures, print the table
	@scripts/setup.sh plots || true
	@scripts/with_args.sh $(BUILD)/bin/minitalk-bench --benchmark_out="$$RESULT"
	@scripts/draw.sh "$$RESULT" results/plots
	@echo "$$RESULT has the run; make report makes a page of it"

plots:  ## draw the pictures of results/latest.json again
	@scripts/setup.sh plots
	@scripts/draw.sh "$$RESULT" results/plots

export:  ## hand results/latest.json to another tool: FORMAT=csv, markdown, gbench, bencher, ...
	@scripts/with_args.sh scripts/export.py "$$RESULT" --format $(or $(FORMAT),markdown) \
	  $(if $(filter markdown,$(or $(FORMAT),markdown)),--verdicts results/verdicts.json) \
	  $(if $(OUT),--out "$$OUT")

history:  ## add results/latest.json to results/history.jsonl, draw results/plots/history.png
	@scripts/setup.sh plots || true
	@scripts/with_args.sh scripts/history.py add "$$RESULT"
	@scripts/with_matplotlib.sh scripts/history.py plot

report:  ## one self-contained page of results/latest.json: results/report.html
	@scripts/setup.sh report
	@scripts/with_matplotlib.sh scripts/report.py "$$RESULT" \
	  --verdicts results/verdicts.json --out results/report.html

test:  ## run all tests (PRESET=asan-ubsan: with the sanitizers)
	@scripts/setup.sh test
	@$(MAKE) --no-print-directory all tests fuzzers
	@scripts/with_args.sh ctest --test-dir $(BUILD) --output-on-failure --no-tests=error -j3

verify: all  ## explore every protocol under every schedule, write results/verdicts.json (DEEP=1: more)
	@scripts/with_args.sh $(BUILD)/bin/minitalk-verify $(if $(DEEP),--deep) --out results/verdicts.json

fuzzers:
	@test -f build/fuzz/build.ninja || cmake --preset fuzz
	@cmake --build build/fuzz -- $(NINJAFLAGS)

fuzz:  ## fuzz each decoder for SECONDS (default 300), growing the corpus in tests/fuzz
	@scripts/setup.sh test
	@$(MAKE) --no-print-directory fuzzers
	@tests/fuzz/run.sh build/fuzz/bin $(or $(SECONDS),300) keep

faults: all tests  ## inject every fault at full length (some 8 min), write docs/reliability.md's table
	@scripts/setup.sh test
	@scripts/with_args.sh scripts/faults.sh $(BUILD)

grade: all  ## judge anybody's pair: SERVER=./server CLIENT=./client, or DIR=path, or MANIFEST=file
	@scripts/setup.sh grade || true
	@scripts/with_args.sh scripts/grade.py $(if $(SERVER),--server "$$SERVER") \
	  $(if $(CLIENT),--client "$$CLIENT") $(if $(DIR),--dir "$$DIR") \
	  $(if $(MANIFEST),--manifest "$$MANIFEST")

interop: all  ## who understands whom: ARGS="alice/manifest.json bob/manifest.json"
	@scripts/setup.sh plots || true
	@scripts/with_args.sh scripts/interop.py --bin $(BUILD)/bin

perf-check:  ## compare BASE=<git ref> with the working tree, write results/perf-check.json
	@test -n "$$BASE" || { echo "make perf-check BASE=<git ref>, such as origin/main" >&2; exit 64; }
	@scripts/setup.sh perf
	@scripts/with_args.sh scripts/perf_check.py --base "$$BASE" --preset $(PRESET)

perf-trial: all  ## try perf-check itself: false alarms, and slowdowns that it must find (hours)
	@scripts/setup.sh perf
	@cmake --build $(BUILD) --target minitalk_slow -- $(NINJAFLAGS)
	@scripts/with_args.sh scripts/perf_trial.py --bin $(BUILD)/bin/minitalk-bench \
	  --shim $(BUILD)/tests/libminitalk_slow.so

format:  ## clang-format every C++ file
	@scripts/setup.sh lint
	@git ls-files '*.cc' '*.h' | xargs clang-format-14 -i

lint:  ## look for mistakes: clang-format, clang-tidy, shellcheck, flake8
	@scripts/setup.sh lint
	@test -f $(BUILD)/build.ninja || cmake --preset $(PRESET)
	@cmake --build $(BUILD) --target minitalk_commit -- $(NINJAFLAGS)
	@BUILD=$(BUILD) scripts/lint.sh

coverage:  ## which lines and branches the tests reach, by folder: results/coverage (some 10 min)
	@scripts/setup.sh coverage
	@scripts/coverage.sh $(NINJAFLAGS)

deb: all  ## build/minitalk_*.deb, a Debian package of the programs
	@scripts/setup.sh deb
	@cpack --config $(BUILD)/CPackConfig.cmake -B $(BUILD)

install: all  ## PREFIX=/usr/local DESTDIR=
	@cmake --install $(BUILD) --prefix "$(or $(PREFIX),/usr/local)"

clean:  ## remove what was built and measured here
	@rm -rf build server client results/latest.json results/plots results/perf-check.json \
	  results/perf-check.md results/grade.json results/grade.md results/grade.svg \
	  results/interop.json results/interop.md results/coverage

help:
	@awk -F':.*##' '/^[a-z-]+:.*##/ {printf "make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
