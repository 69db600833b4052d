//! Audit records.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::kernel::{AuditId, KeyId, PageRequest, Timestamp};

/// One change.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct AuditRecord {
    /// Identifier; later records have greater ones.
    pub id: AuditId,
    /// When.
    pub at: Timestamp,
    /// What was done, for example `meeting.cancel`.
    pub action: String,
    /// To what: an identifier.
    pub subject: String,
    /// As whom: a user's identifier, `service`, `guest` or `system`.
    pub actor: String,
    /// The user's name at that time.
    pub actor_name: Option<String>,
    /// With which key.
    pub key_id: Option<KeyId>,
    /// Through which door: http, websocket, odoo, page or internal.
    pub door: String,
    /// From which address.
    pub remote: Option<String>,
    /// Connects records, log lines and answers of one call.
    pub request_id: String,
    /// `{field: {"before": ..., "after": ...}}`.
    pub changes: Value,
}

/// Which records.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AuditFilter {
    /// Only of this identifier.
    pub subject: Option<String>,
    /// Only this action.
    pub action: Option<String>,
    /// Only from this instant on.
    pub from: Option<Timestamp>,
    /// Only before this instant.
    pub to: Option<Timestamp>,
    /// 1 to 200; 50 when absent.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub cursor: Option<String>,
}

impl AuditFilter {
    pub(super) fn page(&self) -> PageRequest {
        PageRequest { limit: self.limit, cursor: self.cursor.clone() }
    }
}

/// What differs between two views of the same thing; either may be null.
pub fn changes(before: &impl Serialize, after: &impl Serialize) -> Value {
    let (before, after) = (json!(before), json!(after));
    let empty = Map::new();
    let (before, after) = (before.as_object().unwrap_or(&empty), after.as_object().unwrap_or(&empty));
    let names = before.keys().chain(after.keys().filter(|name| !before.contains_key(*name)));
    let differing = names.filter(|name| before.get(*name) != after.get(*name) && !is_bookkeeping(name));
    let pairs = differing.map(|name| (name.clone(), json!({ "before": before.get(name), "after": after.get(name) })));
    Value::Object(pairs.collect())
}

/// The changes of something new, which looks like `after`.
pub fn creation(after: impl Serialize) -> impl Serialize {
    #[derive(Serialize)]
    struct Creation<T> {
        created: Appearance<T>,
    }
    #[derive(Serialize)]
    struct Appearance<T> {
        before: (),
        after: T,
    }
    Creation { created: Appearance { before: (), after } }
}

fn is_bookkeeping(name: &str) -> bool {
    matches!(name, "version" | "updated_at")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_kept() {
        let (before, after) = (json!({"name": "a", "tz": "UTC", "version": 1}), json!({"name": "b", "tz": "UTC", "version": 2}));
        assert_eq!(changes(&before, &after), json!({"name": {"before": "a", "after": "b"}}));
        assert_eq!(json!(creation(7)), json!({"created": {"before": null, "after": 7}}));
        assert_eq!(changes(&Value::Null, &json!({"x": 1})), json!({"x": {"before": null, "after": 1}}));
    }
}
