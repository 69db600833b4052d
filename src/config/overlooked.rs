//! Variables that were meant for a setting and are not read as one.

use anyhow::Context as _;
use toml::{Table, Value};

/// What to say of each variable that lacks the second `_` behind its section.
pub(super) fn overlooked<'n>(names: impl Iterator<Item = &'n String>) -> anyhow::Result<Vec<String>> {
    let sections: Table = super::DEFAULTS.parse().context("default.toml")?;
    let meant = |name: &String| sections.iter().find_map(|(section, settings)| said(name, section, settings));
    let mut all: Vec<_> = names.filter_map(meant).collect();
    all.sort();
    Ok(all)
}

fn said(name: &str, section: &str, settings: &Value) -> Option<String> {
    let section = section.to_uppercase();
    let key = name.strip_prefix(&format!("OMEET_{section}_"))?;
    settings.get(key.to_lowercase())?;
    Some(format!("{name} is not read: OMEET_{section}__{key}, with two underscores, sets that"))
}
