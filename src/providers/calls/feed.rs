//! What providers can do that report only to those who asked for it.

use futures_util::future::BoxFuture;
use serde_json::Value;

use super::answer::Trouble;
use super::caller::Caller;
use crate::kernel::seal::sha256;
use crate::kernel::{MeetingId, Timestamp};
use crate::providers::inbound::hex;

/// A meeting at its provider that is near, goes on, or was over a moment ago.
#[derive(Debug, Clone)]
pub struct Near {
    /// Ours.
    pub meeting: MeetingId,
    /// The provider's identifier.
    pub external_id: String,
}

/// A subscription that should be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// What it is about, in the provider's words; one subscription of an account for each.
    pub topic: String,
    /// The meeting, where it is about one.
    pub meeting: Option<MeetingId>,
    /// The same for the same: one that was made otherwise is made anew.
    pub known: String,
}

impl Wish {
    /// A wish for `topic`; `parts` are what else the provider is told.
    pub fn new(topic: String, meeting: Option<MeetingId>, parts: &[&str]) -> Self {
        let known = hex(&sha256(format!("{topic}\u{1f}{}", parts.join("\u{1f}")).as_bytes()));
        Self { topic, meeting, known }
    }
}

/// A subscription that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The provider's identifier.
    pub id: String,
    /// Until when the provider reports.
    pub until: Timestamp,
}

/// A provider that reports only to those who asked.
///
/// Every call may be made again: asking for what is there already answers it, and ending what is gone is no error.
pub trait Feed: Send + Sync {
    /// Whether this account's webhooks are switched on.
    fn is_on(&self) -> bool;

    /// What should be asked for where they are. `address` is where this account's messages arrive.
    fn wishes(&self, address: &str, near: &[Near]) -> Vec<Wish>;

    /// Asks for reports.
    fn subscribe<'a>(&'a self, caller: &'a Caller, wish: &'a Wish, address: &'a str) -> BoxFuture<'a, Result<Held, Trouble>>;

    /// Asks for them for longer. [`Trouble::Missing`] when the provider has forgotten.
    fn renew<'a>(&'a self, caller: &'a Caller, topic: &'a str, id: &'a str) -> BoxFuture<'a, Result<Held, Trouble>>;

    /// Ends them.
    fn unsubscribe<'a>(&'a self, caller: &'a Caller, topic: &'a str, id: &'a str) -> BoxFuture<'a, Result<(), Trouble>>;
}

/// What a provider says of a subscription of its own accord.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The provider's identifier of the subscription.
    pub subscription: String,
    /// What it says.
    pub says: Says,
}

/// What is said of a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Says {
    /// It ends soon, or rests, unless it is renewed.
    Renew,
    /// It is gone.
    Gone,
    /// Reports were lost on their way.
    Missed,
}

/// A segment of an address.
pub fn segment(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

/// A text of an answer, or what is wrong with an answer without it.
pub fn needed(answer: &Value, name: &str, who: &str) -> Result<String, Trouble> {
    let found = answer[name].as_str().map(str::to_owned);
    found.ok_or_else(|| Trouble::Refused(format!("{who} answers without {name}")))
}
