//! Reads the language files once.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "src/web/i18n/languages"]
struct Files;

/// The texts of one language, flat: `join.title`.
#[derive(Debug, Default)]
struct Catalogue {
    code: String,
    texts: BTreeMap<String, String>,
}

static CATALOGUES: LazyLock<Vec<Catalogue>> = LazyLock::new(|| Files::iter().filter_map(|name| read(&name).ok().flatten()).collect());
static EMPTY: LazyLock<Catalogue> = LazyLock::new(Catalogue::default);

/// A language that pages are written in.
#[derive(Clone, Copy)]
pub struct Lang(&'static Catalogue);

impl Lang {
    /// Every language, by code.
    pub fn all() -> impl Iterator<Item = Self> {
        CATALOGUES.iter().map(Self)
    }

    /// English.
    pub fn fallback() -> Self {
        Self::find("en").unwrap_or(Self(&EMPTY))
    }

    /// The language of a code such as `id`, `id_ID` or `ID-id`.
    pub fn find(code: &str) -> Option<Self> {
        let primary = code.split(['-', '_']).next().unwrap_or_default();
        Self::all().find(|lang| lang.code().eq_ignore_ascii_case(primary))
    }

    /// Its ISO 639 code, for `lang=`.
    pub fn code(self) -> &'static str {
        &self.0.code
    }

    /// Its name as its speakers write it.
    pub fn name(self) -> &'static str {
        self.say("meta.name")
    }

    /// Its writing direction, for `dir=`.
    pub fn dir(self) -> &'static str {
        self.say("meta.dir")
    }

    /// The text of a key; the English text, then nothing, when this language lacks it.
    pub fn say(self, key: &str) -> &'static str {
        let english = || CATALOGUES.iter().find(|catalogue| catalogue.code == "en").and_then(|catalogue| catalogue.texts.get(key));
        self.0.texts.get(key).or_else(english).map(String::as_str).unwrap_or_default()
    }

    /// The text of one of a group of keys.
    pub fn named(self, group: &str, key: &str) -> &'static str {
        self.say(&format!("{group}.{key}"))
    }

    /// The text of a key with `{name}` replaced by `value`.
    pub fn fill(self, key: &str, name: &str, value: impl fmt::Display) -> String {
        self.t(key, &[(name, &value.to_string())])
    }

    /// The text of a key with every `{name}` replaced. What a value holds is never read as a placeholder.
    pub fn t(self, key: &str, args: &[(&str, &str)]) -> String {
        fill(self.say(key), args)
    }

    #[cfg(test)]
    pub(super) fn texts(self) -> &'static BTreeMap<String, String> {
        &self.0.texts
    }
}

impl PartialEq for Lang {
    fn eq(&self, other: &Self) -> bool {
        self.code() == other.code()
    }
}

impl fmt::Debug for Lang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Lang({})", self.code())
    }
}

/// `text` with every `{name}` replaced. What a value holds is never read as a placeholder; names that are unknown stay.
pub fn fill(text: &str, args: &[(&str, &str)]) -> String {
    let mut rest = text;
    let mut filled = String::with_capacity(rest.len());
    while let Some((before, name, after)) = next_placeholder(rest) {
        filled.push_str(before);
        match args.iter().find(|(wanted, _)| *wanted == name) {
            Some((_, value)) => filled.push_str(value),
            None => filled.extend(["{", name, "}"]),
        }
        rest = after;
    }
    filled + rest
}

fn next_placeholder(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('{')?;
    let (name, after) = rest.split_once('}')?;
    Some((before, name, after))
}

fn read(file: &str) -> Result<Option<Catalogue>, toml::de::Error> {
    let Some(content) = Files::get(file) else { return Ok(None) };
    let table: toml::Table = toml::from_str(&String::from_utf8_lossy(&content.data))?;
    let mut texts = BTreeMap::new();
    flatten("", &toml::Value::Table(table), &mut texts);
    Ok(Some(Catalogue { code: file.trim_end_matches(".toml").to_owned(), texts }))
}

fn flatten(at: &str, value: &toml::Value, into: &mut BTreeMap<String, String>) {
    let under = |key: &str| if at.is_empty() { key.to_owned() } else { format!("{at}.{key}") };
    match value {
        toml::Value::Table(table) => table.iter().for_each(|(key, value)| flatten(&under(key), value, into)),
        toml::Value::Array(items) => items.iter().enumerate().for_each(|(i, item)| flatten(&under(&i.to_string()), item, into)),
        other => drop(into.insert(at.to_owned(), other.as_str().map(Cow::Borrowed).unwrap_or_default().into_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placeholders(text: &str) -> Vec<&str> {
        let mut names: Vec<_> = std::iter::successors(next_placeholder(text), |(_, _, rest)| next_placeholder(rest)).map(|p| p.1).collect();
        names.sort_unstable();
        names
    }

    // The order and choice of date parts is each language's own.
    fn compared(key: &str) -> bool {
        !key.starts_with("date.pattern")
    }

    #[test]
    fn every_language_says_everything() {
        let english = Lang::fallback().texts();
        assert!(Lang::all().count() >= 3 && english.len() > 80);
        assert_eq!(Lang::all().count(), Files::iter().count(), "a language file is not TOML");
        for lang in Lang::all() {
            assert!(english.keys().eq(lang.texts().keys()), "{lang:?} differs from English in its keys");
            for (key, text) in lang.texts() {
                assert!(!text.trim().is_empty(), "{lang:?} {key} is empty");
                assert!(!compared(key) || placeholders(text) == placeholders(&english[key]), "{lang:?} {key} differs in its placeholders");
            }
        }
    }

    #[test]
    fn values_are_not_read_as_placeholders() {
        let text = Lang::fallback().t("join.hosted_by", &[("host", "{host} {{7*7}}")]);
        assert!(text.contains("{host} {{7*7}}"), "{text}");
        assert_eq!(Lang::fallback().say("no.such.key"), "");
    }
}
