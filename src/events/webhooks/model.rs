//! Endpoints and deliveries.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernel::failure::{Class, Kind};
use crate::kernel::{DeliveryId, EndpointId, EventId, PageRequest, Timestamp};

/// No such endpoint.
pub static ENDPOINT_NOT_FOUND: Kind = Kind::new(Class::NotFound, "webhook.endpoint_not_found", "No such webhook endpoint");
/// No such delivery.
pub static DELIVERY_NOT_FOUND: Kind = Kind::new(Class::NotFound, "webhook.delivery_not_found", "No such webhook delivery");

/// Why an endpoint is disabled that a caller switched off.
pub const BY_AN_ADMIN: &str = "by an admin";

/// Where events are pushed to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Endpoint {
    /// Identifier.
    pub id: EndpointId,
    /// The address that is posted to.
    pub url: String,
    /// For people.
    pub description: String,
    /// Types such as `meeting.cancelled` or groups such as `meeting.*`; empty: every type.
    pub event_types: Vec<String>,
    /// Whether it is delivered to. What happens meanwhile waits.
    pub active: bool,
    /// Why it is not.
    pub disabled_reason: Option<String>,
    /// Since when no delivery succeeded; null while all is well.
    pub failing_since: Option<Timestamp>,
    /// Until when messages are signed with the secret before the last rotation as well.
    pub old_secret_until: Option<Timestamp>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// An endpoint with its secret, which is shown this once.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct CreatedEndpoint {
    /// Verifies signatures; keep it where the receiver runs.
    pub secret: String,
    /// The endpoint.
    #[serde(flatten)]
    pub endpoint: Endpoint,
}

/// An endpoint to create.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewEndpoint {
    /// The address to post to: http or https, without user and password.
    pub url: String,
    /// For people, at most 255 characters.
    pub description: Option<String>,
    /// Types such as `meeting.cancelled` or groups such as `meeting.*`; absent or empty: every type.
    pub event_types: Option<Vec<String>>,
}

/// What changes; absent fields stay.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EndpointUpdate {
    /// Identifier.
    pub id: EndpointId,
    /// The address to post to.
    pub url: Option<String>,
    /// For people.
    pub description: Option<String>,
    /// Types and groups, from the next event on.
    pub event_types: Option<Vec<String>>,
    /// false holds everything back; true delivers what waited.
    pub active: Option<bool>,
}

/// How a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum DeliveryState {
    /// Waits for its turn, its next attempt, or its endpoint.
    Pending,
    /// The receiver took it.
    Delivered,
    /// Given up; can be delivered again.
    Failed,
}

impl DeliveryState {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }
}

/// One event on its way to one endpoint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, sqlx::FromRow)]
pub struct Delivery {
    /// Identifier.
    pub id: DeliveryId,
    /// To which endpoint.
    pub endpoint_id: EndpointId,
    /// Which event: `webhook-id` of every attempt.
    pub event_id: EventId,
    /// Its number.
    pub event_seq: i64,
    /// What it is about.
    pub subject: String,
    /// pending, delivered or failed.
    pub state: DeliveryState,
    /// Attempts so far.
    pub attempts: i64,
    /// Earliest time of the next attempt; null when it waits for an earlier event of its subject, and when it is over.
    pub next_attempt_at: Option<Timestamp>,
    /// HTTP status of the last answer.
    pub last_status: Option<i64>,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
    /// When the receiver took it.
    pub delivered_at: Option<Timestamp>,
    /// When it was put on its way.
    pub created_at: Timestamp,
}

/// Which deliveries.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeliveryFilter {
    /// Only to this endpoint.
    pub endpoint_id: Option<EndpointId>,
    /// Only in this state.
    pub state: Option<DeliveryState>,
    /// Only of this event.
    pub event_id: Option<EventId>,
    /// Only about this identifier.
    pub subject: Option<String>,
    /// 1 to 200; 50 when absent.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub cursor: Option<String>,
}

impl DeliveryFilter {
    pub(super) fn page(&self) -> PageRequest {
        PageRequest { limit: self.limit, cursor: self.cursor.clone() }
    }
}
