//! What an event of Workspace only names.

use reqwest::Method;
use serde_json::Value;

use super::GoogleMeetSettings;
use crate::providers::calls::{Caller, Trouble};
use crate::providers::facts::{Ask, Fact, Mark, PlaceRef, Reading, Run, Step, instant, text};

const MEET: &str = "https://meet.googleapis.com";

impl GoogleMeetSettings {
    /// What is named, as facts. Recordings are in somebody's Drive, where we have no business.
    pub(in crate::providers) async fn follow(&self, caller: &Caller, ask: &Ask) -> Result<Reading, Trouble> {
        let record: String = ask.path.split('/').take(2).collect::<Vec<_>>().join("/");
        let facts = match ask.what.as_str() {
            "conferenceRecord" => Vec::new(),
            "participantSession" => self.session(caller, &ask.path).await?,
            _ => return Ok(Reading::default()),
        };
        let conference = self.named(caller, &record).await?;
        let run = Run { key: record, started_at: instant(&conference["startTime"]), ended_at: instant(&conference["endTime"]) };
        let place = match conference["space"].as_str() {
            Some(space) => Some(PlaceRef::External(self.known_as(caller, space).await?)),
            None => None,
        };
        Ok(Reading { place, facts: [vec![Fact::Run(run)], facts].concat(), ask: Vec::new() })
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
        Ok(came.into_iter().chain(went).collect())
    }
}
