//! For letters of other rooms: whom they may write to, and what they told.

use super::letters::{self, Locale};
use super::settings::{Settings, writes_letters};
use super::store;
use crate::db::Tx;
use crate::kernel::{Failure, MeetingId, OrgId};
use crate::meetings::MeetingView;

pub use super::letters::Reader;
pub use super::store::Invitee;

/// Notes what a letter with a calendar object told them of a meeting. Where the ERP writes about it nothing is noted: it goes on itself.
pub async fn told(tx: &mut Tx, org: OrgId, view: &MeetingView, whom: &[Invitee]) -> Result<(), Failure> {
    let settings = Settings::of(tx, org).await?;
    if !writes_letters(tx, org, &settings, view).await? {
        return Ok(());
    }
    store::put_invitees(tx, org, &view.id.to_string(), whom).await
}

/// Notes that a letter took the meeting back from them.
pub async fn took_back(tx: &mut Tx, org: OrgId, meeting: MeetingId, emails: &[String]) -> Result<(), Failure> {
    store::remove_invitees(tx, org, &meeting.to_string(), emails).await
}

/// Those who take part and can be written to, each with a language and a zone; nobody where the ERP writes about the meeting.
pub async fn readers(tx: &mut Tx, org: OrgId, view: &MeetingView) -> Result<Vec<Reader>, Failure> {
    let settings = Settings::of(tx, org).await?;
    if !writes_letters(tx, org, &settings, view).await? {
        return Ok(Vec::new());
    }
    Ok(letters::readers(view, &Locale::of(tx, org).await?))
}
