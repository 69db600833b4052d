//! What Zoom knows of a meeting's calls: its past instances, who was in them, and their recordings in the cloud.

use reqwest::Method;
use serde_json::Value;

use super::{ZoomSettings, webhook};
use crate::kernel::Timestamp;
use crate::providers::calls::feed::segment;
use crate::providers::calls::{Caller, Trouble};
use crate::providers::facts::{Fact, Mark, Run, Step, instant, text};

const PAGES: usize = 40;
/// Seconds that the token of a recording's files is asked to live.
const TTL_S: i64 = 86_400;

// Zoom wants a name that begins with a slash, or holds two, encoded twice.
fn instance(uuid: &str) -> String {
    if uuid.starts_with('/') || uuid.contains("//") { segment(&segment(uuid)) } else { segment(uuid) }
}

impl ZoomSettings {
    /// Calls that began at `since` or later, and are over.
    pub(in crate::providers) async fn calls_since(&self, caller: &Caller, id: &str, since: Timestamp) -> Result<Vec<Fact>, Trouble> {
        let mut facts = Vec::new();
        let known = self.ask(caller, Method::GET, &format!("past_meetings/{}/instances", segment(id)), None, true).await?;
        for past in known["meetings"].as_array().into_iter().flatten() {
            let Some(uuid) = past["uuid"].as_str() else { continue };
            if instant(&past["start_time"]).is_some_and(|at| at >= since) {
                facts.extend(self.call(caller, uuid).await?);
            }
        }
        Ok(facts)
    }

    async fn call(&self, caller: &Caller, uuid: &str) -> Result<Vec<Fact>, Trouble> {
        let path = instance(uuid);
        let past = self.ask(caller, Method::GET, &format!("past_meetings/{path}"), None, true).await?;
        let (started_at, ended_at) = (instant(&past["start_time"]), instant(&past["end_time"]));
        let mut facts = vec![Fact::Run(Run { key: uuid.to_owned(), started_at, ended_at })];
        let mut next = String::new();
        for _ in 0..PAGES {
            let page = format!("past_meetings/{path}/participants?page_size=300&next_page_token={}", segment(&next));
            let page = self.ask(caller, Method::GET, &page, None, true).await?;
            facts.extend(page["participants"].as_array().into_iter().flatten().flat_map(|person| marks(uuid, person)));
            next = page["next_page_token"].as_str().unwrap_or_default().to_owned();
            if next.is_empty() {
                break;
            }
        }
        facts.extend(self.recorded(caller, &path).await?);
        Ok(facts)
    }

    async fn recorded(&self, caller: &Caller, path: &str) -> Result<Vec<Fact>, Trouble> {
        let path = format!("meetings/{path}/recordings?include_fields=download_access_token&ttl={TTL_S}");
        let found = match self.ask(caller, Method::GET, &path, None, true).await {
            // Nothing was recorded.
            Err(Trouble::Missing) => return Ok(Vec::new()),
            found => found?,
        };
        let token = found["download_access_token"].as_str();
        let files = found["recording_files"].as_array().into_iter().flatten();
        let recording = |file| webhook::recording(file, token, Some(caller.now()));
        Ok(files.filter_map(recording).map(|found| Fact::Recording(Box::new(found))).collect())
    }
}

fn marks(run: &str, person: &Value) -> Vec<Fact> {
    let Some(key) = ["user_id", "id"].iter().find_map(|name| text(&person[*name])) else { return Vec::new() };
    let mark = |step: Step, at: &Value| {
        Some(Fact::Mark(Mark {
            run: run.to_owned(),
            person: key.clone(),
            step,
            at: instant(at)?,
            name: text(&person["name"]),
            email: text(&person["user_email"]),
            user_ref: None,
            is_moderator: false,
        }))
    };
    [mark(Step::Came, &person["join_time"]), mark(Step::Went, &person["leave_time"])].into_iter().flatten().collect()
}
