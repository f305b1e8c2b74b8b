# Thin: each target sets up what is missing, builds, and runs one program. `make help` lists them.

PRESET ?= release
BUILD := $(if $(filter release,$(PRESET)),build,build/$(PRESET))
export ARGS ?=
export RESULT ?= results/latest.json

# A leading ~ as a shell would have expanded it: zsh, for one, hands NAME=~/x on as it stands.
PATHS := BUILD RESULT SERVER CLIENT DIR MANIFEST OUT PREFIX DESTDIR
from_home = $(subst <>,,$(subst <>~<>,<>$(HOME)<>,$(subst <>~/,<>$(HOME)/,<>$(value $(1))<>)))
$(foreach name,$(PATHS),$(if $(filter ~%,$(firstword $(value $(name)))),\
  $(eval override export $(name) := $$(call from_home,$(name)))))

.PHONY: all pair build tests bench test verify fuzzers fuzz faults plots report export history \
        grade explore interop perf-check instructions perf-trial format lint coverage clean deb \
        install help
.DEFAULT_GOAL := all

all: build  ## build; leaves ./server and ./client here
	@$(call leave_links)

pair:  ## build ./server and ./client alone: few packages, soon done
	@scripts/setup.sh pair
	@scripts/build.sh --pair $(PRESET) "$(BUILD)"
	@$(call leave_links)

leave_links = if [ -w . ]; then ln -sf "$(BUILD)/bin/server" "$(BUILD)/bin/client" .; \
  else echo "you may not write here: the programs are in $(BUILD)/bin"; fi

# What is used and installed; the tests are most of the work, and built where they are run.
build:
	@scripts/setup.sh build
	@scripts/build.sh $(PRESET) "$(BUILD)" programs

tests: build
	@scripts/build.sh $(PRESET) "$(BUILD)"

bench:  ## measure the default suite into results/latest.json, draw, print
	@scripts/writable.sh RESULT "$$RESULT" make bench
	@$(MAKE) --no-print-directory all
	@scripts/setup.sh plots || true
	@scripts/bench.sh "$(BUILD)/bin/minitalk-bench"

plots:  ## draw results/latest.json again, by ARGS as a paper wants it
	@scripts/setup.sh plots
	@scripts/with_args.sh scripts/with_matplotlib.sh scripts/lab plot "$$RESULT" \
	  "$$(scripts/beside.sh "$$RESULT" plots)"

export:  ## hand it to another tool: FORMAT=csv, markdown, gbench, ...
	@scripts/with_args.sh scripts/lab export "$$RESULT" \
	  --format $(or $(FORMAT),markdown) \
	  $(if $(filter markdown,$(or $(FORMAT),markdown)),--verdicts results/verdicts.json) \
	  $(if $(OUT),--out "$$OUT")

# KEEP=1 is for maintainers: it goes on with the series that is in git.
HISTORY := results/$(if $(KEEP),reference-)history.jsonl
history:  ## add it to results/history.jsonl, draw results/plots/history.png
	@scripts/setup.sh plots || true
	@scripts/with_args.sh scripts/lab history --history $(HISTORY) add "$$RESULT"
	@scripts/with_matplotlib.sh scripts/lab history --history $(HISTORY) plot

report:  ## one self-contained page of it: results/report.html
	@scripts/setup.sh report
	@scripts/with_matplotlib.sh scripts/lab report "$$RESULT" --verdicts results/verdicts.json \
	  --out "$${OUT:-$$(scripts/beside.sh "$$RESULT" report.html)}"

test:  ## run all tests (PRESET=asan-ubsan: with the sanitizers)
	@scripts/writable.sh BUILD "$(BUILD)" make test
	@scripts/setup.sh test
	@$(MAKE) --no-print-directory all tests $(if $(filter release dev,$(PRESET)),fuzzers)
	@scripts/with_args.sh ctest --test-dir "$(BUILD)" --output-on-failure --no-tests=error -j4

verify:  ## explore every schedule: results/verdicts.json (DEEP=1: more)
	@scripts/writable.sh OUT "$${OUT:-results/verdicts.json}" make verify
	@$(MAKE) --no-print-directory all
	@scripts/with_args.sh "$(BUILD)/bin/minitalk-verify" $(if $(DEEP),--deep) \
	  --out "$${OUT:-results/verdicts.json}"

fuzzers:
	@scripts/build.sh fuzz "$(BUILD)/fuzz"

fuzz:  ## fuzz each decoder for SECONDS (300), grow its seeds
	@scripts/setup.sh test
	@$(MAKE) --no-print-directory fuzzers
	@tests/fuzz/run.py "$(BUILD)/fuzz/bin/fuzz" $(or $(SECONDS),300) keep

