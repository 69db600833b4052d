//! What was found.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Explanation;

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The server refuses the token.
    Refused,
    /// It is let in, but something will not be as expected, or not on every server.
    Warning,
    /// Good to know.
    Note,
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Finding {
    /// How grave it is.
    pub severity: Severity,
    /// Which part of the token, for example `exp` or `context.user.moderator`.
    pub claim: String,
    /// What is the matter.
    pub says: String,
    /// What would be right; empty when nothing needs doing.
    pub fix: String,
}

/// Collects findings.
#[derive(Default)]
pub(super) struct Findings(Vec<Finding>);

impl Findings {
    pub(super) fn refuse(&mut self, claim: &str, says: impl Into<String>, fix: impl Into<String>) {
        self.push(Severity::Refused, claim, says.into(), fix.into());
    }

    pub(super) fn warn(&mut self, claim: &str, says: impl Into<String>, fix: impl Into<String>) {
        self.push(Severity::Warning, claim, says.into(), fix.into());
    }

    pub(super) fn note(&mut self, claim: &str, says: impl Into<String>) {
        self.push(Severity::Note, claim, says.into(), String::new());
    }

    fn push(&mut self, severity: Severity, claim: &str, says: String, fix: String) {
        self.0.push(Finding { severity, claim: claim.to_owned(), says, fix });
    }

    pub(super) fn into_explanation(mut self, is_moderator: bool) -> Explanation {
        self.0.sort_by_key(|finding| finding.severity);
        let accepted = self.0.iter().all(|finding| finding.severity != Severity::Refused);
        Explanation { accepted, is_moderator_hint: accepted && is_moderator, findings: self.0 }
    }
}

const SHOWN_CHARS: usize = 60;

/// A value as a finding shows it: quoted, and cut when it is long, so that no text can pass for ours.
pub(super) fn shown(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= SHOWN_CHARS {
        return text;
    }
    text.chars().take(SHOWN_CHARS).chain("...".chars()).collect()
}
