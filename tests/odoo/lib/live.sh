# Tests on an Odoo that is served and commits, in `live/`.

# In the cache of this part, which the user that runs Odoo can read; that of the browser tests may lie in a home folder.
install_node_packages() {
  local folder
  folder=$ODOO_CACHE/browser-$(cat "$ROOT"/tests/browser/package*.json | sha256sum | cut -c1-12)
  export OMEET_NODE_PACKAGES=$folder
  [[ -e $folder/complete ]] && return 0
  mkdir -p "$folder" && cp "$ROOT"/tests/browser/package*.json "$folder" || return 1
  (cd "$folder" && npm ci --ignore-scripts --no-audit --no-fund) && touch "$folder/complete"
}

# The files and the binary are copied to where the user that runs Odoo can read them.
prepare_live() {
  install_node_packages || return 1
  as_odoo mkdir -p "$WORK/live" && cp -r "$HERE/live" "$WORK/live-tests" && install -m 755 "$OMEET_BINARY" "$WORK/omeet" || return 1
  cp -r "$ROOT/tests/differential" "$WORK/live-tests/" || return 1
  chmod -R a+rX "$WORK/live-tests"
  clone plain omeet_live_template || return 1
  run_odoo -c "$WORK/odoo.conf" -d omeet_live_template -i omeet --stop-after-init --log-level=warn
}

live_tests() {
  as_odoo env PATH="$(postgres_bin):$PATH" PYTHONPATH="$ODOO_PYTHONPATH" PYTHONDONTWRITEBYTECODE=1 TMPDIR="$WORK/tmp" PGHOST="$WORK/socket" ODOO_VENV="$ODOO_VENV" \
    ODOO_LAUNCHER="$ODOO_LAUNCHER" ODOO_CONF="$WORK/odoo.conf" OMEET_BINARY="$WORK/omeet" OMEET_CHROMIUM="$(chromium_path)" OMEET_LIVE_WORK="$WORK/live" \
    OMEET_LIVE_TEMPLATE=omeet_live_template "$ODOO_VENV/bin/python" -m pytest -q -rP -p no:cacheprovider --rootdir "$WORK/live-tests" \
    --basetemp "$WORK/live/pytest" --durations=8 "$WORK/live-tests" "$@"
}

live_part() {
  step "Install the addon for the live tests" none prepare_live || return
  step "An Odoo that commits, on $ODOO_SERIES" pytest live_tests "$@"
  [[ ! $SCREENSHOTS ]] || { mkdir -p "$SCREENSHOTS" && cp "$WORK"/live/pictures/*.png "$SCREENSHOTS"; }
  grep -hE '^(1000 changes|500 events|a start was seen)' "$WORK"/*An-Odoo-that-commits*.log | sed 's/^/   /' || true
}
