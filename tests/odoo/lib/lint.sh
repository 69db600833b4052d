# The lints of the addon. `tests/odoo/run --format` repairs what can be repaired by itself.

LINT=$HERE/lint

install_lint_python() {
  local folder
  folder=$ODOO_CACHE/lint-$( (cat "$LINT/requirements.txt"; "$PYTHON3" --version) | sha256sum | cut -c1-12)
  LINT_PYTHON=$folder/bin
  [[ -e $folder/complete ]] && return 0
  rm -rf "$folder" && "$PYTHON3" -m venv "$folder" || return 1
  "$folder/bin/pip" install --quiet --disable-pip-version-check -r "$LINT/requirements.txt" && touch "$folder/complete"
}

install_lint_node() {
  local folder
  folder=$ODOO_CACHE/lint-node-$(cat "$LINT"/package*.json | sha256sum | cut -c1-12)
  export OMEET_LINT_PACKAGES=$folder
  [[ -e $folder/complete ]] && return 0
  rm -rf "$folder" && mkdir -p "$folder" && cp "$LINT"/package*.json "$folder" || return 1
  (cd "$folder" && npm ci --ignore-scripts --no-audit --no-fund) && touch "$folder/complete"
}

lint_python() { "$LINT_PYTHON/ruff" check --no-cache --config "$LINT/ruff.toml" "$ADDON" && "$LINT_PYTHON/ruff" format --no-cache --config "$LINT/ruff.toml" --check "$ADDON"; }

# One source serves both series, so its version cannot begin with either; whoever packs it for a store's branch puts 18.0. or 19.0. before it.
# The author is who wrote it. Merging classes would make one file of a model that has one per concern.
lint_odoo() {
  "$LINT_PYTHON/pylint" --load-plugins=pylint_odoo --disable=all --enable=odoolint --valid-odoo-versions=18.0,19.0 \
    --manifest-version-format='\d+\.\d+\.\d+$' --manifest-required-authors=omeet --disable=consider-merging-classes-inherited "$ADDON"
}

# eslint takes no files outside the folder it runs in.
lint_javascript() { (cd "$ADDON/static" && "$OMEET_LINT_PACKAGES/node_modules/.bin/eslint" --config "$LINT/eslint.config.js" .); }

# shellcheck disable=SC2046
prettier() { "$OMEET_LINT_PACKAGES/node_modules/.bin/prettier" --config "$LINT/prettier.config.js" "$1" $(find "$ADDON" -name '*.js' -o -name '*.xml' -o -name '*.scss'); }

lint_part() {
  step "Install the lints" none install_lint_python || return
  step "Install the lints for JavaScript and XML" none install_lint_node || return
  step "ruff" one lint_python
  step "pylint-odoo" one lint_odoo
  step "eslint" one lint_javascript
  step "prettier" one prettier --check
}

format_part() {
  install_lint_python && install_lint_node || return
  "$LINT_PYTHON/ruff" check --no-cache --config "$LINT/ruff.toml" --fix "$ADDON"
  "$LINT_PYTHON/ruff" format --no-cache --config "$LINT/ruff.toml" "$ADDON"
  prettier --write
}
