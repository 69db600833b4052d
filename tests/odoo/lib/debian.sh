# A runnable Odoo 19 from Debian's own package, without touching the machine's apt.

DEBIAN_PACKAGE=odoo-19
DEBIAN_VERSION=19.0.0+dfsg-1
DEBIAN_SHA256=9d2f598b
# What the package's symbolic links point into: jQuery and the fonts. "legacy" carries FontAwesome 4.
DEBIAN_ASSETS=(libjs-jquery libjs-jquery-form libjs-underscore fonts-font-awesome fonts-font-awesome-legacy fonts-montserrat
  fonts-roboto-unhinted fonts-inconsolata fonts-glyphicons-halflings fonts-ocr-b)
# The addons that are kept, with all they need and all that installs itself on them.
DEBIAN_ADDONS=(calendar contacts google_calendar microsoft_calendar hr_calendar)

debian_mirror() {
  [[ ${DEBIAN_MIRROR:-} ]] && { echo "$DEBIAN_MIRROR"; return; }
  local found
  found=$(grep -rhoE 'https?://[^ ]*/debian/?( |$)' /etc/apt/sources.list /etc/apt/sources.list.d 2>/dev/null | head -n 1 | tr -d ' ')
  echo "${found:-http://deb.debian.org/debian}"
}

# An apt of its own: only sid, and an empty status file, so that nothing installed on this machine takes part in the choice.
private_apt() {
  local folder=$1
  mkdir -p "$folder"/{lists/partial,cache/archives/partial,parts} && : >"$folder/status" && : >"$folder/preferences" || return 1
  printf 'Types: deb\nURIs: %s\nSuites: sid\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n' \
    "$(debian_mirror)" >"$folder/sid.sources"
  PRIVATE_APT=(-o "Dir::Etc::SourceList=$folder/sid.sources" -o "Dir::Etc::SourceParts=$folder/parts" -o "Dir::Etc::Preferences=$folder/preferences"
    -o "Dir::Etc::PreferencesParts=$folder/parts" -o "Dir::State=$folder" -o "Dir::State::Lists=$folder/lists" -o "Dir::State::status=$folder/status"
    -o "Dir::Cache=$folder/cache" -o APT::Sandbox::User=root -o Acquire::Languages=none -o Acquire::Retries=3
    -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false -o Acquire::Check-Valid-Until=false)
}

download_packages() {
  local folder=$1 found
  private_apt "$folder/apt" && apt-get "${PRIVATE_APT[@]}" -qq update || return 1
  found=$(apt-cache "${PRIVATE_APT[@]}" show "$DEBIAN_PACKAGE" | sed -n 's/^Version: //p' | head -n 1)
  [[ $found ]] || { echo "$DEBIAN_PACKAGE is not in sid any more"; return 1; }
  [[ $found == "$DEBIAN_VERSION" ]] || echo "WARNING: sid has $DEBIAN_PACKAGE $found, the tests were made with $DEBIAN_VERSION"
  mkdir -p "$folder/deb"
  (cd "$folder/deb" && apt-get "${PRIVATE_APT[@]}" -q download "$DEBIAN_PACKAGE" "${DEBIAN_ASSETS[@]}")
}

warn_of_another_package() {
  local sum
  sum=$(sha256sum "$1"/deb/"$DEBIAN_PACKAGE"_*.deb | cut -d' ' -f1)
  [[ $sum == "$DEBIAN_SHA256"* ]] || echo "WARNING: $DEBIAN_PACKAGE has sha256 $sum, the known one is $DEBIAN_SHA256"
}

# The repackaged source lacks this file, but mail's manifest lists it: every page would log an error, which fails a tour.
complete_assets() {
  local file=$1/mail/static/lib/selfie_segmentation/selfie_segmentation.js
  mkdir -p "${file%/*}"
  [[ -e $file ]] || echo '/* Left out by the Debian package; only the background blur of calls needs it. */' >"$file"
}

# Leaves the addons in $folder/root/usr/lib/python3/dist-packages/odoo/addons.
unpack_debian_odoo() {
  local folder=$1 package addons=$1/root/usr/lib/python3/dist-packages/odoo/addons
  rm -rf "$folder/root"
  for package in "$folder"/deb/*.deb; do dpkg -x "$package" "$folder/root" || return 1; done
  complete_assets "$addons"
  "$PYTHON3" "$HERE/lib/prune.py" "$addons" "${DEBIAN_ADDONS[@]}" || return 1
  find "$folder/root/usr/lib/python3" -xtype l -printf 'dangling link: %P\n'
}

install_debian_odoo() {
  local folder=$ODOO_CACHE/debian-$DEBIAN_VERSION
  ODOO_LAUNCHER=$folder/root/usr/bin/odoo ODOO_PYTHONPATH=$folder/root/usr/lib/python3/dist-packages
  [[ -e $folder/complete ]] && return 0
  rm -rf "$folder" && mkdir -p "$folder" || return 1
  download_packages "$folder" || return 1
  warn_of_another_package "$folder"
  unpack_debian_odoo "$folder" || return 1
  rm -rf "$folder/apt" "$folder/deb"
  chmod -R a+rX "$folder" && touch "$folder/complete"
}