# KEEP=1 is for maintainers: it replaces the figures that are in git, and the table of the docs.
faults: all tests  ## inject every fault (8 min), write results/faults.md
	@scripts/setup.sh test
	@scripts/with_args.sh scripts/faults.sh $(if $(KEEP),--keep) "$(BUILD)"

grade: all  ## judge a pair: DIR=path, or SERVER=a CLIENT=b, or MANIFEST=file
	@scripts/setup.sh grade || true
	@scripts/with_args.sh scripts/grade.py $(if $(SERVER),--server "$$SERVER") \
	  $(if $(CLIENT),--client "$$CLIENT") $(if $(DIR),--dir "$$DIR") \
	  $(if $(MANIFEST),--manifest "$$MANIFEST") $(if $(OUT),--out "$$OUT") \
	  --bench "$(BUILD)/bin/minitalk-bench"

explore: build  ## every schedule of a pair: SERVER=a CLIENT=b MESSAGE=text
	@scripts/writable.sh OUT "$${OUT:-results/explore.json}" make explore
	@scripts/with_args.sh "$(BUILD)/bin/minitalk-explore" $(if $(SERVER),--server "$$SERVER") \
	  $(if $(CLIENT),--client "$$CLIENT") $(if $(MANIFEST),--manifest "$$MANIFEST") \
	  $(if $(MESSAGE),--message "$$MESSAGE") --json "$${OUT:-results/explore.json}"

interop: all  ## who understands whom: ARGS="alice/manifest.json bob/m.json"
	@scripts/setup.sh plots || true
	@scripts/with_args.sh scripts/interop.py --bin "$(BUILD)/bin" \
	  $(if $(OUT),--out "$$OUT")

perf-check:  ## did it get slower since BASE=<git ref>? results/perf-check.json
	@test -n "$$BASE" || { echo "make perf-check BASE=<git ref>, such as origin/main" >&2; exit 64; }
	@scripts/setup.sh perf
	@scripts/with_args.sh scripts/perf_check.py --base "$$BASE" --preset $(PRESET)

instructions:  ## more a byte than at BASE=<git ref>? exact, under valgrind
	@test -n "$$BASE" || { echo "make instructions BASE=<git ref>, such as origin/main" >&2; exit 64; }
	@scripts/setup.sh perf
	@scripts/with_args.sh scripts/lab instructions --base "$$BASE" --preset $(PRESET)

perf-trial: all  ## try perf-check itself: false alarms, and power (hours)
	@scripts/setup.sh perf
	@scripts/build.sh $(PRESET) "$(BUILD)" minitalk_slow
	@scripts/with_args.sh scripts/lab perf-trial \
	  --bin "$(BUILD)/bin/minitalk-bench" --shim "$(BUILD)/tests/libminitalk_slow.so"

format:  ## clang-format every C++ file
	@scripts/setup.sh lint
	@git ls-files '*.cc' '*.h' | xargs clang-format-14 -i

lint:  ## look for mistakes: clang-format, clang-tidy, flake8, mypy, ...
	@scripts/setup.sh lint
	@scripts/build.sh $(PRESET) "$(BUILD)" minitalk_commit
	@BUILD="$(BUILD)" scripts/lint.sh

coverage:  ## lines and branches that the tests reach: results/coverage
	@scripts/setup.sh coverage
	@scripts/coverage.sh $(NINJAFLAGS)

deb: all  ## build/minitalk_*.deb, a Debian package of the programs
	@scripts/setup.sh deb
	@cpack --config "$(BUILD)/CPackConfig.cmake" -B "$(BUILD)"

install: all  ## PREFIX=/usr/local DESTDIR=
	@cmake --install "$(BUILD)" --prefix "$(or $(PREFIX),/usr/local)"

clean:  ## remove what was built and measured here
	@rm -rf build server client results/latest.json results/full.json results/plots \
	  results/*-plots results/*report.html results/history.jsonl results/faults.json \
	  results/faults.md results/perf-check.json results/perf-check.md results/grade.json \
	  results/grade.md results/grade.svg results/grade-partial.json results/grade-partial.md \
	  results/interop.json results/interop.md results/explore.json results/coverage

define MORE

BUILD=/folder        build there         PRESET=dev         of CMakePresets.json
RESULT=/my/run.json  measure into it     ARGS="..."         for the program
OUT=/a/file          write there         NINJAFLAGS=-j1     for the build
MINITALK_NO_INSTALL=1: never install packages, say which are missing

make ends with 2 whatever failed. These end with a status of their own:
  scripts/grade.py       0 all OK, 1 something is KO, 2 nothing was graded
  scripts/perf_check.py  0 not slower, 2 slower, 1 failed, 3 unsure (--strict)
  scripts/interop.py     0 the matrix is there, 1 it is not
endef
export MORE
help:  ## this list
	@awk -F':.*##' '/^[a-z-]+:.*##/ {printf "make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "$$MORE"
