//! What a server asked, and what it was answered: so that somebody sees why a room did not open.
//!
//! They stand among the messages. The same question with the same answer is kept once an hour, and a server that is asked for rooms without end
//! fills nothing.

use serde_json::json;

use super::Inbox;
use super::intake::body_place;
use super::model::ReceiptState;
use super::opening::{Closed, Opening};
use super::store::{self, NewReceipt};
use crate::db::Tx;
use crate::kernel::{Failure, ReceiptId};
use crate::providers::Account;
use crate::providers::inbound::fingerprint;

/// What their events begin with.
pub(super) const PREFIX: &str = "reservation.";
/// Questions of one account that are kept in an hour.
const MOST_AN_HOUR: i64 = 500;

impl Inbox {
    /// Keeps a question with its answer. That it cannot be kept changes no answer.
    pub(super) async fn note_question(&self, account: &Account, room: &str, owner: &str, answer: &Result<Opening, Closed>) {
        if let Err(failure) = self.try_note(account, room, owner, answer).await {
            tracing::warn!(%failure, "a question whether a room may open could not be kept");
        }
    }

    async fn try_note(&self, account: &Account, room: &str, owner: &str, answer: &Result<Opening, Closed>) -> Result<(), Failure> {
        let (event, state, note, meeting) = match answer {
            Ok(opening) => ("reservation.allowed", ReceiptState::Applied, None, Some(opening.meeting)),
            Err(closed) => ("reservation.refused", ReceiptState::Ignored, Some(closed.says()), closed.meeting()),
        };
        let (id, now): (ReceiptId, _) = (self.meetings.db().new_id(), self.meetings.db().clock().now());
        let (room, owner) = (cut(room), cut(owner));
        let hour = (now.secs() / 3600).to_string();
        let key = fingerprint(&[event, &room, note.as_deref().unwrap_or_default(), &hour]);
        let body = json!({ "event_name": event, "name": room, "mail_owner": owner, "message": note });
        let body = self.meetings.sealer().seal(&body_place(id), &body.to_string())?;
        let (org, provider) = (account.org, account.id);
        let new = NewReceipt { id, org, provider, key, event: event.to_owned(), occurred_at: Some(now), body };
        let unit = async move |tx: &mut Tx| {
            let kept = store::count_since(tx, provider, PREFIX, now.plus_secs(-3600), MOST_AN_HOUR).await?;
            if kept < MOST_AN_HOUR && store::insert(tx, &new).await? {
                store::note(tx, org, id, state, note.as_deref(), meeting).await?;
            }
            Ok(())
        };
        self.meetings.db().unit(move |tx| Box::pin(async move { unit(tx).await })).await
    }
}

fn cut(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(255).collect()
}
