//! Which types of events somebody wants.

use crate::db::Sql;
use crate::kernel::Failure;
use crate::kernel::failure::invalid;

const MOST: usize = 50;
const LONGEST: usize = 80;

/// Types such as `meeting.cancelled`, groups such as `meeting.*`, or `*`; none at all means every type.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TypeFilter(Vec<String>);

impl TypeFilter {
    /// Checks what a caller sent in `field`.
    pub fn new(field: &str, types: Vec<String>) -> Result<Self, Failure> {
        if types.len() > MOST {
            return Err(invalid(field, format!("must be at most {MOST}")));
        }
        if let Some(at) = types.iter().position(|text| !is_pattern(text)) {
            return Err(invalid(&format!("{field}[{at}]"), "must be a type such as meeting.cancelled, a group such as meeting.*, or *"));
        }
        Ok(Self(types))
    }

    /// As stored and shown.
    pub fn into_inner(self) -> Vec<String> {
        self.0
    }

    /// Appends the condition on the column `type`.
    pub(super) fn push_condition(&self, sql: &mut Sql) {
        if self.0.is_empty() || self.0.iter().any(|text| text == "*") {
            return;
        }
        sql.push(" and (");
        for (at, text) in self.0.iter().enumerate() {
            sql.push(if at > 0 { " or " } else { "" });
            match text.strip_suffix('*') {
                Some(group) => sql.push("type like ").bind(format!("{}%", group.replace('_', "\\_"))).push(" escape '\\'"),
                None => sql.push("type = ").bind(text),
            };
        }
        sql.push(")");
    }
}

fn is_pattern(text: &str) -> bool {
    let name = text.strip_suffix(".*").unwrap_or(text);
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    text == "*" || text.len() <= LONGEST && name.split('.').all(is_word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_types_and_groups_pass() {
        for right in ["meeting.cancelled", "meeting.*", "*", "custom_field.created", "meeting.participant.joined"] {
            assert!(TypeFilter::new("types", vec![right.into()]).is_ok(), "{right}");
        }
        for wrong in ["", ".", "meeting.", ".*", "**", "meeting*", "Meeting.x", "meeting.%", "a'b", &"a".repeat(81)] {
            assert!(TypeFilter::new("types", vec![wrong.into()]).is_err(), "{wrong}");
        }
    }
}
