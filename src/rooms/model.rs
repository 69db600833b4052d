//! What a room is.

use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::types::Json;

use super::hours::Hours;
use crate::kernel::{OrgId, PlaceId, Timestamp};

/// A room as stored.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct Room {
    /// Identifier.
    pub id: PlaceId,
    /// Whose it is.
    pub org_id: OrgId,
    /// Name.
    pub name: String,
    /// Where it is.
    pub location: String,
    /// How many people fit.
    pub capacity: Option<i64>,
    /// What is in it.
    pub equipment: Json<Vec<String>>,
    /// Its zone.
    pub tz: String,
    /// When it is open.
    pub hours: Json<Hours>,
    /// Whether it can be used.
    pub active: bool,
    /// Rises with every change.
    pub version: i64,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Room {
    /// Whether it is open all of that time. Hours that name no day at all mean always.
    pub fn is_open(&self, start: Timestamp, end: Timestamp) -> bool {
        let hours = &self.hours.0;
        if hours.weekly.is_empty() && hours.exceptions.is_empty() {
            return true;
        }
        let zone = TimeZone::get(&self.tz).unwrap_or(TimeZone::UTC);
        hours.timetable("hours").is_ok_and(|table| table.covers(&zone, start, end))
    }
}

/// A physical room.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RoomView {
    /// Identifier.
    pub id: PlaceId,
    /// Name, unique in the organization.
    pub name: String,
    /// Where it is: building, floor, address.
    pub location: String,
    /// How many people fit; null when nobody said.
    pub capacity: Option<i64>,
    /// What is in it, for example `screen`.
    pub equipment: Vec<String>,
    /// IANA zone of the place.
    pub tz: String,
    /// When it is open; no day at all means always.
    pub hours: Hours,
    /// Whether it can be used.
    pub active: bool,
    /// Rises with every change.
    pub version: i64,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl From<Room> for RoomView {
    fn from(room: Room) -> Self {
        let Room { id, name, location, capacity, equipment, tz, hours, active, version, created_at, updated_at, .. } = room;
        Self { id, name, location, capacity, equipment: equipment.0, tz, hours: hours.0, active, version, created_at, updated_at }
    }
}
