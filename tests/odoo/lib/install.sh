# The Python environment of Odoo, and the system user that runs it.

ODOO_USER=omeet-odoo

# Neither PostgreSQL nor Odoo should run as root, so root makes a user without a home or a login.
install_user() {
  ((EUID == 0)) || { ODOO_USER=$(id -un); return 0; }
  id "$ODOO_USER" >/dev/null 2>&1 || useradd --system --home-dir /nonexistent --shell /usr/sbin/nologin "$ODOO_USER"
}

as_odoo() { if ((EUID == 0)); then runuser -u "$ODOO_USER" -- env HOME="$WORK/home" "$@"; else "$@"; fi; }

find_python() {
  local candidate
  for candidate in "${ODOO_PYTHON:-}" /usr/bin/python3.11 "$(command -v python3.11)"; do
    [[ -x $candidate ]] && "$candidate" -c 'import ensurepip, venv' 2>/dev/null && { PYTHON3=$(readlink -f "$candidate"); return 0; }
  done
  echo "Python 3.11 with venv is needed (the wheels Odoo wants stop there): install python3.11-venv or set ODOO_PYTHON"
  return 1
}

install_odoo_python() {
  local stamp folder
  stamp=$( (cat "$HERE/requirements.txt"; "$PYTHON3" --version) | sha256sum | cut -c1-12)
  folder=$ODOO_CACHE/python-$stamp
  ODOO_VENV=$folder
  [[ -e $folder/complete ]] && return 0
  rm -rf "$folder" && "$PYTHON3" -m venv "$folder" || return 1
  echo 'setuptools<70' >"$folder/constraints.txt"
  PIP_CONSTRAINT=$folder/constraints.txt "$folder/bin/pip" install --quiet --disable-pip-version-check -r "$HERE/requirements.txt" || return 1
  chmod -R a+rX "$folder" && touch "$folder/complete"
}
