//! What a capability lets others read row by row, and the conditions they may put on it.
//!
//! A [`Relation`] brings its own scope - organization, and what the caller may see - so that no condition can reach beyond it.
//! Conditions are trees of constant column expressions and bound values: nothing a caller writes becomes SQL.

use super::sql::{Arg, Sql};
use super::tx::Engine;
use crate::kernel::Ctx;

/// Rows that can be read.
#[derive(Debug)]
pub struct Relation {
    /// Appends the tables, after the word `from`.
    pub from: fn(&mut Sql, Engine, &Ctx),
    /// Appends a condition: the caller's organization, and what the caller may see of it.
    pub scope: fn(&mut Sql, &Ctx),
    /// The column that tells rows apart.
    pub identity: &'static str,
}

/// How a column is compared with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the signs say it")]
pub enum Comparison {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    const fn sign(self) -> &'static str {
        match self {
            Self::Equal => " = ",
            Self::Unequal => " <> ",
            Self::Less => " < ",
            Self::LessOrEqual => " <= ",
            Self::Greater => " > ",
            Self::GreaterOrEqual => " >= ",
        }
    }
}

/// What rows have to meet. Nothing compares with null, except [`Condition::IsNull`].
#[derive(Debug, Clone)]
pub enum Condition {
    /// Every row, or none.
    Is(bool),
    /// All of them.
    All(Vec<Condition>),
    /// At least one.
    Any(Vec<Condition>),
    /// The opposite; what is unknown becomes true, too.
    Not(Box<Condition>),
    /// The column is empty.
    IsNull(&'static str),
    /// The column compared with a value.
    Compare(&'static str, Comparison, Arg),
    /// The column is one of these.
    In(&'static str, Vec<Arg>),
    /// The column, as text, fits a pattern with `%` and `_`.
    Like {
        /// Column expression.
        column: &'static str,
        /// With `%` and `_`, `\` before those that are meant as they are.
        pattern: String,
        /// Whether capitals and small letters differ.
        cased: bool,
    },
    /// `before (select key from relation where inner) after`.
    Within {
        /// For example `m.organizer_id in `.
        before: &'static str,
        /// Usually empty.
        after: &'static str,
        /// The column of `relation` that is looked for.
        key: &'static str,
        /// Where it is looked for, with its own scope.
        relation: &'static Relation,
        /// What its rows have to meet.
        inner: Box<Condition>,
    },
}

impl Sql {
    /// Appends an expression in which `:me` stands for the user who asks, and `:sees_all` for whether they see everything.
    pub fn expression(&mut self, ctx: &Ctx, text: &'static str) -> &mut Self {
        let mut rest = text;
        while let Some((before, named)) = rest.split_once(':') {
            self.push(before);
            rest = if let Some(rest) = named.strip_prefix("sees_all") {
                self.bind(ctx.sees_all());
                rest
            } else if let Some(rest) = named.strip_prefix("me") {
                self.bind(Arg::id(ctx.user()));
                rest
            } else {
                self.push(":");
                named
            };
        }
        self.push(rest)
    }

    /// Appends ` from ... where ...` of the rows of `relation` that the caller may see and that meet `condition`.
    pub fn rows_of(&mut self, relation: &Relation, engine: Engine, ctx: &Ctx, condition: &Condition) -> &mut Self {
        self.push(" from ");
        (relation.from)(self, engine, ctx);
        self.push(" where ");
        (relation.scope)(self, ctx);
        match condition {
            Condition::Is(true) => self,
            condition => {
                self.push(" and ");
                self.condition(engine, ctx, condition)
            }
        }
    }

    /// Appends a condition.
    pub fn condition(&mut self, engine: Engine, ctx: &Ctx, condition: &Condition) -> &mut Self {
        match condition {
            Condition::Is(true) => self.push("1 = 1"),
            Condition::Is(false) => self.push("1 = 0"),
            Condition::All(parts) => self.joined(engine, ctx, parts, " and ", "1 = 1"),
            Condition::Any(parts) => self.joined(engine, ctx, parts, " or ", "1 = 0"),
            Condition::Not(inner) => {
                self.push("not coalesce(");
                self.condition(engine, ctx, inner).push(", 1 = 0)")
            }
            Condition::IsNull(column) => self.expression(ctx, column).push(" is null"),
            Condition::Compare(column, comparison, value) => self.expression(ctx, column).push(comparison.sign()).bind(value.clone()),
            Condition::In(_, values) if values.is_empty() => self.push("1 = 0"),
            Condition::In(column, values) => self.expression(ctx, column).push(" in ").bind_list(values.iter().cloned()),
            Condition::Like { column, pattern, cased } => self.like(engine, ctx, column, pattern, *cased),
            Condition::Within { before, after, key, relation, inner } => {
                self.push(before).push("(select ").push(key);
                self.rows_of(relation, engine, ctx, inner).push(")").push(after)
            }
        }
    }

    fn joined(&mut self, engine: Engine, ctx: &Ctx, parts: &[Condition], word: &'static str, none: &'static str) -> &mut Self {
        if parts.is_empty() {
            return self.push(none);
        }
        self.push("(");
        for (at, part) in parts.iter().enumerate() {
            if at > 0 {
                self.push(word);
            }
            self.condition(engine, ctx, part);
        }
        self.push(")")
    }

    // SQLite's like knows no capitals; its glob does, with other signs.
    fn like(&mut self, engine: Engine, ctx: &Ctx, column: &'static str, pattern: &str, cased: bool) -> &mut Self {
        match (cased, engine) {
            (true, Engine::Sqlite) => self.push("cast(").expression(ctx, column).push(" as text) glob ").bind(glob(pattern)),
            (true, Engine::Postgres) => {
                self.push("cast(").expression(ctx, column).push(" as text) like ").bind(pattern).push(" escape '\\'")
            }
            (false, _) => {
                self.push("lower(cast(").expression(ctx, column).push(" as text)) like lower(");
                self.bind(pattern).push(") escape '\\'")
            }
        }
    }
}

fn glob(pattern: &str) -> String {
    let (mut glob, mut signs) = (String::with_capacity(pattern.len()), pattern.chars());
    while let Some(sign) = signs.next() {
        match sign {
            '%' => glob.push('*'),
            '_' => glob.push('?'),
            '\\' => quote(&mut glob, signs.next().unwrap_or('\\')),
            other => quote(&mut glob, other),
        }
    }
    glob
}

fn quote(glob: &mut String, sign: char) {
    match sign {
        '*' | '?' | '[' => glob.extend(['[', sign, ']']),
        other => glob.push(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::OrgId;

    #[test]
    fn expressions_know_who_asks() {
        let ctx = Ctx::system(OrgId::from(uuid::Uuid::nil()), String::new());
        let mut sql = Sql::default();
        sql.expression(&ctx, "(:sees_all or m.organizer_id = :me or m.tz = 'a:b')");
        assert_eq!(sql.text(), "($1 or m.organizer_id = $2 or m.tz = 'a:b')");
    }

    #[test]
    fn patterns_mean_the_same_to_glob() {
        for (like, as_glob) in [("%a_b%", "*a?b*"), (r"100\%", "100%"), ("[x]*?", "[[]x][*][?]"), (r"a\", r"a\")] {
            assert_eq!(glob(like), as_glob);
        }
    }
}
