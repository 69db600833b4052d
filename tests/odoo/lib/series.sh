# Which Odoo is under test: 19.0 from Debian, or the source tree that ODOO_18 (or ODOO_SOURCE) names.

choose_debian() {
  install_debian_odoo || return 1
  ODOO_ADDONS=$ODOO_PYTHONPATH/odoo/addons
}

choose_source() {
  local tree=$1
  ODOO_PYTHONPATH=$tree ODOO_ADDONS=$tree/odoo/addons
  [[ -x $tree/odoo-bin || -f $tree/odoo-bin ]] || { echo "$tree is no Odoo source tree: it has no odoo-bin"; return 1; }
  ODOO_LAUNCHER=$tree/odoo-bin
  [[ -d $tree/addons ]] && ODOO_ADDONS=$tree/addons,$ODOO_ADDONS
  as_odoo test -r "$tree/odoo-bin" || { echo "$ODOO_USER cannot read $tree"; return 1; }
}

choose_odoo() {
  if [[ $ODOO_TREE ]]; then choose_source "$(realpath "$ODOO_TREE")"; else choose_debian; fi || return 1
  ODOO_VERSION=$(run_odoo --version) || return 1
  ODOO_SERIES=$(grep -oE '[0-9]+\.[0-9]+' <<<"$ODOO_VERSION" | head -n 1)
  echo "$ODOO_VERSION"
}

# Odoo is started by the path of its script: its worker processes execute that path again, so `-m odoo` would break them.
run_odoo() {
  as_odoo env PYTHONPATH="$ODOO_PYTHONPATH" PYTHONDONTWRITEBYTECODE=1 TMPDIR="$WORK/tmp" "$ODOO_VENV/bin/python" "$ODOO_LAUNCHER" "$@"
}
