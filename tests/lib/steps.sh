# Steps: run a command, say in one line how it went and how long it took, and count what passed and failed.

PASSED=0 FAILED=0 STEP=0
WORK=$(mktemp -d "${TMPDIR:-/tmp}/omeet-tests-XXXXXX") || exit 1
chmod 755 "$WORK"

# step NAME COUNTER COMMAND... ; COUNTER says how its log is counted: none, one, cargo, pytest, node, or line for one that ends with "N passed, N failed".
step() {
  local name=$1 counter=$2 log began=$SECONDS
  shift 2
  next_log "$name"
  printf '== %s ...\n' "$name"
  "$@" >"$log" 2>&1 </dev/null
  settle "$name" "$counter" $? "$began" "$log"
}

# As step, beside the steps that follow; `join_beside` waits for it and says how it went.
BESIDE_PID='' BESIDE=()
beside() {
  local name=$1 counter=$2 log
  shift 2
  next_log "$name"
  printf '== %s, beside what follows ...\n' "$name"
  "$@" >"$log" 2>&1 </dev/null &
  BESIDE_PID=$! BESIDE=("$name" "$counter" "$SECONDS" "$log")
}

join_beside() {
  wait "$BESIDE_PID"
  local status=$?
  BESIDE_PID=''
  settle "${BESIDE[0]}" "${BESIDE[1]}" "$status" "${BESIDE[2]}" "${BESIDE[3]}"
}

# Sets `log` of the caller.
next_log() {
  STEP=$((STEP + 1))
  log=$WORK/$(printf '%02d' "$STEP")-${1//[^A-Za-z0-9]/-}.log
}

settle() {
  local name=$1 counter=$2 status=$3 began=$4 log=$5 good=0 bad=0
  read -r good bad < <("count_$counter" "$log" "$status")
  if ((status != 0 && bad == 0)); then bad=1; fi
  PASSED=$((PASSED + good)) FAILED=$((FAILED + bad))
  report "$name" "$counter" "$good" "$bad" $((SECONDS - began)) "$log"
  return "$status"
}

report() {
  local name=$1 counter=$2 good=$3 bad=$4 took=$5 log=$6
  if ((bad)); then
    printf '   FAILED: %s after %s s (%s passed, %s failed). The end of its output:\n' "$name" "$took" "$good" "$bad"
    tail -n 120 "$log" | sed 's/^/   | /'
  elif [[ $counter == none || $counter == one ]]; then
    printf '   %s: done in %s s\n' "$name" "$took"
  else
    printf '   %s: %s passed in %s s\n' "$name" "$good" "$took"
  fi
}

count_none() { echo 0 0; }
count_one() { if (($2 == 0)); then echo 1 0; else echo 0 1; fi; }

# cargo test: one "test result:" line per binary. An ignored test would be a silent hole, so it counts as failed.
count_cargo() {
  awk '/^test result:/ { for (i = 2; i <= NF; i++) { if ($i ~ /^passed/) p += $(i-1); if ($i ~ /^(failed|ignored)/) f += $(i-1) } }
       END { print p + 0, f + 0 }' "$1"
}

# pytest: its last line. Errors and skipped tests count as failed.
count_pytest() {
  grep -aE '^=*.*[0-9]+ (passed|failed|error|skipped).* in ' "$1" | tail -n 1 | awk '
    { gsub(/[=,]/, " "); for (i = 2; i <= NF; i++) { if ($i == "passed") p = $(i-1); if ($i ~ /^(failed|errors?|skipped|xfailed)$/) f += $(i-1) } }
    END { print p + 0, f + 0 }'
}

# tests/odoo/run and tests/fuzz/run: the last line.
count_line() { sed -nE 's/^([0-9]+) passed, ([0-9]+) failed$/\1 \2/p' "$1" | tail -n 1 | grep . || echo 0 1; }

# node's test runner, TAP: "# pass 3". Skipped and unfinished tests count as failed.
count_node() {
  awk '/^# pass / { p += $3 } /^# (fail|cancelled|skipped|todo) / { f += $3 } END { print p + 0, f + 0 }' "$1"
}

finish() {
  local status=$?
  [[ ! $BESIDE_PID ]] || kill "$BESIDE_PID"
  stop_postgres
  if ((status != 0 && FAILED == 0)); then FAILED=1; fi
  if ((FAILED)); then echo "Logs: $WORK"; else rm -rf "$WORK"; fi
  if ((PASSED == 0 && FAILED == 0)); then FAILED=1; fi
  printf '%s passed, %s failed\n' "$PASSED" "$FAILED"
  exit $((FAILED > 0))
}
