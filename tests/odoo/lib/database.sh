# A PostgreSQL cluster with template databases; made once per series and kept in the cache, copied for each run.
# Sockets only, and not durable: nothing in it outlives the run.

# plain: what the addon depends on. sync: the calendar synchronizations too, which must leave its links alone.
declare -A TEMPLATES=([plain]=calendar [sync]=calendar,google_calendar,microsoft_calendar)
CLUSTER=

cluster_stamp() {
  local name
  { echo "$ODOO_VERSION $(realpath "$ODOO_LAUNCHER")"; "$(postgres_bin)/initdb" --version
    for name in "${!TEMPLATES[@]}"; do echo "$name ${TEMPLATES[$name]}"; done | sort; } | sha256sum | cut -c1-12
}

postgres_start() {
  CLUSTER=$WORK/cluster
  as_odoo "$(postgres_bin)/pg_ctl" -D "$CLUSTER/postgres" -w -l "$WORK/postgres.log" \
    -o "-k $WORK/socket -c listen_addresses= -c fsync=off -c full_page_writes=off -c synchronous_commit=off -c max_connections=100 -c shared_buffers=256MB" start
}

postgres_stop() {
  [[ $CLUSTER && -e $CLUSTER/postgres/postmaster.pid ]] || return 0
  (cd / && as_odoo "$(postgres_bin)/pg_ctl" -D "$CLUSTER/postgres" -m fast -w stop)
}

sql() { as_odoo "$(postgres_bin)/psql" -qAtX -v ON_ERROR_STOP=1 -h "$WORK/socket" -U odoo -d "$1" -c "$2"; }

make_template() {
  local name=$1 demo=--without-demo=all
  run_odoo -c "$WORK/odoo.conf" -d "$name" -i "${TEMPLATES[$name]}" $demo --stop-after-init --log-level=warn || return 1
  sql postgres "ALTER DATABASE \"$name\" IS_TEMPLATE true"
}

make_cluster() {
  local name
  as_odoo mkdir -p "$WORK/cluster/data" || return 1
  as_odoo "$(postgres_bin)/initdb" -D "$WORK/cluster/postgres" -U odoo -A trust -E UTF8 --locale C.UTF-8 --no-sync && postgres_start || return 1
  for name in "${!TEMPLATES[@]}"; do make_template "$name" || return 1; done
}

keep_cluster() {
  postgres_stop && cp -a "$WORK/cluster" "$1.new" && mv "$1.new" "$1" && postgres_start
}

start_databases() {
  local kept
  kept=$ODOO_CACHE/cluster-$ODOO_SERIES-$(cluster_stamp)
  as_odoo mkdir -p "$WORK/socket" || return 1
  write_configuration || return 1
  if [[ -d $kept ]]; then
    cp -a "$kept" "$WORK/cluster" && postgres_start
  else
    rm -rf "$ODOO_CACHE/cluster-$ODOO_SERIES"-*
    make_cluster && keep_cluster "$kept"
  fi
}

# clone TEMPLATE NAME: the copy gets an identity of its own, as a database made by hand would have.
clone() {
  local data=$WORK/cluster/data/filestore
  sql postgres "CREATE DATABASE \"$2\" TEMPLATE \"$1\"" || return 1
  [[ ! -d $data/$1 ]] || as_odoo cp -a "$data/$1" "$data/$2" || return 1
  sql "$2" "UPDATE ir_config_parameter SET value = gen_random_uuid()::text WHERE key IN ('database.uuid', 'database.secret')"
}

# The addon is copied, so that the user that runs Odoo can read it wherever the clone lies, and writes nothing into it.
write_configuration() {
  as_odoo mkdir -p "$WORK/addons" "$WORK/tmp" "$WORK/home" || return 1
  copy_addon || return 1
  cat >"$WORK/odoo.conf" <<CONF
[options]
addons_path = $ODOO_ADDONS,$WORK/addons
data_dir = $WORK/cluster/data
db_host = $WORK/socket
db_user = odoo
http_interface = 127.0.0.1
smtp_server = 127.0.0.1
smtp_port = 1
list_db = False
screenshots = $WORK/screenshots
CONF
}

copy_addon() {
  local folder=$WORK/addons
  rm -rf "$folder/omeet" && cp -r "$ADDON" "$folder/omeet" || return 1
  find "$folder/omeet" -name __pycache__ -prune -exec rm -rf {} +
  ((EUID == 0)) && chown -R "$ODOO_USER" "$folder"
  chmod -R u+rwX "$folder"
}
