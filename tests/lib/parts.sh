# What is run, in which order.

quick_part() {
  step "Install what is missing" none install_components || return
  unset OMEET_TEST_POSTGRES_URL
  check_part
  step "Unit and SQLite integration tests" cargo cargo test --locked --lib --bins --tests
}

everything() {
  step "Install what is missing" none install_packages "$PART" || return
  step "Install Rust's fmt and clippy" none install_components || return
  step "Start PostgreSQL" none start_postgres || return
  case $PART in
    rust) rust_part; fuzz_part ;;
    blackbox) binary && blackbox_part ;;
    browser) binary && browser_part ;;
    odoo) binary && { odoo_19 step; odoo_18; } ;;
    all) rust_part; fuzz_part; binary && { blackbox_part; odoo_19 beside; browser_part; join_beside; odoo_18; } ;;
  esac
}

check_part() {
  step "Format" one cargo fmt --check
  step "Lints" one cargo clippy --locked --all-targets -- -D warnings
}

rust_part() {
  check_part
  step "Unit and integration tests, SQLite and PostgreSQL" cargo cargo test --locked --lib --bins --tests
  step "Examples in the documentation" cargo cargo test --locked --doc
  step "Documentation" one env RUSTDOCFLAGS='-D warnings' cargo doc --locked --no-deps
}

fuzz_part() { [[ ! $FUZZ_S ]] || step "Fuzzing by coverage, $FUZZ_S s each" line "$ROOT/tests/fuzz/run" --seconds "$FUZZ_S"; }

binary() {
  step "Release build" one cargo build --locked --release || return
  export OMEET_BINARY=$CARGO_TARGET_DIR/release/omeet
}

blackbox_part() {
  step "Install Python packages" none install_python || return
  step "Install Node packages" none install_node || return
  step "Fetch OdooRPC's own tests" none install_odoorpc_suite || return
  step "Fetch libical's vectors" none install_libical_vectors || return
  step "Unpack nginx, systemd and Prometheus" none install_tools || return
  export OMEET_KILLS=$KILLS PYTHONDONTWRITEBYTECODE=1
  step "Black-box tests of the release build" pytest "$PYTHON" -m pytest -c "$ROOT/tests/blackbox/pytest.ini" --rootdir "$ROOT/tests/blackbox" \
    -o cache_dir="$WORK/pytest" --basetemp "$WORK/blackbox" "$ROOT/tests/blackbox"
}

browser_part() {
  step "Install Node packages" none install_node || return
  OMEET_CHROMIUM=$(chromium_path)
  export OMEET_CHROMIUM OMEET_TEST_WORK=$WORK
  step "Pages in Chromium" node node --test --test-reporter tap "$ROOT"/tests/browser/*.test.mjs
}

# On Odoo 19 from Debian's package, and on the source tree that ODOO_18 names as well. Odoo brings a PostgreSQL of its own, so that it can
# run beside other tests: its own and the browser's wait more than they work, and measure nothing.
odoo_19() { "$1" "The addon on Odoo 19" line env -u ODOO_18 "$ROOT/tests/odoo/run"; }
odoo_18() { [[ ! ${ODOO_18:-} ]] || step "The addon on $ODOO_18" line "$ROOT/tests/odoo/run"; }
