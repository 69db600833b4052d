//! What callers may say about rooms.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

use super::hours::Hours;
use super::model::Room;
use crate::kernel::failure::invalid;
use crate::kernel::{Failure, PlaceId, Timestamp, text};

const MOST_EQUIPMENT: usize = 40;

/// A new room.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRoom {
    /// Name, 1 to 120 characters, unique in the organization.
    pub name: String,
    /// Where it is, up to 255 characters.
    pub location: Option<String>,
    /// How many people fit, 1 to 100,000.
    pub capacity: Option<i64>,
    /// What is in it, at most 40 words such as `screen`.
    #[serde(default)]
    pub equipment: Vec<String>,
    /// IANA zone of the place; the organization's when absent.
    pub tz: Option<String>,
    /// When it is open; always when absent.
    pub hours: Option<Hours>,
}

/// What changes in a room; what is absent stays.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RoomChange {
    /// Identifier.
    pub id: PlaceId,
    /// The version that was read: when it is no longer that one, nothing changes.
    pub version: Option<i64>,
    /// Name.
    pub name: Option<String>,
    /// Where it is.
    pub location: Option<String>,
    /// How many people fit; null for nobody knows.
    #[serde(default, deserialize_with = "given")]
    pub capacity: Option<Option<i64>>,
    /// What is in it.
    pub equipment: Option<Vec<String>>,
    /// IANA zone of the place.
    pub tz: Option<String>,
    /// When it is open.
    pub hours: Option<Hours>,
    /// Whether it can be used.
    pub active: Option<bool>,
}

/// Which rooms.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RoomFilter {
    /// Only those that can be used (true), or that cannot (false).
    pub active: Option<bool>,
    /// Only where name or location holds this text, in any case.
    pub text: Option<String>,
    /// 1 to 200; 50 when absent.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub cursor: Option<String>,
}

/// When, and what is needed there.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// When it begins.
    pub start: Timestamp,
    /// When it ends, at most a week later.
    pub end: Timestamp,
    /// At least so many people have to fit.
    pub capacity: Option<i64>,
    /// All of this has to be there.
    #[serde(default)]
    pub equipment: Vec<String>,
    /// Name or location has to hold this text, in any case.
    pub text: Option<String>,
}

impl RoomChange {
    /// Applies what is given to `room`.
    pub(super) fn apply(self, room: &mut Room) -> Result<(), Failure> {
        if let Some(name) = self.name {
            room.name = text::line("name", &name, 120)?;
        }
        if let Some(location) = self.location {
            room.location = text::optional_line("location", Some(&location), 255)?.unwrap_or_default();
        }
        if let Some(capacity) = self.capacity {
            room.capacity = people(capacity)?;
        }
        if let Some(equipment) = self.equipment {
            room.equipment.0 = words(equipment)?;
        }
        if let Some(tz) = self.tz {
            room.tz = text::time_zone("tz", &tz)?;
        }
        if let Some(hours) = self.hours {
            hours.timetable("hours")?;
            room.hours.0 = hours;
        }
        room.active = self.active.unwrap_or(room.active);
        Ok(())
    }
}

pub(super) fn people(capacity: Option<i64>) -> Result<Option<i64>, Failure> {
    match capacity {
        Some(capacity) if !(1..=100_000).contains(&capacity) => Err(invalid("capacity", "must be between 1 and 100000")),
        capacity => Ok(capacity),
    }
}

pub(super) fn words(equipment: Vec<String>) -> Result<Vec<String>, Failure> {
    if equipment.len() > MOST_EQUIPMENT {
        return Err(invalid("equipment", format!("must be at most {MOST_EQUIPMENT}")));
    }
    let word = |(at, word): (usize, &String)| text::line(&format!("equipment[{at}]"), word, 60).map(|word| word.to_lowercase());
    equipment.iter().enumerate().map(word).collect()
}

// Tells null (take away) from absent (leave).
fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}
