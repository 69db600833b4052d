//! Recordings and transcripts: what notifications only name, and where it is.

use reqwest::Method;
use serde_json::Value;

use super::TeamsSettings;
use crate::providers::calls::feed::segment;
use crate::providers::calls::{Caller, Trouble};
use crate::providers::facts::{Ask, Fact, FoundRecording, PlaceRef, Reading, RecordingKind, instant, text};

/// What a notification about a file names: `onlineMeetings('<id>')/recordings('<id>')`, or the same with slashes.
pub(super) fn named(item: &Value) -> Option<Ask> {
    let resource = item["resource"].as_str()?.replace("('", "/").replace("')", "");
    let parts: Vec<&str> = resource.split('/').collect();
    let at = parts.iter().position(|part| *part == "onlineMeetings")?;
    let [meeting, what @ ("recordings" | "transcripts"), file] = parts.get(at + 1..)? else { return None };
    let whole = [meeting, file].iter().all(|id| !id.is_empty() && id.len() <= 1024);
    whole.then(|| Ask { path: format!("onlineMeetings/{}/{what}/{}", segment(meeting), segment(file)), what: (*what).to_owned() })
}

impl TeamsSettings {
    /// What is named, as facts.
    pub(in crate::providers) async fn follow(&self, caller: &Caller, ask: &Ask) -> Result<Reading, Trouble> {
        let meeting: Vec<&str> = ask.path.split('/').take(2).collect();
        let meeting = self.ask(caller, Method::GET, &meeting.join("/"), None, true).await?;
        let place = meeting["joinWebUrl"].as_str().map(|link| PlaceRef::External(link.to_owned()));
        let file = self.ask(caller, Method::GET, &ask.path, None, true).await?;
        let found = self.file(&ask.path, &file).map(|found| Fact::Recording(Box::new(found)));
        Ok(Reading { place, facts: found.into_iter().collect(), ..Reading::default() })
    }

    /// A file at `path`, as it is described there.
    pub(super) fn file(&self, path: &str, file: &Value) -> Option<FoundRecording> {
        let is_transcript = path.contains("/transcripts/");
        let (kind, mime, format) = match is_transcript {
            true => (RecordingKind::Transcript, "text/vtt", "?$format=text/vtt"),
            false => (RecordingKind::Video, "video/mp4", ""),
        };
        Some(FoundRecording {
            external_id: format!("{}:{}", kind.name(), text(&file["id"])?),
            kind,
            link: Some(format!("{}/v1.0/users/{}/{path}/content{format}", self.api(), segment(&self.host_user))),
            token: None,
            with_account: true,
            link_expires_at: None,
            started_at: instant(&file["createdDateTime"]),
            ended_at: instant(&file["endDateTime"]),
            size_bytes: None,
            mime: Some(mime.to_owned()),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn files_are_named_in_two_ways_and_nothing_else_is_followed() {
        for resource in ["users('u1')/onlineMeetings('MS/p=')/recordings('R 1')", "users/u1/onlineMeetings/MSp/recordings/R1"] {
            let ask = named(&json!({ "resource": resource }));
            assert_eq!(ask.is_some(), !resource.contains("MS/p"), "{resource}");
        }
        let ask = named(&json!({"resource": "communications/onlineMeetings('MSp%3D..')/transcripts('T?1')"})).unwrap();
        assert_eq!((ask.path.as_str(), ask.what.as_str()), ("onlineMeetings/MSp%253D../transcripts/T%3F1", "transcripts"));
        for other in ["", "users('u1')/events('1')", "onlineMeetings('a')", "onlineMeetings('a')/recordings('')"] {
            assert_eq!(named(&json!({ "resource": other })), None, "{other}");
        }
    }
}
