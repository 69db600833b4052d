//! Which language a visitor reads.

use super::Lang;

const MOST_CHOICES: usize = 32;

impl Lang {
    /// The language asked for in the address (`?lang=fr`), else the one the browser likes best, else English.
    pub fn negotiate(query: Option<&str>, accept_language: Option<&str>) -> Self {
        let asked = query.and_then(Self::find);
        asked.or_else(|| accept_language.and_then(best)).unwrap_or_else(Self::fallback)
    }
}

fn best(header: &str) -> Option<Lang> {
    let choices = header.split(',').take(MOST_CHOICES).filter_map(choice);
    choices.reduce(|best, next| if next.1 > best.1 { next } else { best }).map(|(lang, _)| lang)
}

// One item such as `fr-CA;q=0.8`; of equal ones the first wins.
fn choice(item: &str) -> Option<(Lang, f32)> {
    let (tag, weight) = item.split_once(';').unwrap_or((item, ""));
    let weight = weight.trim().strip_prefix("q=").map_or(1.0, |q| q.trim().parse().unwrap_or(0.0));
    let lang = if tag.trim() == "*" { Lang::fallback() } else { Lang::find(tag.trim())? };
    (weight > 0.0).then_some((lang, weight))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_the_address_then_the_browser() {
        let cases = [
            (Some("fr"), Some("id"), "fr"),
            (Some("id_ID"), None, "id"),
            (Some("xx"), Some("fr-CA,fr;q=0.9,en;q=0.8"), "fr"),
            (None, Some("de, en;q=0.5, id;q=0.7"), "id"),
            (None, Some("fr;q=0, *;q=0.1"), "en"),
            (None, Some("zz"), "en"),
            (None, Some(";;;q=,,=\u{0}"), "en"),
            (None, None, "en"),
        ];
        for (query, accept, expected) in cases {
            assert_eq!(Lang::negotiate(query, accept).code(), expected, "{query:?} {accept:?}");
        }
    }
}
