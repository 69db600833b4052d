//! What Google knows of a meeting's calls: records of conferences, who was in them, and the files they left.

use reqwest::Method;
use serde_json::Value;

use super::GoogleMeetSettings;
use super::api::MEET;
use crate::kernel::Timestamp;
use crate::providers::calls::feed::segment;
use crate::providers::calls::{Caller, Trouble};
use crate::providers::facts::{Fact, Run, instant};

/// Pages of a list that are read.
const PAGES: usize = 40;

impl GoogleMeetSettings {
    /// Calls that began at `since` or later.
    pub(in crate::providers) async fn calls_since(
        &self,
        caller: &Caller,
        external_id: &str,
        since: Timestamp,
    ) -> Result<Vec<Fact>, Trouble> {
        let field = if external_id.starts_with("spaces/") { "space.name" } else { "space.meeting_code" };
        let filter = segment(&format!("{field} = \"{external_id}\""));
        let mut facts = Vec::new();
        for record in self.all(caller, &format!("conferenceRecords?filter={filter}"), "conferenceRecords").await? {
            let (Some(name), started_at) = (record["name"].as_str(), instant(&record["startTime"])) else { continue };
            if started_at.is_some_and(|at| at >= since) {
                facts.push(Fact::Run(Run { key: name.to_owned(), started_at, ended_at: instant(&record["endTime"]) }));
                facts.extend(self.people_of(caller, name).await?);
                facts.extend(self.files_of(caller, name).await?);
            }
        }
        Ok(facts)
    }

    async fn people_of(&self, caller: &Caller, record: &str) -> Result<Vec<Fact>, Trouble> {
        let mut facts = Vec::new();
        for person in self.all(caller, &format!("{record}/participants?pageSize=250"), "participants").await? {
            let Some(name) = person["name"].as_str() else { continue };
            for session in self.all(caller, &format!("{name}/participantSessions?pageSize=250"), "participantSessions").await? {
                facts.extend(Self::marks(session["name"].as_str().unwrap_or_default(), &session, &person));
            }
        }
        Ok(facts)
    }

    async fn files_of(&self, caller: &Caller, record: &str) -> Result<Vec<Fact>, Trouble> {
        let recordings = self.all(caller, &format!("{record}/recordings?"), "recordings").await?;
        let transcripts = self.all(caller, &format!("{record}/transcripts?"), "transcripts").await?;
        let found = recordings.iter().chain(&transcripts).filter_map(|file| self.file(file));
        Ok(found.map(|found| Fact::Recording(Box::new(found))).collect())
    }

    async fn all(&self, caller: &Caller, path: &str, what: &str) -> Result<Vec<Value>, Trouble> {
        let (mut items, mut token) = (Vec::new(), String::new());
        for _ in 0..PAGES {
            let url = format!("{}/v2/{path}&pageToken={}", self.service(MEET), segment(&token));
            let page = self.ask(caller, Method::GET, url.replace("?&", "?"), None, true).await?;
            items.extend(page[what].as_array().into_iter().flatten().cloned());
            token = page["nextPageToken"].as_str().unwrap_or_default().to_owned();
            if token.is_empty() {
                break;
            }
        }
        Ok(items)
    }
}
