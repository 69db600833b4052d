//! The letter that says that a recording is there: once to everybody who may see it.

use super::Recordings;
use super::model::{Recording, RecordingState, Visibility};
use super::tickets::Ticket;
use crate::db::Tx;
use crate::kernel::{Ctx, Failure};
use crate::mail::{self, Address, Button, Draft, Dress, Letter};
use crate::meetings::{MeetingView, NOT_FOUND as NO_MEETING, ParticipantView};
use crate::notifications::elsewhere::{self, Reader};
use crate::web::i18n::When;

const KIND: &str = "recording.ready";
/// Days that the address in a letter works, as long as its reader may see the recording: people read mail later than they press buttons.
const LETTER_DAYS: i64 = 7;

impl Recordings {
    /// Writes to those who may see the recording and were not told yet. Where the ERP writes about the meeting nobody is.
    pub(super) async fn tell(&self, tx: &mut Tx, recording: &Recording) -> Result<(), Failure> {
        let is_there = matches!(recording.state, RecordingState::Stored | RecordingState::Linked);
        if !self.mail_is_on || !is_there {
            return Ok(());
        }
        let ctx = Ctx::system(recording.org_id, "recordings".to_owned());
        let mut view = match self.meetings.get_in(tx, &ctx, recording.meeting_id).await {
            Ok(view) => view,
            Err(failure) if failure.kind() == &NO_MEETING => return Ok(()),
            Err(failure) => return Err(failure),
        };
        view.participants.retain(|person| needs(person) <= recording.visibility);
        let dress = Dress::of(tx, recording.org_id).await?;
        for audience in [Visibility::Host, Visibility::Participants] {
            let mut view = view.clone();
            view.participants.retain(|person| needs(person) == audience);
            let readers = elsewhere::readers(tx, recording.org_id, &view).await?;
            let url = self.letter_url(tx, recording, audience)?;
            let letters = readers.iter().filter_map(|reader| letter(&view, recording, reader, url.clone(), &dress).transpose());
            let letters = letters.collect::<Result<Vec<_>, _>>()?;
            mail::queue_all(tx, recording.org_id, letters).await?;
        }
        Ok(())
    }

    // A provider's own link is not passed on: it may be good for more than this one file.
    fn letter_url(&self, tx: &Tx, recording: &Recording, needs: Visibility) -> Result<Option<String>, Failure> {
        if recording.state != RecordingState::Stored {
            return Ok(None);
        }
        let until = tx.now().plus_secs(LETTER_DAYS * 86_400);
        let ticket = Ticket { org: recording.org_id, recording: recording.id, needs }.seal(self.meetings.sealer(), until)?;
        Ok(Some(format!("{}/recordings/{ticket}", self.meetings.base())))
    }
}

// The least visibility with which somebody sees it.
fn needs(person: &ParticipantView) -> Visibility {
    if person.role.manages() { Visibility::Host } else { Visibility::Participants }
}

fn letter(
    view: &MeetingView,
    recording: &Recording,
    reader: &Reader,
    url: Option<String>,
    dress: &Dress,
) -> Result<Option<Letter>, Failure> {
    let Ok(to) = Address::new(Some(&reader.name), &reader.email) else { return Ok(None) };
    let (lang, say) = (reader.lang, |key: &str| reader.lang.say(key).to_owned());
    let words = vec![("meeting", view.name.clone()), ("name", reader.name.clone())];
    let when = When::new(lang, view.start, Some(view.end), &reader.tz).line();
    let draft = Draft {
        kind: KIND,
        to,
        lang: lang.code().to_owned(),
        tz: reader.tz.clone(),
        subject: say("mail.recording.subject"),
        title: view.name.clone(),
        intro: say(if url.is_some() { "mail.recording.intro" } else { "mail.recording.elsewhere" }),
        words,
        facts: vec![(say("mail.when"), when), (say("mail.recording.what"), say(&format!("mail.recording.{}", recording.kind.name())))],
        buttons: url.map(|url| Button { label: say("mail.recording.open"), url }).into_iter().collect(),
        related: Some(("recording", recording.id.to_string())),
        dedupe_key: Some(format!("{KIND}/{}/{}", recording.id, reader.email)),
        ..Draft::default()
    };
    draft.letter(dress).map(Some)
}
