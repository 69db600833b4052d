//! Typed identifiers: a UUIDv7 (RFC 9562) inside, `prefix_` + 32 hexadecimal digits outside.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use super::{Entropy, Timestamp};

/// An identifier that knows its wire prefix.
pub trait TypedId: Copy + From<Uuid> + fmt::Display {
    /// The part before the underscore.
    const PREFIX: &'static str;
}

/// Makes identifiers: those made later in this process sort later, also within a millisecond (RFC 9562 section 6.2, method 1),
/// so that indexes grow at their end and lists keep the order in which things were made.
#[derive(Debug, Default)]
pub struct IdSource(AtomicU64);

impl IdSource {
    /// A new identifier.
    pub fn next<I: TypedId>(&self, now: Timestamp, entropy: &dyn Entropy) -> I {
        let tick = u64::try_from(now.ms()).unwrap_or(0) << 12;
        let advance = |last: u64| Some(tick.max(last + 1));
        let last = self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, advance).unwrap_or_default();
        let tick = tick.max(last + 1);
        let mut random = [0_u8; 10];
        entropy.fill(&mut random);
        random[..2].copy_from_slice(&u16::try_from(tick & 0xfff).unwrap_or_default().to_be_bytes());
        I::from(uuid::Builder::from_unix_timestamp_millis(tick >> 12, &random).into_uuid())
    }
}

/// An identifier that is not greater than any made at `at` or later.
pub fn earliest<I: TypedId>(at: Timestamp) -> I {
    I::from(uuid::Builder::from_unix_timestamp_millis(u64::try_from(at.ms()).unwrap_or(0), &[0; 10]).into_uuid())
}

/// A text that is no identifier of the expected type.
#[derive(Debug, thiserror::Error)]
#[error("not an identifier: expected {0}_ and 32 hexadecimal digits")]
pub struct NotAnId(&'static str);

fn parse(prefix: &'static str, text: &str) -> Result<Uuid, NotAnId> {
    let hex = text.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('_'));
    hex.filter(|hex| hex.len() == 32 && hex.bytes().all(|b| b.is_ascii_hexdigit() && !b.is_ascii_uppercase()))
        .and_then(|hex| Uuid::try_parse(hex).ok())
        .ok_or(NotAnId(prefix))
}

fn schema(prefix: &str) -> schemars::Schema {
    schemars::json_schema!({ "type": "string", "pattern": format!("^{prefix}_[0-9a-f]{{32}}$") })
}

macro_rules! typed_ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)+) => { $(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, sqlx::Type)]
        #[sqlx(transparent)]
        pub struct $name(Uuid);

        impl TypedId for $name {
            const PREFIX: &'static str = $prefix;
        }
        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self { Self(uuid) }
        }
        impl From<$name> for Uuid {
            fn from(id: $name) -> Uuid { id.0 }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "_{}"), self.0.simple())
            }
        }
        impl FromStr for $name {
            type Err = NotAnId;
            fn from_str(text: &str) -> Result<Self, NotAnId> { parse($prefix, text).map(Self) }
        }
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> { s.collect_str(self) }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                Cow::<str>::deserialize(d)?.parse().map_err(serde::de::Error::custom)
            }
        }
        impl schemars::JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> { stringify!($name).into() }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema { schema($prefix) }
        }
    )+ };
}

typed_ids! {
    /// A tenant.
    OrgId = "org";
    /// A user of an organization, known from the ERP.
    UserId = "usr";
    /// An API key; its identifier is the visible part of the key.
    KeyId = "key";
    /// A meeting.
    MeetingId = "mtg";
    /// A person in a meeting.
    ParticipantId = "par";
    /// Somebody who asked to be let in.
    LobbyEntryId = "lob";
    /// A provider account ("virtual room").
    ProviderId = "prv";
    /// An event in the outbox.
    EventId = "evt";
    /// An audit record.
    AuditId = "aud";
    /// A custom field definition.
    FieldId = "fld";
    /// A webhook endpoint of an organization.
    EndpointId = "whe";
    /// One event on its way to one endpoint.
    DeliveryId = "dlv";
    /// A job.
    JobId = "job";
    /// A physical room.
    PlaceId = "rom";
    /// A booking link.
    LinkId = "bkl";
    /// Somebody's booking.
    BookingId = "bkg";
    /// A slot that is kept while its guest fills the form.
    HoldId = "bkh";
    /// A span in which a person or a room is taken.
    OccupancyId = "occ";
    /// A busy interval that the ERP, or a calendar, told of.
    BusyId = "bsy";
    /// A public calendar that is read as a source of busy time.
    BusySourceId = "bss";
    /// A calendar of somebody's elsewhere.
    ConnectionId = "cal";
    /// Somebody on their way to connect a calendar.
    AuthorizationId = "cau";
    /// Meetings that recur.
    SeriesId = "ser";
    /// A letter to one person.
    NotificationId = "ntf";
    /// What a meeting is at a provider that has to be called.
    ProviderLinkId = "pml";
    /// What is asked of a provider that reports only to those who asked.
    ProviderSubscriptionId = "psb";
    /// A message that a provider sent.
    ReceiptId = "whr";
    /// A recording, a transcript or a chat.
    RecordingId = "rec";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::clock::SeededEntropy;

    #[test]
    fn prints_and_parses_itself_only() {
        let id: MeetingId = IdSource::default().next(Timestamp::from_secs(1_800_000_000), &SeededEntropy::new(1));
        assert_eq!(id.to_string().parse::<MeetingId>().unwrap(), id);
        for wrong in [id.to_string().to_uppercase(), id.to_string().replace("mtg", "usr"), "mtg_".into(), "7".into()] {
            assert!(wrong.parse::<MeetingId>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn later_ones_sort_later_within_a_millisecond_too() {
        let (source, entropy, now) = (IdSource::default(), SeededEntropy::new(2), Timestamp::from_secs(1_800_000_000));
        let ids: Vec<EventId> = (0..10_000).map(|_| source.next(now, &entropy)).collect();
        assert!(ids.is_sorted() && ids.windows(2).all(|pair| pair[0] != pair[1]));
        assert!(source.next::<EventId>(now.plus_ms(5), &entropy) > ids[9_999]);
    }
}
