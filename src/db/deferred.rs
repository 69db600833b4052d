//! Statements whose answer nobody waits for: they go to SQLite's thread together, with the next one that is waited for or with the
//! end of the unit. Every way there and back costs two switches of threads, a good part of what a small statement costs itself.

use super::sql::Arg;

/// Statements in their order, with the values of all of them.
#[derive(Default)]
pub(super) struct Deferred {
    text: String,
    args: Vec<Arg>,
}

impl Deferred {
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    pub fn clear(&mut self) {
        self.text.clear();
        self.args.clear();
    }

    /// Adds a statement; its placeholders move behind the values that are there already.
    pub fn push(&mut self, sql: &str, args: Vec<Arg>) {
        append_renumbered(&mut self.text, sql, self.args.len());
        self.text.push(';');
        self.args.extend(args);
    }

    /// All of it, followed by `last`, which has no values.
    pub fn take(&mut self, last: &str) -> (String, Vec<Arg>) {
        self.text.push_str(last);
        (std::mem::take(&mut self.text), std::mem::take(&mut self.args))
    }
}

fn append_renumbered(text: &mut String, sql: &str, offset: usize) {
    let mut pieces = sql.split('$');
    text.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let digits = piece.bytes().take_while(u8::is_ascii_digit).count();
        let (number, rest) = piece.split_at(digits);
        let number: usize = number.parse().unwrap_or_default();
        text.push('$');
        text.push_str(&(number + offset).to_string());
        text.push_str(rest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args;

    #[test]
    fn placeholders_point_at_the_values_of_their_own_statement() {
        let mut deferred = Deferred::default();
        deferred.push("insert into a values ($1, $2, $1)", args!["x", 2]);
        deferred.push("update b set c = $1", args![3]);
        let (text, args) = deferred.take("release unit");
        assert_eq!(text, "insert into a values ($1, $2, $1);update b set c = $3;release unit");
        assert_eq!(args.len(), 3);
        assert!(deferred.is_empty());
    }
}
