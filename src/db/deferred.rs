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

    /// Adds a statement. Its placeholders lose their numbers: SQLite looks for the value of a number from the first on, for each one
    /// again. A value that is used twice is there twice.
    pub fn push(&mut self, sql: &str, mut args: Vec<Arg>) {
        let mut pieces = sql.split('$');
        self.text.push_str(pieces.next().unwrap_or_default());
        let used: Vec<(usize, &str)> = pieces.map(numbered).collect();
        for (at, (number, rest)) in used.iter().enumerate() {
            let again = used[at + 1..].iter().any(|(later, _)| later == number);
            let value = number.checked_sub(1).and_then(|index| args.get_mut(index));
            self.args.extend(value.map(|value| if again { value.clone() } else { std::mem::replace(value, Arg::Int(None)) }));
            self.text.push('?');
            self.text.push_str(rest);
        }
        self.text.push(';');
    }

    /// All of it, followed by `last`, which has no values.
    pub fn take(&mut self, last: &str) -> (String, Vec<Arg>) {
        self.text.push_str(last);
        (std::mem::take(&mut self.text), std::mem::take(&mut self.args))
    }
}

// What follows a `$`: the number, and what comes after it.
fn numbered(piece: &str) -> (usize, &str) {
    let digits = piece.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = piece.split_at(digits);
    (number.parse().unwrap_or_default(), rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args;

    #[test]
    fn placeholders_stand_for_the_values_of_their_own_statement() {
        let mut deferred = Deferred::default();
        deferred.push("insert into a values ($2, $1, $2)", args!["x", 2]);
        deferred.push("update b set c = $1", args![3]);
        let (text, args) = deferred.take("release unit");
        assert_eq!(text, "insert into a values (?, ?, ?);update b set c = ?;release unit");
        assert_eq!(format!("{args:?}"), format!("{:?}", args![2, "x", 2, 3]));
        assert!(deferred.is_empty());
    }
}
