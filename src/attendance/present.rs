//! Who is in a call now.

use std::collections::BTreeSet;

use super::store;
use super::timeline::Timeline;
use super::view::{Key, is_there, key};
use crate::db::Tx;
use crate::kernel::{Failure, MeetingId, OrgId};
use crate::meetings::Participant;

/// Whoever a provider reported and who has not left.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Present {
    /// By what a token named them: a user, a participant without one, or a guest's entry.
    pub known: BTreeSet<String>,
    /// How many the provider says nothing of by which they could be known.
    pub unknown: usize,
}

/// Who is in a meeting now; nobody where nothing is reported.
pub async fn present(tx: &mut Tx, org: OrgId, id: MeetingId, participants: &[Participant]) -> Result<Present, Failure> {
    let (runs, points) = (store::runs(tx, org, id).await?, store::points(tx, org, id).await?);
    let timeline = Timeline::new(&runs, &points);
    let mut present = Present::default();
    for attendee in store::attendees(tx, org, id).await?.iter().filter(|attendee| is_there(&timeline, attendee)) {
        match key(attendee, participants) {
            Key::Participant(id) => {
                let user = participants.iter().find(|person| person.id == id).and_then(|person| person.user_id);
                present.known.insert(user.map_or_else(|| id.to_string(), |user| user.to_string()));
            }
            Key::Reference(reference) => {
                present.known.insert(reference);
            }
            Key::Connection(_) => present.unknown += 1,
        }
    }
    Ok(present)
}
