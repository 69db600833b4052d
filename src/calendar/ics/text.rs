//! Lines of a calendar object: escaping, parameters, folding.

/// Octets of a line without its end (RFC 5545 section 3.1).
const MAX_OCTETS: usize = 75;

/// A content line in the making.
pub(super) struct Line(String);

impl Line {
    pub(super) fn new(name: &str) -> Self {
        Self(name.to_owned())
    }

    /// A parameter. Its value is encoded after RFC 6868 and quoted where RFC 5545 section 3.2 asks for it.
    #[must_use]
    pub(super) fn param(mut self, name: &str, value: &str) -> Self {
        let mut encoded = String::new();
        for c in value.chars() {
            match c {
                '^' => encoded.push_str("^^"),
                '"' => encoded.push_str("^'"),
                '\n' => encoded.push_str("^n"),
                c if c.is_control() => {}
                c => encoded.push(c),
            }
        }
        let quoted = encoded.is_empty() || encoded.contains([':', ';', ',']);
        let quote = if quoted { "\"" } else { "" };
        self.0.push_str(&format!(";{name}={quote}{encoded}{quote}"));
        self
    }

    /// Ends with a TEXT value.
    pub(super) fn text(self, value: &str) -> String {
        self.raw(&escaped(value))
    }

    /// Ends with a value of another type; what would end the line is left out. A tab stays: a UID goes back as it came.
    pub(super) fn raw(self, value: &str) -> String {
        let value: String = value.chars().filter(|c| *c == '\t' || !c.is_control()).collect();
        folded(&format!("{}:{value}", self.0))
    }
}

/// TEXT (section 3.3.11): the backslash first, or it would escape the others' backslashes.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | ';' | ',' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\u{2028}' | '\u{2029}' => out.push_str("\\n"),
            c => out.push(c),
        }
    }
    out
}

/// What was escaped; `\x` stands for `x` whatever it is.
pub(super) fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, if c == '\\' { chars.next() } else { None }) {
            ('\\', Some('n' | 'N')) => out.push('\n'),
            ('\\', Some(escaped)) => out.push(escaped),
            (c, _) => out.push(c),
        }
    }
    out
}

/// RFC 6868, the other way.
pub(super) fn decoded_param(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.trim_matches('"').chars();
    while let Some(c) = chars.next() {
        match (c, if c == '^' { chars.next() } else { None }) {
            ('^', Some('n')) => out.push('\n'),
            ('^', Some('\'')) => out.push('"'),
            ('^', Some('^')) => out.push('^'),
            ('^', Some(other)) => out.extend(['^', other]),
            (c, _) => out.push(c),
        }
    }
    out
}

// Breaks before the character that would pass the limit; the space that begins the next line counts there.
fn folded(line: &str) -> String {
    let mut out = String::with_capacity(line.len() + line.len() / 37 + 2);
    let mut octets = 0;
    for c in line.chars() {
        if octets + c.len_utf8() > MAX_OCTETS {
            out.push_str("\r\n ");
            octets = 1;
        }
        out.push(c);
        octets += c.len_utf8();
    }
    out + "\r\n"
}

/// Lines whole again: folds are taken out between octets, because some programs fold within a character.
pub(super) fn unfolded(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((first, after)) = rest.split_first() {
        rest = match rest {
            [b'\r', b'\n', b' ' | b'\t', tail @ ..] | [b'\n', b' ' | b'\t', tail @ ..] => tail,
            _ => {
                out.push(*first);
                after
            }
        };
    }
    out
}
