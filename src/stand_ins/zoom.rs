//! Zoom: server-to-server tokens, scheduled and recurring meetings, pages of them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{Asked, Said, StandIns};
use crate::kernel::Timestamp;

pub(super) fn token(stand_ins: &StandIns, asked: &Asked) -> Said {
    let basic = asked.headers.get("authorization").and_then(|value| value.to_str().ok()).and_then(|value| value.strip_prefix("Basic "));
    let has_pair = basic.and_then(|pair| STANDARD.decode(pair).ok()).is_some_and(|pair| pair.contains(&b':'));
    if !has_pair || stand_ins.world().faults.missing == "secret" {
        return (401, json!({ "reason": "Invalid client_id or client_secret", "error": "invalid_client" }));
    }
    if asked.form().get("grant_type").map(String::as_str) != Some("account_credentials") {
        return (400, json!({ "reason": "unsupported grant type", "error": "invalid_request" }));
    }
    let mut token = stand_ins.new_token();
    token["scope"] = json!("meeting:write:admin meeting:read:admin");
    (200, token)
}

pub(super) fn answer(stand_ins: &StandIns, asked: &Asked) -> Said {
    if !stand_ins.knows(asked) {
        return (401, json!({ "code": 124, "message": "Access token is expired." }));
    }
    if stand_ins.world().faults.missing == "scope" {
        return (400, json!({ "code": 4711, "message": "Invalid access token, does not contain scopes:[meeting:write:admin]." }));
    }
    match (asked.method.as_str(), asked.parts().as_slice()) {
        (_, ["v2", "users", "nobody@example.org", "meetings"]) => {
            (404, json!({ "code": 1001, "message": "User does not exist: nobody@example.org." }))
        }
        ("POST", ["v2", "users", host, "meetings"]) => create(stand_ins, host, asked.json()),
        ("GET", ["v2", "users", host, "meetings"]) => list(stand_ins, host, asked),
        (method, ["v2", "meetings", id]) => one(stand_ins, method, id, asked),
        _ => (404, json!({ "code": 2300, "message": "This API endpoint is not recognized." })),
    }
}

fn create(stand_ins: &StandIns, host: &str, mut body: Value) -> Said {
    if body["topic"].as_str().is_none_or(str::is_empty) {
        return (
            400,
            json!({ "code": 300, "message": "Validation Failed.", "errors": [{ "field": "topic", "message": "Invalid field." }] }),
        );
    }
    if body["type"] == RECURRING {
        match occurrences(&body) {
            Some(all) => body["occurrences"] = all,
            None => {
                return (
                    400,
                    json!({ "code": 300, "message": "Validation Failed.", "errors": [{ "field": "recurrence", "message": "Invalid field." }] }),
                );
            }
        }
    }
    let mut world = stand_ins.world();
    let id = world.number();
    body["id"] = json!(id);
    body["uuid"] = json!(format!("u{id}=="));
    body["host_email"] = json!(host);
    body["status"] = json!("waiting");
    body["join_url"] = json!(format!("https://zoom.example.org/j/{id}?pwd=k{id}"));
    body["start_url"] = json!(format!("https://zoom.example.org/s/{id}?zak=secret"));
    world.zoom.insert(id, body.clone());
    world.log.push("zoom create".to_owned());
    (201, body)
}

/// A meeting that recurs at fixed times.
const RECURRING: u64 = 8;
/// Zoom has no more occurrences of one meeting.
const MOST: u64 = 50;

// Every so many days or weeks; an occurrence is named by its instant in milliseconds.
fn occurrences(body: &Value) -> Option<Value> {
    let recurrence = &body["recurrence"];
    let days = match recurrence["type"].as_u64()? {
        1 => 1,
        2 => 7,
        _ => return None,
    } * recurrence["repeat_interval"].as_i64().unwrap_or(1);
    let times = recurrence["end_times"].as_u64().filter(|times| (1..=MOST).contains(times))?;
    let first: Timestamp = body["start_time"].as_str()?.parse().ok()?;
    let all = (0..i64::try_from(times).ok()?).map(|n| first.plus_secs(n * days * 86_400));
    let occurrence = |at: Timestamp| json!({ "occurrence_id": at.ms().to_string(), "start_time": at, "duration": body["duration"], "status": "available" });
    Some(all.map(occurrence).collect())
}

// Lists carry the beginning of the agenda and no settings.
fn list(stand_ins: &StandIns, host: &str, asked: &Asked) -> Said {
    let world = stand_ins.world();
    let from: usize = asked.query.get("next_page_token").and_then(|token| token.strip_prefix('p')?.parse().ok()).unwrap_or(0);
    let all: Vec<Value> = world.zoom.values().filter(|meeting| meeting["host_email"] == host).cloned().collect();
    let wanted = asked.query.get("page_size").and_then(|size| size.parse().ok()).unwrap_or(30_usize);
    let size = wanted.min(world.faults.page_size);
    let page: Vec<Value> = all.iter().skip(from).take(size).map(listed).collect();
    let next = if from + size < all.len() { format!("p{}", from + size) } else { String::new() };
    (200, json!({ "page_size": size, "total_records": all.len(), "next_page_token": next, "meetings": page }))
}

fn listed(meeting: &Value) -> Value {
    let agenda: String = meeting["agenda"].as_str().unwrap_or_default().chars().take(250).collect();
    json!({ "id": meeting["id"], "uuid": meeting["uuid"], "type": meeting["type"], "topic": meeting["topic"], "agenda": agenda,
        "start_time": meeting["start_time"] })
}

fn one(stand_ins: &StandIns, method: &str, id: &str, asked: &Asked) -> Said {
    let missing = || (404, json!({ "code": 3001, "message": format!("Meeting does not exist: {id}.") }));
    let Ok(number) = id.parse::<u64>() else { return missing() };
    let mut world = stand_ins.world();
    let Some(meeting) = world.zoom.get_mut(&number) else { return missing() };
    if let Some(occurrence) = asked.query.get("occurrence_id") {
        return one_of_many(meeting, method, occurrence, &asked.json());
    }
    match method {
        "GET" => (200, meeting.clone()),
        "PATCH" => {
            if let (Some(meeting), Some(changes)) = (meeting.as_object_mut(), asked.json().as_object()) {
                meeting.extend(changes.clone());
            }
            world.log.push("zoom update".to_owned());
            (204, Value::Null)
        }
        "DELETE" => {
            world.zoom.remove(&number);
            world.log.push("zoom delete".to_owned());
            (204, Value::Null)
        }
        _ => (405, json!({ "code": 405, "message": "method not allowed" })),
    }
}

fn one_of_many(meeting: &mut Value, method: &str, id: &str, changes: &Value) -> Said {
    let all = meeting["occurrences"].as_array_mut();
    let found = all.and_then(|all| all.iter_mut().find(|of| of["occurrence_id"] == id));
    let Some(occurrence) = found else { return (404, json!({ "code": 3001, "message": "Occurrence does not exist." })) };
    match method {
        "GET" => return (200, occurrence.clone()),
        "DELETE" => occurrence["status"] = json!("deleted"),
        _ => {
            for field in ["start_time", "duration"].iter().filter(|field| !changes[**field].is_null()) {
                occurrence[*field] = changes[*field].clone();
            }
        }
    }
    (204, Value::Null)
}
