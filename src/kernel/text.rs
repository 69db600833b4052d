//! Checks on text that came from outside.

use super::failure::{Failure, invalid};

/// One line that people read: trimmed, 1 to `max` characters, no control characters, no line separators.
///
/// Line breaks are refused here and not escaped later, because such a text ends in mail headers, ICS lines and logs.
pub fn line(field: &str, text: &str, max: usize) -> Result<String, Failure> {
    let text = text.trim();
    if text.is_empty() {
        return Err(invalid(field, "must not be empty"));
    }
    if text.chars().count() > max {
        return Err(invalid(field, format!("must be at most {max} characters")));
    }
    if let Some(bad) = text.chars().find(|c| is_hidden(*c)) {
        return Err(invalid(field, format!("must be one line without control characters (found U+{:04X})", u32::from(bad))));
    }
    Ok(text.to_owned())
}

/// As [`line()`], for a text that may be left out; blank is the same as absent.
pub fn optional_line(field: &str, text: Option<&str>, max: usize) -> Result<Option<String>, Failure> {
    match text.map(str::trim) {
        None | Some("") => Ok(None),
        Some(text) => line(field, text, max).map(Some),
    }
}

/// Several lines: line feeds and tabs are kept, carriage returns dropped, other control characters refused.
pub fn block(field: &str, text: &str, max: usize) -> Result<String, Failure> {
    let text: String = text.chars().filter(|c| *c != '\r').collect();
    if text.chars().count() > max {
        return Err(invalid(field, format!("must be at most {max} characters")));
    }
    if let Some(bad) = text.chars().find(|c| is_hidden(*c) && !matches!(c, '\n' | '\t')) {
        return Err(invalid(field, format!("must not hold control characters (found U+{:04X})", u32::from(bad))));
    }
    Ok(text)
}

/// An e-mail address, lower-cased in its domain: one `@`, no spaces, no control characters, at most 254 octets
/// (RFC 5321 section 4.5.3.1). Whether it exists only a mail can tell.
pub fn email(field: &str, text: &str) -> Result<String, Failure> {
    let refuse = || invalid(field, "must be an e-mail address such as ana@example.org");
    let text = line(field, text, 254)?;
    let (local, domain) = text.rsplit_once('@').ok_or_else(refuse)?;
    let strange = |c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | ',' | ';' | ':' | '\\' | '@' | '(' | ')');
    let domain_fits = domain.contains('.') && !domain.starts_with('.') && !domain.ends_with('.') && !domain.contains("..");
    if local.is_empty() || local.len() > 64 || !domain_fits || text.len() > 254 || local.contains(strange) || domain.contains(strange) {
        return Err(refuse());
    }
    Ok(format!("{local}@{}", domain.to_lowercase()))
}

/// An IANA time zone name that this machine's database knows.
pub fn time_zone(field: &str, name: &str) -> Result<String, Failure> {
    let zone = jiff::tz::TimeZone::get(name);
    let name = zone.ok().and_then(|zone| zone.iana_name().map(str::to_owned));
    name.ok_or_else(|| invalid(field, "must be an IANA time zone such as Asia/Jakarta"))
}

// Bidirectional overrides make a name read as another one; they have no place in a line.
fn is_hidden(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_hold_no_line_breaks() {
        for text in ["a\rb", "a\nb", "a\0b", "a\u{85}b", "a\u{2028}b", "a\u{202e}b", "", "  "] {
            assert!(line("name", text, 10).is_err(), "{text:?}");
        }
        assert_eq!(line("name", "  Ünï 会議  ", 10).unwrap(), "Ünï 会議");
    }

    #[test]
    fn email_addresses() {
        assert_eq!(email("email", "Ana.B+x@Example.ORG").unwrap(), "Ana.B+x@example.org");
        for text in ["ana", "@x.org", "a@b", "a b@x.org", "a@x.org\r\nBcc: e@x.org", "<a@x.org>", "a@@x.org", "a@.x.org"] {
            assert!(email("email", text).is_err(), "{text:?}");
        }
    }
}
