//! What is known of an account's own server: how many rooms are open, whether it answers, which machines record for it.

mod rpc;
mod store;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use rpc::register;
pub use store::{counted, forget_recorders, heard, known, troubled};

use crate::kernel::Timestamp;

/// A machine that says nothing for so long is no longer there: Jibri speaks every minute.
const SILENT_S: i64 = 180;

/// A recording machine, as it says itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecorderSaid {
    /// Its name.
    pub recorder: String,
    /// `idle`, `busy` or `expired`.
    pub status: String,
    /// `healthy` or `unhealthy`.
    pub health: String,
}

/// What is known of a server's rooms.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, sqlx::FromRow)]
pub struct Rooms {
    /// When its rooms were last counted; null when never.
    pub counted_at: Option<Timestamp>,
    /// Open rooms then, of whoever.
    pub rooms: Option<i64>,
    /// People in them.
    pub participants: Option<i64>,
    /// Why it cannot be asked, for people; null when the last time went well.
    pub trouble: Option<String>,
    /// Since when not.
    pub troubled_at: Option<Timestamp>,
}
