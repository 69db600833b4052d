# Installs what the tests need and the machine lacks.

has() { command -v "$1" >/dev/null 2>&1; }
as_root() { if ((EUID == 0)); then "$@"; else sudo "$@"; fi; }

postgres_bin() {
  local folder
  for folder in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /usr/local/pgsql/bin; do
    [[ -x $folder/initdb ]] && echo "$folder"
  done | sort -V | tail -n 1
}

chromium_path() { command -v chromium || command -v chromium-browser || command -v google-chrome; }

node_is_new() { has node && has npm && node -e 'process.exit(parseInt(process.versions.node) < 18 ? 1 : 0)'; }

venv_works() { python3 -c 'import ensurepip, venv' 2>/dev/null; }

missing_packages() {
  has cc && has make || echo gcc libc6-dev make
  has curl || echo curl
  [[ $1 == fuzz ]] && { has g++ || echo g++; venv_works || echo python3 python3-venv; return; }
  [[ $1 == rust ]] && { [[ $(postgres_bin) ]] || echo postgresql; return; }
  [[ $(postgres_bin) ]] || echo postgresql
  [[ $(chromium_path) ]] || echo chromium
  has strace || echo strace
  venv_works || echo python3 python3-venv
  node_is_new || echo nodejs npm
}

install_packages() {
  local packages
  packages=$(missing_packages "$1" | tr '\n' ' ')
  [[ ${packages// /} ]] || { echo "nothing is missing"; return 0; }
  echo "installing: $packages"
  if ! has apt-get || { ((EUID != 0)) && ! has sudo; }; then
    echo "cannot install without apt-get and root or sudo; install by hand: $packages"
    return 1
  fi
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -q update || return 1
  # shellcheck disable=SC2086
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qy install --no-install-recommends $packages || return 1
  packages=$(missing_packages "$1" | tr '\n' ' ')
  [[ ! ${packages// /} ]] || { echo "still missing after the installation: $packages"; return 1; }
}

install_components() {
  cargo fmt --version && cargo clippy --version && return 0
  has rustup && rustup component add rustfmt clippy
}

# The Python environment, made anew when requirements.txt or the Python changes.
install_python() {
  local stamp folder
  stamp=$( (cat "$ROOT/tests/blackbox/requirements.txt"; python3 --version) | sha256sum | cut -c1-12)
  folder=$CACHE/python-$stamp
  PYTHON=$folder/bin/python
  [[ -e $folder/complete ]] && return 0
  rm -rf "$folder" && python3 -m venv "$folder" || return 1
  "$PYTHON" -m pip install --quiet --disable-pip-version-check -r "$ROOT/tests/blackbox/requirements.txt" && touch "$folder/complete"
}

# The browser tests' packages, outside the clone; npm's own lock file decides the versions.
install_node() {
  local stamp
  stamp=$(cat "$ROOT"/tests/browser/package*.json | sha256sum | cut -c1-12)
  export OMEET_NODE_PACKAGES=$CACHE/node-$stamp
  [[ -e $OMEET_NODE_PACKAGES/complete ]] && return 0
  mkdir -p "$OMEET_NODE_PACKAGES" && cp "$ROOT"/tests/browser/package*.json "$OMEET_NODE_PACKAGES" || return 1
  (cd "$OMEET_NODE_PACKAGES" && npm ci --ignore-scripts --no-audit --no-fund) && touch "$OMEET_NODE_PACKAGES/complete"
}

# Tests of others that no package has, out of Debian's source packages: `unpack_source` FOLDER SUITE PACKAGE FILE SHA256 [PATH...]. An apt of its own,
# so that nothing of this machine's changes.
unpack_source() {
  local folder=$1 suite=$2 package=$3 file=$4 sha256=$5 apt
  shift 5
  [[ -e $folder/complete ]] && return 0
  rm -rf "$folder" && mkdir -p "$folder"/apt/{lists/partial,cache/archives/partial,parts} && : >"$folder/apt/status" || return 1
  printf 'Types: deb-src\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n' \
    "${DEBIAN_MIRROR:-http://deb.debian.org/debian}" "$suite" >"$folder/apt/suite.sources"
  apt=(-o "Dir::Etc::SourceList=$folder/apt/suite.sources" -o "Dir::Etc::SourceParts=$folder/apt/parts" -o "Dir::State=$folder/apt"
    -o "Dir::State::Lists=$folder/apt/lists" -o "Dir::State::status=$folder/apt/status" -o "Dir::Cache=$folder/apt/cache"
    -o APT::Sandbox::User=root -o Acquire::Check-Valid-Until=false -o Acquire::Languages=none)
  apt-get "${apt[@]}" -q update || return 1
  (cd "$folder" && apt-get "${apt[@]}" -q source --download-only --tar-only "$package") || return 1
  (cd "$folder" && echo "$sha256  $file" | sha256sum --check && tar -xzf "$file" --strip-components=1 "$@") || return 1
  rm -rf "$folder/apt" && touch "$folder/complete"
}

ODOORPC_SHA256=cfdbd61ee25547f4dc0be13ba8faeaafbeec49d6dbbedcde190f715d8a6e1388
install_odoorpc_suite() {
  local folder=$CACHE/odoorpc-${ODOORPC_SHA256:0:12}
  export OMEET_ODOORPC_SUITE=$folder/odoorpc/tests
  unpack_source "$folder" sid python-odoorpc python-odoorpc_0.10.1.orig.tar.gz $ODOORPC_SHA256
}

LIBICAL_SHA256=e73de92f5a6ce84c1b00306446b290a2b08cdf0a80988eca0a2c9d5c3510b4c2
install_libical_vectors() {
  local folder=$CACHE/libical-${LIBICAL_SHA256:0:12}
  export OMEET_LIBICAL_VECTORS=$folder/src/test
  unpack_source "$folder" trixie libical3 libical3_3.0.20.orig.tar.gz $LIBICAL_SHA256 libical-3.0.20/src/test
}

# Programs that the deployment tests need, unpacked beside the tests: nothing is installed, and no service begins to run.
TOOLS=(nginx prometheus caddy systemd libsystemd-shared libfaketime)
install_tools() {
  local stamp
  stamp=$( (. /etc/os-release && echo "$VERSION_CODENAME ${TOOLS[*]}") | sha256sum | cut -c1-12)
  export OMEET_TOOLS=$CACHE/tools-$stamp
  [[ -e $OMEET_TOOLS/complete ]] && return 0
  rm -rf "$OMEET_TOOLS" && mkdir -p "$OMEET_TOOLS/packages" && as_root apt-get -q update || return 1
  (cd "$OMEET_TOOLS/packages" && apt-get -q download "${TOOLS[@]}") || return 1
  for package in "$OMEET_TOOLS"/packages/*.deb; do dpkg-deb --extract "$package" "$OMEET_TOOLS" || return 1; done
  rm -rf "$OMEET_TOOLS/packages" && touch "$OMEET_TOOLS/complete"
}
