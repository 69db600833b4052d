//! Addresses that work for a while: what they are for is sealed into them, so nothing has to be stored. One that was given
//! to somebody opens only as long as they may see the recording.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::ExposeSecret as _;

use super::model::Visibility;
use crate::kernel::{Failure, OrgId, RecordingId, Sealer, Timestamp};

const PLACE: &str = "recording.download";

/// What a ticket is for.
pub(super) struct Ticket {
    pub org: OrgId,
    pub recording: RecordingId,
    /// The least visibility with which whoever got it may see the recording.
    pub needs: Visibility,
}

impl Ticket {
    /// The word in an address, good until `until`.
    pub fn seal(&self, sealer: &Sealer, until: Timestamp) -> Result<String, Failure> {
        let Self { org, recording, needs } = self;
        Ok(URL_SAFE_NO_PAD.encode(sealer.seal(PLACE, &format!("{org} {recording} {} {}", needs.name(), until.ms()))?))
    }

    /// Nothing when it is none of ours, or its time is over.
    pub fn open(sealer: &Sealer, ticket: &str, now: Timestamp) -> Option<Self> {
        let opened = sealer.open(PLACE, &URL_SAFE_NO_PAD.decode(ticket).ok()?).ok()?;
        let mut words = opened.expose_secret().split(' ');
        let (org, recording, needs) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?, words.next()?);
        let until = Timestamp::from_ms(words.next()?.parse().ok()?)?;
        let needs =
            [Visibility::Host, Visibility::Participants, Visibility::Organization].into_iter().find(|known| known.name() == needs)?;
        (now < until).then_some(Self { org, recording, needs })
    }
}
