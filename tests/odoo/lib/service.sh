# The real service on an SQLite database of its own, with a fresh organization and a service key.

SERVICE_PID= JITSI_PID= GOOGLE_PID=

# No Jitsi server runs here: a stand-in serves what a browser loads from one.
start_jitsi() {
  "$PYTHON3" "$HERE/lib/jitsi_stand_in.py" >"$WORK/jitsi.port" &
  JITSI_PID=$!
  until [[ -s $WORK/jitsi.port ]]; do kill -0 "$JITSI_PID" || return 1; sleep 0.1; done
  export OMEET_JITSI_URL=http://127.0.0.1:$(<"$WORK/jitsi.port")
}

# Nor does Google answer from here.
start_google() {
  "$PYTHON3" "$HERE/lib/google_stand_in.py" >"$WORK/google.port" &
  GOOGLE_PID=$!
  until [[ -s $WORK/google.port ]]; do kill -0 "$GOOGLE_PID" || return 1; sleep 0.1; done
}

service_ready() { (exec 3<>"/dev/tcp/127.0.0.1/$1" && printf 'GET /readyz HTTP/1.0\r\n\r\n' >&3 && head -n 1 <&3 | grep -q ' 200 ') 2>/dev/null; }

start_service() {
  local port folder=$WORK/service tries=0
  [[ -x ${OMEET_BINARY:-} ]] || { echo "OMEET_BINARY must name the omeet binary"; return 1; }
  start_jitsi && start_google || return 1
  port=$(free_port)
  mkdir -p "$folder" && cd "$folder" || return 1
  export OMEET_URL=http://127.0.0.1:$port
  OMEET_SERVER__LISTEN=127.0.0.1:$port OMEET_JITSI__SERVER_URL=$OMEET_JITSI_URL \
    OMEET_CALENDARS__GOOGLE_URL=http://127.0.0.1:$(<"$WORK/google.port") OMEET_CALENDARS__GOOGLE_CLIENT_ID=odoo \
    OMEET_CALENDARS__GOOGLE_CLIENT_SECRET=stand-in OMEET_PROVIDERS__ALLOW_PRIVATE_ADDRESSES=true \
    OMEET_LIMITS__CONNECTIONS_PER_ADDRESS=4096 "$OMEET_BINARY" serve >"$folder/service.log" 2>&1 &
  SERVICE_PID=$!
  until service_ready "$port"; do
    kill -0 "$SERVICE_PID" 2>/dev/null && ((tries++ < 200)) || { tail "$folder/service.log"; return 1; }
    sleep 0.1
  done
  new_organization
}

# Every database under test gets an organization of its own. Uses the command line of the service in the service's own folder.
new_organization() {
  local slug=odoo-$RANDOM$RANDOM
  (cd "$WORK/service" && "$OMEET_BINARY" organization create "Odoo" --slug "$slug" --json) || return 1
  OMEET_KEY=$(cd "$WORK/service" && "$OMEET_BINARY" key create --organization "$slug" --kind service --role admin --json |
    "$PYTHON3" -c 'import json, sys; print(json.load(sys.stdin)["key"])') || return 1
  export OMEET_KEY
}

stop_service() {
  [[ $JITSI_PID ]] && kill "$JITSI_PID" 2>/dev/null
  [[ $GOOGLE_PID ]] && kill "$GOOGLE_PID" 2>/dev/null
  [[ $SERVICE_PID ]] && kill "$SERVICE_PID" 2>/dev/null && wait "$SERVICE_PID" 2>/dev/null
  SERVICE_PID=
}
