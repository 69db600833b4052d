# A PostgreSQL cluster of our own: random port, its files in the work folder, durable as in production (fsync on).

PG_DATA=

# PostgreSQL refuses to run as root, so root borrows the user that Debian's package made.
as_postgres() { if ((EUID == 0)); then runuser -u postgres -- "$@"; else "$@"; fi; }

free_port() {
  local port
  while port=$((20000 + RANDOM % 12000)); do
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
  done
}

start_postgres() {
  local bin port folder=$WORK/postgres
  bin=$(postgres_bin) port=$(free_port)
  [[ $bin ]] || { echo "PostgreSQL is not installed"; return 1; }
  mkdir -p "$folder" && { ((EUID != 0)) || chown postgres "$folder"; } || return 1
  cd "$folder" || return 1
  as_postgres "$bin/initdb" -D "$folder/data" -U omeet -A trust -E UTF8 --locale C.UTF-8 --no-sync || return 1
  PG_DATA=$folder/data
  as_postgres "$bin/pg_ctl" -D "$PG_DATA" -w -l "$folder/log" -o "-p $port -k $folder -c listen_addresses=127.0.0.1 -c max_connections=300" start || return 1
  cd "$ROOT" || return 1
  export OMEET_TEST_POSTGRES_URL=postgres://omeet@127.0.0.1:$port/postgres
  export OMEET_TEST_POSTGRES_SOCKET=$folder
  export PATH=$PATH:$bin
  psql "$OMEET_TEST_POSTGRES_URL" -c 'show fsync' -c 'show synchronous_commit' -c 'select version()'
}

stop_postgres() {
  [[ $PG_DATA && -e $PG_DATA/postmaster.pid ]] || return 0
  (cd / && as_postgres "$(postgres_bin)/pg_ctl" -D "$PG_DATA" -m immediate -w stop >/dev/null 2>&1)
  PG_DATA=
}
