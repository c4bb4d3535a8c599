# Runs the steps of a test run and counts them; sourced by tools/test and tools/sanitize from the
# repository's root. The caller sets `logs`, the directory for each step's output, and `counts_file`,
# where each step that ends adds a line `PASSED FAILED`, so that steps may run beside each other.
# shellcheck shell=bash

readonly step_seconds_max=1800  # a step that takes longer hangs
readonly build_seconds_max=5400 # some 500 files on a slow machine whose cache is empty

# show_failures LOG: the checks of a CAF suite that failed (`!!`), and the cases of others (`FAIL NAME`, reasons indented).
show_failures() {
  awk '/^!!/ || /^FAIL / { shown = 1 } !/^!!/ && !/^FAIL / && !/^ / { shown = 0 } shown' "$1" | head -n 60
}

# report NAME PASSED FAILED SECONDS: adds one step to the sum and shows it.
report() {
  echo "$2 $3" >>"$counts_file"
  local verdict=ok text
  (($3)) && verdict=FAILED
  text=$(printf '%-6s %-24s %5d passed, %d failed (%d s)' "$verdict" "$1" "$2" "$3" "$4")
  if (($3)); then
    text+=$'\n'$({ show_failures "$logs/$1.log" | tee -a "$counts_file.failures" && tail -n 30 "$logs/$1.log"; } | sed 's/^/       /')
  fi
  echo "$text" # at once, as others may write too
}

# How each kind of step counts its log: prints "PASSED FAILED". $1 is the log, $2 the exit status.
count_check() { (($2 == 0)) && echo "1 0" || echo "0 1"; }

# A suite's last line is `N passed, N failed`; one that does not get that far has failed once.
count_suite() {
  local last
  last=$(tail -n 1 "$1")
  if [[ $last =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
    local p=${BASH_REMATCH[1]} f=${BASH_REMATCH[2]}
    (($2 != 0 && f == 0)) && f=1
    echo "$p $f"
  else
    echo "0 1"
  fi
}

# CAF's summary: the number of test cases, and a list of those that failed.
count_caf() {
  awk -v status="$2" '
    /^ *tests: +[0-9]+/  { tests = $2; complete = 1 }
    in_failed && /^ *- / { failed++ }
    /failed tests:/      { in_failed = 1 }
    END {
      if (!complete || (status != 0 && !failed)) failed++  # a crash, or a check outside of a test case
      passed = tests - failed
      print (passed > 0 ? passed : 0), failed + 0
    }' "$1"
}

# step KIND NAME COMMAND...: runs one step and counts it. Returns whether it passed.
step() {
  local kind=$1 name=$2 start=$SECONDS status=0 counts seconds_max=$step_seconds_max
  [[ $name == build-* ]] && seconds_max=$build_seconds_max
  shift 2
  timeout --kill-after=10 "$seconds_max" "$@" >"$logs/$name.log" 2>&1 || status=$?
  ((status == 124)) && echo "took longer than $seconds_max s" >>"$logs/$name.log"
  counts=$("count_$kind" "$logs/$name.log" "$status")
  report "$name" ${counts} $((SECONDS - start))
  ((status == 0))
}

# build PRESET [TARGET...]: configures and builds; one step.
build() {
  # shellcheck disable=SC2016 # the inner shell expands
  step check "build-$1" bash -c 'cmake --preset "$0" && exec ninja -C "build/$0" "$@"' "$@"
}

# run_unit_suites BUILD [ARGUMENT...]: every test program of a build.
run_unit_suites() {
  local program
  for program in "$1"/tests/test_*; do
    [[ -x $program && -f $program ]] && step caf "unit-${program##*/test_}" "$program" -n -v 4 -r 300 "${@:2}"
  done
}

# broker_suites: the names of the suites that take a broker's program.
broker_suites() {
  local runner
  for runner in tests/*/run; do
    basename "$(dirname "$runner")"
  done
}

# run_broker_suites BUILD SUITE...: against the broker of a build.
run_broker_suites() {
  local suite
  for suite in "${@:2}"; do
    step suite "$suite" "tests/$suite/run" "$PWD/$1/tools/mqttzood"
  done
}

# finish: what failed once more, as long outputs are cut in their middle, and the last line of a run; its status
# says whether anything failed.
finish() {
  local passed failed
  [[ -s $counts_file.failures ]] && head -n 60 "$counts_file.failures"
  read -r passed failed < <(awk '{ p += $1; f += $2 } END { print p + 0, f + 0 }' "$counts_file")
  printf 'took %d s\n%d passed, %d failed\n' "$SECONDS" "$passed" "$failed"
  ((failed == 0))
}
