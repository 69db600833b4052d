//! What a method must say about itself. A specification without words, rule or example does not compile.

use crate::kernel::{Kind, Role};

/// Who may call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Everybody, without a key.
    Public,
    /// Any key whose user has at least this role; what they see of it the service decides.
    AtLeast(Role),
}

/// Parameters of a method that takes none.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// One request and its answer, as JSON texts.
#[derive(Debug)]
pub struct Example {
    /// Parameters.
    pub params: &'static str,
    /// Result.
    pub result: &'static str,
}

/// The description of a method. Put it into a `static` with [`Spec::checked`]: an incomplete one fails the build.
#[derive(Debug)]
pub struct Spec {
    /// `namespace.verb`.
    pub name: &'static str,
    /// One line.
    pub summary: &'static str,
    /// What the summary leaves open: effects, traps, what a retry does.
    pub description: &'static str,
    /// Who may call.
    pub rule: Rule,
    /// Whether it changes anything: then it takes an `idempotency_key` and needs the scope `<namespace>:write`.
    pub changes: bool,
    /// Kinds of failure beside those that every method may answer.
    pub errors: &'static [&'static Kind],
    /// A call that is right.
    pub example: Example,
}

impl Spec {
    /// A method that every user may call; `params` and `result` are its example.
    #[must_use]
    pub const fn for_users(
        name: &'static str,
        summary: &'static str,
        description: &'static str,
        changes: bool,
        errors: &'static [&'static Kind],
        params: &'static str,
        result: &'static str,
    ) -> Self {
        Self { name, summary, description, rule: Rule::AtLeast(Role::User), changes, errors, example: Example { params, result } }.checked()
    }

    /// Evaluated by the compiler.
    #[must_use]
    pub const fn checked(self) -> Self {
        assert!(!self.summary.is_empty(), "a method needs a summary");
        assert!(!self.description.is_empty(), "a method needs a description");
        assert!(!self.example.params.is_empty() && !self.example.result.is_empty(), "a method needs an example");
        self
    }

    /// The part of the name before the last dot.
    pub fn namespace(&self) -> &'static str {
        self.name.rsplit_once('.').map_or(self.name, |(namespace, _)| namespace)
    }

    /// The scope that a key needs.
    pub fn scope(&self) -> String {
        format!("{}:{}", self.namespace(), if self.changes { "write" } else { "read" })
    }
}
