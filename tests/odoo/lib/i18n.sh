# Translations. Odoo 19 writes the template; what is new in it comes into each language without a translation.

LANGUAGES=(es fr id)

export_template() {
  clone plain omeet_i18n && run_odoo -c "$WORK/odoo.conf" -d omeet_i18n -i omeet --stop-after-init --log-level=warn || return 1
  run_odoo i18n export -c "$WORK/odoo.conf" -d omeet_i18n -o "$WORK/tmp/omeet.pot" omeet
}

i18n_part() {
  step "Read what is to be translated" one export_template || return
  "$ODOO_VENV/bin/python" "$HERE/lib/translations.py" merge "$WORK/tmp/omeet.pot" "$ADDON/i18n" "${LANGUAGES[@]}"
}

# The template in the repository is that of the source, and every language has all of it.
check_translations() {
  run_odoo i18n export -c "$WORK/odoo.conf" -d omeet_live_template -o "$WORK/tmp/omeet.pot" omeet &&
    "$ODOO_VENV/bin/python" "$HERE/lib/translations.py" check "$WORK/tmp/omeet.pot" "$ADDON/i18n" "${LANGUAGES[@]}"
}
