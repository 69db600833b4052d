//! Addresses that work for a while: what they are for is sealed into them, so nothing has to be stored.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::ExposeSecret as _;

use crate::kernel::{Failure, OrgId, RecordingId, Sealer, Timestamp};

const PLACE: &str = "recording.download";

/// A ticket for one recording.
pub(super) fn issue(sealer: &Sealer, org: OrgId, id: RecordingId, until: Timestamp) -> Result<String, Failure> {
    Ok(URL_SAFE_NO_PAD.encode(sealer.seal(PLACE, &format!("{org} {id} {}", until.ms()))?))
}

/// What a ticket is for; nothing when it is none of ours, or its time is over.
pub(super) fn read(sealer: &Sealer, ticket: &str, now: Timestamp) -> Option<(OrgId, RecordingId)> {
    let sealed = URL_SAFE_NO_PAD.decode(ticket).ok()?;
    let opened = sealer.open(PLACE, &sealed).ok()?;
    let mut words = opened.expose_secret().split(' ');
    let (org, id, until) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    (now < Timestamp::from_ms(until)?).then_some((org, id))
}
