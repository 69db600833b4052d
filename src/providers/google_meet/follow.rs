//! What an event of Workspace only names.

use reqwest::Method;
use serde_json::Value;

use super::GoogleMeetSettings;
use super::api::MEET;
use crate::providers::calls::feed::segment;
use crate::providers::calls::{Caller, Trouble};
use crate::providers::facts::{Ask, Fact, FoundRecording, Mark, PlaceRef, Reading, RecordingKind, Run, Step, instant, text};

const DRIVE: &str = "https://www.googleapis.com";

impl GoogleMeetSettings {
    /// What is named, as facts.
    pub(in crate::providers) async fn follow(&self, caller: &Caller, ask: &Ask) -> Result<Reading, Trouble> {
        let record: String = ask.path.split('/').take(2).collect::<Vec<_>>().join("/");
        let facts = match ask.what.as_str() {
            "conferenceRecord" => Vec::new(),
            "participantSession" => self.session(caller, &ask.path).await?,
            "recording" | "transcript" => {
                let file = self.named(caller, &ask.path).await?;
                self.file(&file).map(|found| Fact::Recording(Box::new(found))).into_iter().collect()
            }
            _ => return Ok(Reading::default()),
        };
        let conference = self.named(caller, &record).await?;
        let run = Run { key: record, started_at: instant(&conference["startTime"]), ended_at: instant(&conference["endTime"]) };
        let place = match conference["space"].as_str() {
            Some(space) => Some(PlaceRef::External(self.known_as(caller, space).await?)),
            None => None,
        };
        Ok(Reading { place, facts: [vec![Fact::Run(run)], facts].concat(), ..Reading::default() })
    }

    /// A file in the host's Drive, once it is there: a recording, or the document that a transcript is.
    pub(super) fn file(&self, file: &Value) -> Option<FoundRecording> {
        let files = format!("{}/drive/v3/files", self.service(DRIVE));
        let (kind, mime, link) = match (file.pointer("/driveDestination/file"), file.pointer("/docsDestination/document")) {
            (Some(id), _) => (RecordingKind::Video, "video/mp4", format!("{files}/{}?alt=media", segment(id.as_str()?))),
            (None, Some(id)) => {
                (RecordingKind::Transcript, "text/plain", format!("{files}/{}/export?mimeType=text%2Fplain", segment(id.as_str()?)))
            }
            (None, None) => return None,
        };
        (file["state"] == "FILE_GENERATED").then_some(())?;
        Some(FoundRecording {
            external_id: text(&file["name"])?,
            kind,
            link: Some(link),
            token: None,
            with_account: true,
            link_expires_at: None,
            started_at: instant(&file["startTime"]),
            ended_at: instant(&file["endTime"]),
            size_bytes: None,
            mime: Some(mime.to_owned()),
        })
    }

    async fn named(&self, caller: &Caller, name: &str) -> Result<Value, Trouble> {
        self.ask(caller, Method::GET, format!("{}/v2/{name}", self.service(MEET)), None, true).await
    }

    // Events of a calendar are known by their meeting code, spaces by their name.
    async fn known_as(&self, caller: &Caller, space: &str) -> Result<String, Trouble> {
        if self.mode == super::GoogleMode::Space {
            return Ok(space.to_owned());
        }
        Ok(text(&self.named(caller, space).await?["meetingCode"]).unwrap_or_else(|| space.to_owned()))
    }

    async fn session(&self, caller: &Caller, path: &str) -> Result<Vec<Fact>, Trouble> {
        let session = self.named(caller, path).await?;
        let person = self.named(caller, path.split("/participantSessions").next().unwrap_or(path)).await?;
        Ok(Self::marks(path, &session, &person))
    }

    /// What a session says of a person.
    pub(super) fn marks(path: &str, session: &Value, person: &Value) -> Vec<Fact> {
        let who = ["signedinUser", "anonymousUser", "phoneUser"].iter().find_map(|kind| person.get(*kind)).cloned().unwrap_or_default();
        let mark = |step: Step, at: Option<crate::kernel::Timestamp>| {
            Some(Fact::Mark(Mark {
                run: path.split('/').take(2).collect::<Vec<_>>().join("/"),
                person: path.to_owned(),
                step,
                at: at?,
                name: text(&who["displayName"]),
                email: None,
                user_ref: text(&who["user"]),
                is_moderator: false,
            }))
        };
        let (came, went) = (mark(Step::Came, instant(&session["startTime"])), mark(Step::Went, instant(&session["endTime"])));
        came.into_iter().chain(went).collect()
    }
}
