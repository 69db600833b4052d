//! What Microsoft knows of a meeting's calls: attendance reports, and the files they left.
//!
//! Reports have names of their own for calls and people; what notifications told is recognised by its times.

use reqwest::Method;
use serde_json::Value;

use super::{TeamsMode, TeamsSettings};
use crate::kernel::Timestamp;
use crate::providers::calls::feed::segment;
use crate::providers::calls::host::MadeRef;
use crate::providers::calls::{Caller, Trouble};
use crate::providers::facts::{Fact, Mark, Run, Step, instant, text};

impl TeamsSettings {
    /// Calls that began at `since` or later.
    pub(in crate::providers) async fn calls_since(
        &self,
        caller: &Caller,
        there: &MadeRef<'_>,
        since: Timestamp,
    ) -> Result<Vec<Fact>, Trouble> {
        let meeting = format!("onlineMeetings/{}", segment(&self.online_meeting(caller, there).await?));
        let mut facts = Vec::new();
        for report in self.listed(caller, &format!("{meeting}/attendanceReports")).await? {
            let (Some(id), Some(from)) = (report["id"].as_str(), instant(&report["meetingStartDateTime"])) else { continue };
            if from >= since {
                let path = format!("{meeting}/attendanceReports/{}?$expand=attendanceRecords", segment(id));
                facts.extend(report_facts(id, &self.ask(caller, Method::GET, &path, None, true).await?));
            }
        }
        if self.mode == TeamsMode::Event {
            for what in ["recordings", "transcripts"] {
                let files = self.listed(caller, &format!("{meeting}/{what}")).await?;
                let path = |file: &Value| Some(format!("{meeting}/{what}/{}", segment(file["id"].as_str()?)));
                let found = files.iter().filter_map(|file| self.file(&path(file)?, file));
                facts.extend(found.map(|found| Fact::Recording(Box::new(found))));
            }
        }
        Ok(facts)
    }

    // An event of a calendar only knows the join address of its meeting.
    async fn online_meeting(&self, caller: &Caller, there: &MadeRef<'_>) -> Result<String, Trouble> {
        if self.mode == TeamsMode::Meeting {
            return Ok(there.detail["id"].as_str().unwrap_or_default().to_owned());
        }
        let filter = segment(&format!("JoinWebUrl eq '{}'", there.external_id));
        let page = self.listed(caller, &format!("onlineMeetings?$filter={filter}")).await?;
        page.first().and_then(|meeting| meeting["id"].as_str()).map(str::to_owned).ok_or(Trouble::Missing)
    }

    async fn listed(&self, caller: &Caller, path: &str) -> Result<Vec<Value>, Trouble> {
        let page = self.ask(caller, Method::GET, path, None, true).await?;
        Ok(page["value"].as_array().cloned().unwrap_or_default())
    }
}

fn report_facts(id: &str, report: &Value) -> Vec<Fact> {
    let key = format!("report:{id}");
    let (started_at, ended_at) = (instant(&report["meetingStartDateTime"]), instant(&report["meetingEndDateTime"]));
    let people = report["attendanceRecords"].as_array().into_iter().flatten();
    let marks = people.flat_map(|person| marks(&key, person));
    std::iter::once(Fact::Run(Run { key: key.clone(), started_at, ended_at })).chain(marks).collect()
}

fn marks(run: &str, person: &Value) -> Vec<Fact> {
    let Some(id) = text(&person["id"]) else { return Vec::new() };
    let mark = |step: Step, at: &Value| {
        Some(Fact::Mark(Mark {
            run: run.to_owned(),
            person: format!("{run}:{id}"),
            step,
            at: instant(at)?,
            name: text(&person["identity"]["displayName"]),
            email: text(&person["emailAddress"]),
            user_ref: text(&person["identity"]["id"]),
            is_moderator: matches!(person["role"].as_str(), Some("Organizer" | "Presenter")),
        }))
    };
    let intervals = person["attendanceIntervals"].as_array().into_iter().flatten();
    intervals
        .flat_map(|interval| [mark(Step::Came, &interval["joinDateTime"]), mark(Step::Went, &interval["leaveDateTime"])])
        .flatten()
        .collect()
}
