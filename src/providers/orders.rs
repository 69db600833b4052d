//! What a server is told of its calls, where it takes orders: to end one, to put somebody out. Jobs, enqueued in the transaction of the change.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::accounts;
use crate::db::Tx;
use crate::jobs::{self, NewJob};
use crate::kernel::{Failure, MeetingId, OrgId, ProviderId};

/// The kind of job that ends a call.
pub const END_CALL: &str = "provider.end_call";
/// The kind of job that puts somebody out of a call.
pub const KICK: &str = "provider.kick";

/// An order about a call. Its meeting may be deleted by the time it is carried out.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Order {
    /// Whose call it is.
    pub meeting: MeetingId,
    /// Where it takes place.
    pub provider: ProviderId,
    /// The room.
    pub room: String,
    /// Who is put out, as the server's reports name the connection; absent: everybody, and the call ends.
    pub connection: Option<String>,
}

/// Has a call ended, where the meeting's account has a server that takes orders. `account` as the meeting names it.
pub async fn end_call(tx: &mut Tx, org: OrgId, account: Option<ProviderId>, meeting: MeetingId, room: &str) -> Result<(), Failure> {
    match accounts::controlled(tx, org, account).await? {
        Some(provider) => send(tx, org, Order { meeting, provider, room: room.to_owned(), connection: None }).await,
        None => Ok(()),
    }
}

/// Has an order carried out; the same order twice is one.
pub async fn send(tx: &mut Tx, org: OrgId, order: Order) -> Result<(), Failure> {
    let (kind, key) = match &order.connection {
        None => (END_CALL, order.meeting.to_string()),
        Some(connection) => (KICK, format!("{}/{connection}", order.meeting)),
    };
    let run_at = tx.now();
    jobs::enqueue(tx, NewJob { org: Some(org), kind, payload: json!(order), run_at, unique_key: Some(key) }).await
}
