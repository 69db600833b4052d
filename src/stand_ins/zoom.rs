//! Zoom: server-to-server tokens, scheduled meetings, pages of them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{Asked, Said, StandIns};

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
        (method, ["v2", "meetings", id]) => one(stand_ins, method, id, asked.json()),
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
    json!({ "id": meeting["id"], "uuid": meeting["uuid"], "topic": meeting["topic"], "agenda": agenda, "start_time": meeting["start_time"] })
}

fn one(stand_ins: &StandIns, method: &str, id: &str, body: Value) -> Said {
    let missing = || (404, json!({ "code": 3001, "message": format!("Meeting does not exist: {id}.") }));
    let Ok(number) = id.parse::<u64>() else { return missing() };
    let mut world = stand_ins.world();
    let Some(meeting) = world.zoom.get_mut(&number) else { return missing() };
    match method {
        "GET" => (200, meeting.clone()),
        "PATCH" => {
            if let (Some(meeting), Some(changes)) = (meeting.as_object_mut(), body.as_object()) {
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
