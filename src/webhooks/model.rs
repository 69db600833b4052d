//! Stored messages.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::kernel::{MeetingId, PageRequest, ProviderId, ReceiptId, Timestamp};

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum ReceiptState {
    /// Stored; it is worked on soon.
    Received,
    /// Its meeting was brought to what it says.
    Applied,
    /// Nothing follows from it; `note` says why.
    Ignored,
    /// It could not be worked on; `note` says why, and webhook.replay tries again.
    Failed,
}

impl ReceiptState {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Applied => "applied",
            Self::Ignored => "ignored",
            Self::Failed => "failed",
        }
    }
}

/// A message that a provider sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, sqlx::FromRow)]
pub struct Receipt {
    /// Identifier.
    pub id: ReceiptId,
    /// The account it was proven for.
    pub provider_id: ProviderId,
    /// What happened, in the provider's words.
    pub event: String,
    /// When, by the provider's clock.
    pub occurred_at: Option<Timestamp>,
    /// What became of it.
    pub state: ReceiptState,
    /// Why, where that is not plain.
    pub note: Option<String>,
    /// The meeting it is about.
    pub meeting_id: Option<MeetingId>,
    /// When it came.
    pub received_at: Timestamp,
    /// When it was worked on.
    pub handled_at: Option<Timestamp>,
}

/// A message with its content.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReceiptWithBody {
    /// The message.
    #[serde(flatten)]
    pub receipt: Receipt,
    /// Its content, without tokens, links and passwords.
    pub body: Value,
}

/// Which messages.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReceiptFilter {
    /// Only of this account.
    pub provider_id: Option<ProviderId>,
    /// Only about this meeting.
    pub meeting_id: Option<MeetingId>,
    /// Only in this state.
    pub state: Option<ReceiptState>,
    /// 1 to 200; 50 when absent.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub cursor: Option<String>,
}

impl ReceiptFilter {
    pub(super) fn page(&self) -> PageRequest {
        PageRequest { limit: self.limit, cursor: self.cursor.clone() }
    }
}

/// What may be shown of a message: whatever lets somebody in is taken out.
pub(super) fn shown(body: Value) -> Value {
    match body {
        Value::Object(fields) => Value::Object(fields.into_iter().map(|(name, value)| field(name, value)).collect::<Map<_, _>>()),
        Value::Array(items) => Value::Array(items.into_iter().map(shown).collect()),
        other => other,
    }
}

fn field(name: String, value: Value) -> (String, Value) {
    let lower = name.to_lowercase();
    let opens = ["token", "link", "url", "pass", "secret", "clientstate", "encrypted", "datakey"].iter().any(|word| lower.contains(word));
    let value = if opens && !value.is_null() { Value::from("(taken out)") } else { shown(value) };
    (name, value)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    // S17.
    #[test]
    fn what_lets_somebody_in_is_taken_out() {
        let body = json!({"event": "x", "download_token": "t", "data": [{"preAuthenticatedLink": "l", "name": "Ana"}], "value": [{"clientState": "c"}]});
        let expected = json!({"event": "x", "download_token": "(taken out)", "data": [{"preAuthenticatedLink": "(taken out)", "name": "Ana"}],
            "value": [{"clientState": "(taken out)"}]});
        assert_eq!(shown(body), expected);
    }
}
