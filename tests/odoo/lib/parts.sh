# What is run, in which order.

finish_odoo() {
  local status=$?
  stop_service
  postgres_stop >/dev/null 2>&1
  (exit "$status")
  finish
}

choose_cache() {
  local wanted=${OMEET_ODOO_CACHE:-${OMEET_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/omeet-tests}/odoo}
  mkdir -p "$wanted" && chmod a+rx "$wanted" || return 1
  as_odoo test -r "$wanted/." || { wanted=/var/cache/omeet-odoo; mkdir -p "$wanted" && chmod a+rx "$wanted"; } || return 1
  ODOO_CACHE=$wanted
  echo "$ODOO_CACHE"
}

prepare_work() {
  install_user || return 1
  mkdir -p "$WORK/home" "$WORK/tmp" "$WORK/screenshots" || return 1
  ((EUID != 0)) || chown "$ODOO_USER" "$WORK" "$WORK"/{home,tmp,screenshots}
  choose_cache && find_python
}

prepare() {
  step "Choose the user and the cache" none prepare_work || return
  step "Install Odoo's Python packages" none install_odoo_python || return
  step "Get Odoo" none choose_odoo || return
  printf '   %s\n' "$ODOO_VERSION"
  step "Start PostgreSQL with the template databases" none start_databases || return
  step "Start the service" none start_service
}

# Tags of tests may be given short: TestX stands for /omeet:TestX.
long_tags() { sed -E 's#(^|,)([A-Z]\w*)#\1/omeet:\2#g' <<<"$1"; }

# odoo_tests DATABASE TAGS: installs the addon there and runs its tests; the judge reads the log.
odoo_tests() {
  local log=$WORK/odoo-$1.log
  HTTP_PORT=$(free_port)
  export OMEET_ODOO_URL=http://127.0.0.1:$HTTP_PORT
  run_odoo -c "$WORK/odoo.conf" -d "$1" -i omeet --test-tags "$2" --http-port "$HTTP_PORT" --stop-after-init >"$log" 2>&1 </dev/null
  local status=$?
  grep -E ' (WARNING|ERROR|CRITICAL) |^Traceback|Error: |tests.result' "$log" | tail -n 60
  "$PYTHON3" "$HERE/lib/judge.py" "$log" || return 1
  return "$status"
}

tests_in() {
  clone "$1" "$2" && new_organization >/dev/null && odoo_tests "$2" "$3"
}

all_parts() {
  prepare || return
  [[ $ODOO_TREE ]] || lint_part
  step "Tests and tours on Odoo $ODOO_SERIES" line tests_in plain omeet_plain /omeet,-omeet_sync
  step "Beside Google's and Microsoft's synchronization" line tests_in sync omeet_sync omeet_sync
  live_part
  [[ $ODOO_SERIES != 19.0 ]] || step "Translations" one check_translations
}

serve() {
  prepare && clone plain omeet_served && new_organization || return 1
  export OMEET_ODOO_URL=http://127.0.0.1:$SERVE
  echo "Odoo on $OMEET_ODOO_URL (admin / admin), the service on $OMEET_URL, its key $OMEET_KEY"
  run_odoo -c "$WORK/odoo.conf" -d omeet_served -i omeet --http-port "$SERVE" --workers "${ODOO_WORKERS:-0}"
}

main() {
  case $ONLY in
    lint) prepare_work >/dev/null && lint_part; return ;;
    i18n) prepare && i18n_part; return ;;
    live) prepare && live_part "${LIVE[@]}"; return ;;
    format) prepare_work >/dev/null && format_part; return ;;
  esac
  if [[ $SERVE ]]; then serve; return; fi
  if [[ $TAGS != all ]]; then
    prepare && step "Tests $TAGS on Odoo $ODOO_SERIES" line tests_in plain omeet_plain "$(long_tags "$TAGS")"
    return
  fi
  all_parts
}
