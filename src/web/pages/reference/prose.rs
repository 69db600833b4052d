//! Sentences of the document, in which backticks mark code.

/// A text in its pieces, so that the template escapes each.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Prose(Vec<Piece>);

/// Words, or code.
#[derive(Debug, PartialEq, Eq)]
pub struct Piece {
    pub text: String,
    pub is_code: bool,
}

impl Prose {
    /// Reads `text`; a backtick without its partner is itself.
    pub fn read(text: &str) -> Self {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, code, after)) = next_code(rest) {
            pieces.extend([Piece { text: before.to_owned(), is_code: false }, Piece { text: code.to_owned(), is_code: true }]);
            rest = after;
        }
        pieces.push(Piece { text: rest.to_owned(), is_code: false });
        pieces.retain(|piece| !piece.text.is_empty());
        Self(pieces)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn pieces(&self) -> &[Piece] {
        &self.0
    }
}

fn next_code(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('`')?;
    let (code, after) = rest.split_once('`')?;
    Some((before, code, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backticks_come_in_pairs_or_are_words() {
        let read = |text| Prose::read(text).0.into_iter().map(|piece| (piece.text, piece.is_code)).collect::<Vec<_>>();
        let words = |text: &str| (text.to_owned(), false);
        let code = |text: &str| (text.to_owned(), true);
        assert_eq!(read("One more than `last` when none is."), [words("One more than "), code("last"), words(" when none is.")]);
        assert_eq!(read("`a` and `b`"), [code("a"), words(" and "), code("b")]);
        assert_eq!(read("a ` alone"), [words("a ` alone")]);
        assert_eq!(read("``"), []);
        assert!(Prose::read("").is_empty());
    }
}
