//! What every provider that has to be called can do.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde_json::Value;

use super::answer::Trouble;
use super::caller::Caller;
use crate::kernel::Timestamp;

/// What a meeting should be at its provider.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Wanted {
    /// Title.
    pub name: String,
    /// What it is about, for those who read it there.
    pub description: String,
    /// When it begins.
    pub start: Timestamp,
    /// When it ends.
    pub end: Timestamp,
    /// IANA zone.
    pub tz: String,
    /// Whether the provider's own waiting room is on. Ours has let people in already.
    pub waiting_room: bool,
    /// Whether hosts' meetings are recorded by themselves is the account's choice; whether anybody may is this.
    pub may_record: bool,
}

impl Wanted {
    /// Minutes from start to end, rounded up.
    pub fn duration_min(&self) -> i64 {
        (self.end.since_ms(self.start) + 59_999) / 60_000
    }
}

/// A meeting that is there.
#[derive(Clone, PartialEq)]
pub struct Made {
    /// The provider's identifier.
    pub external_id: String,
    /// The link that people enter by.
    pub link: String,
    /// What else later calls need; nothing secret.
    pub detail: Value,
}

// The link may carry the passcode.
impl std::fmt::Debug for Made {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Made").field("external_id", &self.external_id).finish_non_exhaustive()
    }
}

/// What a provider has of a meeting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum There {
    /// As it should be.
    Same,
    /// Otherwise: it has to be updated.
    Other,
    /// Not at all: it has to be made again.
    Gone,
}

/// A provider that has to be called.
///
/// Every call may be made again: a creation whose outcome is not known is looked for by its marker first, an update says what
/// should be, and removing what is gone is no error.
pub trait Host: Send + Sync {
    /// Makes a meeting that carries `marker`. Pending is no error: [`Trouble::Pending`] has it asked for again.
    fn create<'a>(&'a self, caller: &'a Caller, wanted: &'a Wanted, marker: &'a str) -> BoxFuture<'a, Result<Made, Trouble>>;

    /// The meeting that carries `marker`, if an earlier creation made it.
    fn find<'a>(&'a self, caller: &'a Caller, wanted: &'a Wanted, marker: &'a str) -> BoxFuture<'a, Result<Option<Made>, Trouble>>;

    /// Brings it to what is wanted. [`Trouble::Missing`] when it is not there any more.
    fn update<'a>(&'a self, caller: &'a Caller, made: &'a MadeRef<'a>, wanted: &'a Wanted) -> BoxFuture<'a, Result<(), Trouble>>;

    /// Removes it. [`Trouble::Missing`] when it is not there any more.
    fn cancel<'a>(&'a self, caller: &'a Caller, made: &'a MadeRef<'a>) -> BoxFuture<'a, Result<(), Trouble>>;

    /// Compares what is there with what is wanted.
    fn compare<'a>(&'a self, caller: &'a Caller, made: &'a MadeRef<'a>, wanted: &'a Wanted) -> BoxFuture<'a, Result<There, Trouble>>;

    /// A meeting that somebody made there. [`Trouble::Missing`] when there is none.
    fn adopt<'a>(&'a self, _caller: &'a Caller, _external_id: &'a str) -> BoxFuture<'a, Result<Made, Trouble>> {
        std::future::ready(Err(Trouble::Refused("meetings of others cannot be used here".to_owned()))).boxed()
    }

    /// One call that changes nothing and needs the rights that meetings need.
    fn test<'a>(&'a self, caller: &'a Caller) -> BoxFuture<'a, Result<String, Trouble>>;
}

/// What is known of a meeting that is there.
#[derive(Debug, Clone, Copy)]
pub struct MadeRef<'a> {
    /// The provider's identifier.
    pub external_id: &'a str,
    /// What creation answered besides.
    pub detail: &'a Value,
}
