//! What has to be done at a provider.

use crate::kernel::seal::sha256;
use crate::kernel::{Failure, ProviderId, Timestamp};
use crate::meetings::{Meeting, RecordingBy, State};
use crate::providers::calls::Wanted;
use crate::providers::inbound::hex;
use crate::providers::links::{Link, LinkState};

/// Minutes after its end from which on a meeting that nobody ended is over at its provider as well.
pub const OVER_MIN: i64 = 24 * 60;

/// What has to be done about one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Nothing.
    Rest,
    /// It has to be made.
    Create,
    /// An earlier creation may have made it.
    FindOrCreate,
    /// It has to be changed.
    Update,
    /// It is somebody else's, and has to be looked at.
    Adopt,
    /// It has to be removed.
    Remove,
    /// There is nothing there, and nothing is wanted.
    Forget,
}

/// What a meeting should be at its provider.
pub fn wanted(meeting: &Meeting) -> Wanted {
    Wanted {
        name: meeting.name.clone(),
        description: meeting.description.clone(),
        start: meeting.start,
        end: meeting.end,
        tz: meeting.tz.clone(),
        // omeet has a lobby of its own, which knows who is invited.
        waiting_room: false,
        may_record: meeting.recording_by != RecordingBy::Nobody,
    }
}

/// The same for the same.
pub fn fingerprint(wanted: &Wanted) -> Result<String, Failure> {
    Ok(hex(&sha256(serde_json::to_string(wanted)?.as_bytes())))
}

/// Whether anything should be at a provider for this meeting. A draft may never come true, and what is over stays as it was.
pub fn is_wanted(meeting: Option<&Meeting>) -> Option<bool> {
    match meeting.map(|meeting| meeting.state) {
        None | Some(State::Cancelled) => Some(false),
        Some(State::Ready | State::Started) => Some(true),
        Some(State::Draft | State::Ended) => None,
    }
}

/// Whether it is so long over that it is neither compared nor, where the provider has dropped it, made again.
pub fn is_over(wanted: &Wanted, now: Timestamp) -> bool {
    wanted.end.plus_min(OVER_MIN) <= now
}

/// What has to be done about `link`, when the meeting should be at `target` and known as `fingerprint`.
pub fn step(link: &Link, is_wanted: Option<bool>, target: Option<ProviderId>, fingerprint: &str) -> Step {
    let here = match is_wanted {
        None => return Step::Rest,
        Some(wanted) => wanted && target == Some(link.provider_id),
    };
    match (here, &link.external_id, link.attempted) {
        (true, None, true) => Step::FindOrCreate,
        (true, None, false) => Step::Create,
        (true, Some(_), _) if link.known == fingerprint && link.state == LinkState::Ready => Step::Rest,
        (true, Some(_), _) if link.adopted => Step::Adopt,
        (true, Some(_), _) => Step::Update,
        (false, Some(_), _) if link.adopted => Step::Forget,
        (false, Some(_), _) => Step::Remove,
        (false, None, true) => Step::Remove,
        (false, None, false) => Step::Forget,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Timestamp;

    #[test]
    fn every_gap_has_its_step() {
        let id = |n: u128| uuid::Uuid::from_u128(n);
        let (here, elsewhere) = (ProviderId::from(id(1)), ProviderId::from(id(2)));
        let fresh = Link::wanted(id(3).into(), id(4).into(), id(5).into(), here, Timestamp::from_secs(0));
        let sent = Link { attempted: true, ..fresh.clone() };
        let made = Link { external_id: Some("1".into()), state: LinkState::Ready, known: "now".into(), ..sent.clone() };
        let theirs = Link { adopted: true, ..made.clone() };
        for (link, is_wanted, target, expected) in [
            (&fresh, Some(true), here, Step::Create),
            (&sent, Some(true), here, Step::FindOrCreate),
            (&made, Some(true), here, Step::Rest),
            (&Link { known: "before".into(), ..made.clone() }, Some(true), here, Step::Update),
            (&Link { state: LinkState::Failed, ..made.clone() }, Some(true), here, Step::Update),
            (&made, Some(true), elsewhere, Step::Remove),
            (&made, Some(false), here, Step::Remove),
            (&sent, Some(false), here, Step::Remove),
            (&fresh, Some(false), here, Step::Forget),
            (&made, None, here, Step::Rest),
            (&Link { state: LinkState::Creating, known: String::new(), ..theirs.clone() }, Some(true), here, Step::Adopt),
            (&theirs, Some(true), here, Step::Rest),
            (&theirs, Some(true), elsewhere, Step::Forget),
            (&theirs, Some(false), here, Step::Forget),
        ] {
            assert_eq!(step(link, is_wanted, Some(target), "now"), expected, "{link:?}");
        }
    }

    // R21: what a provider dropped is not made anew for a meeting that is over.
    #[test]
    fn is_over_a_day_after_its_end() {
        let end = Timestamp::from_secs(1_800_000_000);
        let (name, description, tz) = (String::new(), String::new(), "UTC".to_owned());
        let wanted = Wanted { name, description, start: end.plus_min(-30), end, tz, waiting_room: false, may_record: false };
        assert!(!is_over(&wanted, end.plus_min(-10)) && !is_over(&wanted, end.plus_min(OVER_MIN - 1)));
        assert!(is_over(&wanted, end.plus_min(OVER_MIN)));
    }
}
