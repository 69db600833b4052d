//! What providers keep of calls that are over: who was there, and files.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::microsoft::error as microsoft_error;
use super::{Asked, Said, StandIns, google};

/// An answer that is a file and no JSON has its content here.
pub(super) const CONTENT: &str = "_content";

fn file(content: &str, mime: &str) -> Said {
    (200, json!({ CONTENT: content, "mime": mime }))
}

fn below(all: &BTreeMap<String, Value>, folder: &str) -> Vec<Value> {
    let inside = |name: &str| name.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/')).is_some_and(|rest| !rest.contains('/'));
    all.iter().filter(|(name, _)| inside(name)).map(|(_, value)| value.clone()).collect()
}

fn decoded(text: &str) -> String {
    let escaped = format!("x={}", text.replace('+', "%2B"));
    url::form_urlencoded::parse(escaped.as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}

pub(super) fn drive(stand_ins: &StandIns, asked: &Asked) -> Said {
    if !stand_ins.knows(asked) {
        return google::error(401, "authError", "Invalid Credentials");
    }
    let (parts, world) = (asked.parts(), stand_ins.world());
    let content = |id: &str| world.contents.get(&decoded(id)).cloned();
    match (parts.as_slice(), asked.query.get("alt").map(String::as_str), asked.query.get("mimeType")) {
        (["drive", "v3", "files", id], Some("media"), _) => {
            content(id).map_or_else(|| google::error(404, "notFound", "File not found"), |content| file(&content, "video/mp4"))
        }
        (["drive", "v3", "files", id, "export"], _, Some(mime)) => {
            content(id).map_or_else(|| google::error(404, "notFound", "File not found"), |content| file(&content, mime))
        }
        _ => google::error(400, "badRequest", "alt=media or export is needed"),
    }
}

/// Records of conferences: one by its name, or a page of them.
pub(super) fn records(stand_ins: &StandIns, asked: &Asked) -> Said {
    let world = stand_ins.world();
    let path = asked.path.trim_start_matches("v2/");
    if let Some(record) = world.google_records.get(path) {
        return (200, record.clone());
    }
    let what = path.rsplit('/').next().unwrap_or_default();
    let mut all = below(&world.google_records, path);
    if path == "conferenceRecords" {
        let filter = asked.query.get("filter").cloned().unwrap_or_default();
        let named = filter.split('"').nth(1).and_then(|name| world.space(name)).map(|space| space["name"].clone());
        all.retain(|record| filter.is_empty() || named.as_ref() == Some(&record["space"]));
    }
    let from: usize = asked.query.get("pageToken").and_then(|token| token.parse().ok()).unwrap_or(0);
    let size = world.faults.page_size;
    let page: Vec<Value> = all.iter().skip(from).take(size).cloned().collect();
    let next = if from + size < all.len() { json!((from + size).to_string()) } else { Value::Null };
    (200, json!({ what: page, "nextPageToken": next }))
}

/// What Graph has below a user's online meetings.
pub(super) fn online_meetings(stand_ins: &StandIns, asked: &Asked) -> Said {
    let world = stand_ins.world();
    let path: Vec<String> = asked.parts().iter().skip(3).map(|part| decoded(part)).collect();
    let path = path.join("/");
    if let Some(name) = path.strip_suffix("/content") {
        let mime = if name.contains("/transcripts/") { "text/vtt" } else { "video/mp4" };
        let content = world.contents.get(name).map(|content| file(content, mime));
        return content.unwrap_or_else(|| microsoft_error(404, "NotFound", "Not found"));
    }
    if let Some(one) = world.microsoft_files.get(&path) {
        return (200, one.clone());
    }
    let mut all = below(&world.microsoft_files, &path);
    if let Some(filter) = asked.query.get("$filter") {
        all.retain(|meeting| meeting["joinWebUrl"].as_str().is_some_and(|link| filter.contains(link)));
    }
    (200, json!({ "value": all }))
}

pub(super) fn zoom(stand_ins: &StandIns, asked: &Asked) -> Said {
    if !stand_ins.knows(asked) {
        return (401, json!({ "code": 124, "message": "Access token is expired." }));
    }
    let (parts, world) = (asked.parts(), stand_ins.world());
    let missing = || (404, json!({ "code": 3001, "message": "Meeting does not exist." }));
    let past = |uuid: &str| {
        world.zoom_past.get(uuid).or_else(|| world.zoom_past.get(&decoded(uuid))).or_else(|| world.zoom_past.get(&decoded(&decoded(uuid))))
    };
    match parts.as_slice() {
        ["v2", "past_meetings", id, "instances"] => {
            let of_meeting = world.zoom_past.values().filter(|past| past["id"].as_u64().is_some_and(|number| id.parse() == Ok(number)));
            (
                200,
                json!({ "meetings": of_meeting.map(|past| json!({ "uuid": past["uuid"], "start_time": past["start_time"] })).collect::<Vec<_>>() }),
            )
        }
        ["v2", "past_meetings", uuid] => past(uuid).map_or_else(missing, |past| (200, past.clone())),
        ["v2", "past_meetings", uuid, "participants"] => {
            past(uuid).map_or_else(missing, |past| (200, json!({ "participants": past["participants"], "next_page_token": "" })))
        }
        ["v2", "meetings", uuid, "recordings"] => match past(uuid).filter(|past| past["recording_files"].is_array()) {
            Some(past) => (200, json!({ "download_access_token": "t", "recording_files": past["recording_files"] })),
            None => (404, json!({ "code": 3301, "message": "This recording does not exist." })),
        },
        _ => missing(),
    }
}
