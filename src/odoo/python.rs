//! Values as Odoo's messages and dates write them.

use serde_json::Value;

use crate::kernel::Timestamp;

/// As Python's `repr` shows it: clients look for such messages.
pub fn repr(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => quoted(text),
        Value::Array(items) => format!("[{}]", items.iter().map(repr).collect::<Vec<_>>().join(", ")),
        Value::Object(fields) => {
            let pairs = fields.iter().map(|(name, value)| format!("{}: {}", quoted(name), repr(value)));
            format!("{{{}}}", pairs.collect::<Vec<_>>().join(", "))
        }
    }
}

fn quoted(text: &str) -> String {
    let mark = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut quoted = String::from(mark);
    for sign in text.chars() {
        match sign {
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            sign if sign == mark => quoted.extend(['\\', sign]),
            sign if sign.is_control() => quoted.push_str(&format!("\\x{:02x}", sign as u32)),
            sign => quoted.push(sign),
        }
    }
    quoted.push(mark);
    quoted
}

/// The same, cut where it gets long: what a caller sent comes back in messages.
pub fn short_repr(value: &Value) -> String {
    let text = repr(value);
    match text.char_indices().nth(200) {
        Some((at, _)) => format!("{}...", &text[..at]),
        None => text,
    }
}

/// `2026-11-21 09:00:00`, in UTC.
pub fn datetime(instant: Timestamp) -> String {
    digits(&datetime_digits(instant)).to_owned()
}

/// The same, to be shown by [`digits`].
pub fn datetime_digits(instant: Timestamp) -> [u8; 19] {
    let at = jiff::tz::Offset::UTC.to_datetime(instant.to_jiff());
    let year = [at.year() / 100, at.year() % 100].map(|pair| i8::try_from(pair).unwrap_or(0));
    let pairs = [(0, year[0]), (2, year[1]), (5, at.month()), (8, at.day()), (11, at.hour()), (14, at.minute()), (17, at.second())];
    let mut text = *b"0000-00-00 00:00:00";
    for (place, pair) in pairs {
        let pair = pair.unsigned_abs();
        text[place] = b'0' + pair / 10 % 10;
        text[place + 1] = b'0' + pair % 10;
    }
    text
}

/// Digits and signs as text.
pub fn digits(ascii: &[u8]) -> &str {
    str::from_utf8(ascii).unwrap_or_default()
}

/// Odoo's dates and times: `2026-11-21 09:00:00`, a day, with a `T` between, with a fraction, or with an offset.
pub fn parse_datetime(text: &str) -> Option<Timestamp> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Some(instant);
    }
    let text = text.trim();
    let civil = match text.len() {
        10 => text.parse::<jiff::civil::Date>().ok()?.to_datetime(jiff::civil::Time::midnight()),
        19.. => text.replacen(' ', "T", 1).parse::<jiff::civil::DateTime>().ok()?,
        _ => return None,
    };
    let instant = civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp();
    Timestamp::from_ms(instant.as_millisecond())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_look_as_in_python() {
        assert_eq!(repr(&json!(["it's", null, true, {"a": 1.5}, "a\"'\n"])), r#"["it's", None, True, {'a': 1.5}, 'a"\'\n']"#);
        assert!(short_repr(&json!("x".repeat(5000))).len() < 220);
    }

    #[test]
    fn dates_are_odoos() {
        for text in ["2026-11-21 09:00:00", "2026-11-21T09:00:00", "2026-11-21 09:00:00.000", "2026-11-21T09:00:00Z"] {
            assert_eq!(datetime(parse_datetime(text).unwrap()), "2026-11-21 09:00:00", "{text}");
        }
        assert_eq!(datetime(parse_datetime("2026-11-21").unwrap()), "2026-11-21 00:00:00");
        for text in ["", "tomorrow", "2026-13-01 00:00:00", "9999-01-01 00:00:00", "2026-11-21 09"] {
            assert!(parse_datetime(text).is_none(), "{text}");
        }
    }
}
