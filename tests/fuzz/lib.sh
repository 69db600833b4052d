# Building the program of all targets, and running it.

# What libFuzzer watches is laid in by a pass of LLVM; its runtime comes with a crate.
COVERAGE=(-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters
  -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares)

# With a --target the flags are for the program only: build scripts and macros would lack the runtime.
build() {
  local host
  host=$(rustc --version --verbose | sed -n 's/^host: //p')
  cp "$ROOT/Cargo.lock" "$ROOT/tests/fuzz/Cargo.lock" || return 1
  CARGO_TARGET_DIR=$KEPT/target RUSTFLAGS=${COVERAGE[*]} cargo build --release --manifest-path "$ROOT/tests/fuzz/Cargo.toml" --target "$host" || return 1
  ln -sf "$KEPT/target/$host/release/omeet-fuzz" "$KEPT/omeet-fuzz"
}

# Calendars of others, from the wheels of two libraries: seeds for what reads calendars.
WHEELS=(icalendar==7.3.0 recurring-ical-events==3.8.2)
fetch_calendars() {
  local folder
  folder=$KEPT/calendars-$(sha256sum <<<"${WHEELS[*]}" | cut -c1-12)
  CALENDARS=$folder/ics
  [[ -e $folder/complete ]] && return 0
  rm -rf "$folder" && mkdir -p "$folder/wheels" "$folder/ics" && python3 -m venv "$folder/python" || return 1
  "$folder/python/bin/pip" download --quiet --disable-pip-version-check --no-deps --only-binary :all: --dest "$folder/wheels" "${WHEELS[@]}" || return 1
  python3 - "$folder" <<'PYTHON' && touch "$folder/complete"
import pathlib, sys, zipfile
folder = pathlib.Path(sys.argv[1])
for wheel in (folder / "wheels").glob("*.whl"):
    archive = zipfile.ZipFile(wheel)
    for name in (name for name in archive.namelist() if name.endswith(".ics")):
        (folder / "ics" / name.replace("/", "-")).write_bytes(archive.read(name))
PYTHON
}

# Words of the corpus, so that whole ones are tried where they do not stand.
dictionary() { cat "$CORPORA/$1"/* | grep -oaE '[A-Za-z][A-Za-z0-9_-]{2,40}' | sort -u | sed 's/.*/"&"/'; }

declare -A FUZZERS=()
start_fuzzer() {
  local target=$1 seeds=("$CORPORA/$1")
  [[ ! $target =~ ^(ics|busy)$ ]] || seeds+=("$CALENDARS")
  mkdir -p "$KEPT/corpus/$target" "$KEPT/found" && dictionary "$target" >"$WORK/$target.dict" || return 1
  OMEET_FUZZ_TARGET=$target "$KEPT/omeet-fuzz" -max_total_time="$SECONDS_EACH" -max_len=8192 -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    -dict="$WORK/$target.dict" -artifact_prefix="$KEPT/found/$target-" "$KEPT/corpus/$target" "${seeds[@]}" >"$WORK/$target.log" 2>&1 </dev/null &
  FUZZERS[$target]=$!
}

finish_fuzzing() {
  local status=$?
  ((${#FUZZERS[@]} == 0)) || kill "${FUZZERS[@]}" 2>/dev/null
  (exit "$status")
  finish
}

fuzz_all() {
  local target
  printf '== %s targets, %s s each ...\n' "${#TARGETS[@]}" "$SECONDS_EACH"
  for target in "${TARGETS[@]}"; do
    while (($(jobs -rp | wc -l) >= AT_ONCE)); do wait -n; done
    start_fuzzer "$target"
  done
  for target in "${TARGETS[@]}"; do
    wait "${FUZZERS[$target]}"
    judge "$target" $?
  done
}

judge() {
  local target=$1 status=$2 log=$WORK/$1.log
  if ((status == 0)); then
    PASSED=$((PASSED + 1))
    printf '   %-8s %s\n' "$target" "$(figures "$log")"
    return
  fi
  FAILED=$((FAILED + 1))
  printf '   FAILED: %s. The end of its output:\n' "$target"
  tail -n 60 "$log" | sed 's/^/   | /'
  sed -nE "s#.*Test unit written to (.*)#   The input again: tests/fuzz/run --again $target \1\n   It belongs into tests/it/fuzz/corpus/$target.#p" "$log"
}

# libFuzzer's `cov` is edges of code; `corp` its inputs.
figures() {
  awk '/ cov: / { for (i = 1; i < NF; i++) { if ($i == "cov:") cov = $(i+1); if ($i == "corp:") { split($(i+1), corp, "/") } } }
       /INITED/ { from = cov; inputs = corp[1] }
       /^stat::number_of_executed_units/ { executed = $2 }
       END { printf "%d executions, coverage %d -> %d edges, corpus %d -> %d inputs", executed, from, cov, inputs, corp[1] }' "$1"
}

again() { OMEET_FUZZ_TARGET=$1 RUST_BACKTRACE=1 step "$1 with $2" one "$KEPT/omeet-fuzz" "$2"; }
