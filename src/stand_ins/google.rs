//! Google: assertions, calendar events whose conference comes a little later, spaces of Meet.

use serde_json::{Value, json};

use super::{Asked, Said, StandIns};

pub(super) fn token(stand_ins: &StandIns, asked: &Asked) -> Said {
    let form = asked.form();
    let is_jwt = form.get("assertion").is_some_and(|assertion| assertion.split('.').count() == 3);
    if form.get("grant_type").map(String::as_str) != Some("urn:ietf:params:oauth:grant-type:jwt-bearer") || !is_jwt {
        return (400, json!({ "error": "invalid_grant", "error_description": "Invalid JWT" }));
    }
    if stand_ins.world().faults.missing == "delegation" {
        let says =
            "Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of the scopes requested.";
        return (401, json!({ "error": "unauthorized_client", "error_description": says }));
    }
    (200, stand_ins.new_token())
}

pub(super) fn error(status: u16, reason: &str, message: &str) -> Said {
    (
        status,
        json!({ "error": { "errors": [{ "domain": "global", "reason": reason, "message": message }], "code": status, "message": message } }),
    )
}

pub(super) fn answer(stand_ins: &StandIns, asked: &Asked) -> Said {
    if !stand_ins.knows(asked) {
        return error(401, "authError", "Invalid Credentials");
    }
    match (asked.method.as_str(), asked.parts().as_slice()) {
        ("POST", ["calendar", "v3", "freeBusy"]) => busy(stand_ins, &asked.json()),
        ("POST", ["calendar", "v3", "calendars", _, "events"]) => insert(stand_ins, asked),
        ("GET", ["calendar", "v3", "calendars", _, "events"]) => (200, json!({ "items": [] })),
        (method, ["calendar", "v3", "calendars", _, "events", id]) => one(stand_ins, method, id, asked.json()),
        ("POST", ["v2", "spaces"]) => space(stand_ins),
        ("GET", ["v2", "spaces", id]) => {
            let world = stand_ins.world();
            let found = world.space(id).or_else(|| world.space(&format!("spaces/{id}")));
            found.map_or_else(|| error(404, "notFound", "Not Found"), |space| (200, space))
        }
        ("POST", ["v2", "spaces", call]) if call.ends_with(":endActiveConference") => (
            400,
            json!({ "error": { "code": 400, "message": "There is no active conference for the given space.", "status": "FAILED_PRECONDITION" } }),
        ),
        ("GET", ["v2", "conferenceRecords", ..]) => super::kept::records(stand_ins, asked),
        _ => error(404, "notFound", "Not Found"),
    }
}

// As of the reference of `freebusy.query`; a window of more than three months is refused.
fn busy(stand_ins: &StandIns, body: &Value) -> Said {
    let at = |key: &str| body[key].as_str().and_then(|text| text.parse::<jiff::Timestamp>().ok());
    let (Some(from), Some(to)) = (at("timeMin"), at("timeMax")) else { return error(400, "required", "Missing time") };
    if (to - from).get_seconds() > 92 * 86_400 {
        return error(400, "timeRangeTooLong", "The requested time range is too long.");
    }
    let mut world = stand_ins.world();
    world.log.push("google busy".to_owned());
    let inside = |(start, end): &&(String, String)| {
        start.parse::<jiff::Timestamp>().is_ok_and(|start| start < to) && end.parse::<jiff::Timestamp>().is_ok_and(|end| end > from)
    };
    let busy: Vec<Value> = world.busy.iter().filter(inside).map(|(start, end)| json!({ "start": start, "end": end })).collect();
    (
        200,
        json!({ "kind": "calendar#freeBusy", "timeMin": body["timeMin"], "timeMax": body["timeMax"], "calendars": { "primary": { "busy": busy } } }),
    )
}

// Without its version a conference is left out without a word.
fn insert(stand_ins: &StandIns, asked: &Asked) -> Said {
    let mut event = asked.json();
    let mut world = stand_ins.world();
    let id = event["id"].as_str().map_or_else(|| format!("e{}", world.number()), str::to_owned);
    if !id.chars().all(|c| matches!(c, 'a'..='v' | '0'..='9')) || !(5..=1024).contains(&id.len()) {
        return error(400, "invalid", "Invalid resource id value.");
    }
    if world.google.contains_key(&id) {
        return error(409, "duplicate", "The requested identifier already exists.");
    }
    event["id"] = json!(id);
    if event["status"].is_null() {
        event["status"] = json!("confirmed");
    }
    if asked.query.get("conferenceDataVersion").map(String::as_str) == Some("1") {
        event["conferenceData"]["createRequest"]["status"] = json!({ "statusCode": "pending" });
    } else if let Some(event) = event.as_object_mut() {
        event.remove("conferenceData");
    }
    world.google.insert(id, event.clone());
    world.log.push("google create".to_owned());
    (200, event)
}

fn one(stand_ins: &StandIns, method: &str, id: &str, body: Value) -> Said {
    let mut world = stand_ins.world();
    if world.gone.contains(id) {
        return if method == "GET" {
            (200, json!({ "id": id, "status": "cancelled" }))
        } else {
            error(410, "deleted", "Resource has been deleted")
        };
    }
    if !world.google.contains_key(id) {
        return error(404, "notFound", "Not Found");
    }
    match method {
        "GET" => {
            let looks = world.looks.entry(id.to_owned()).or_default();
            *looks += 1;
            let is_there = *looks > world.faults.pending_looks;
            let number = id.len() as u64 + world.number();
            let event = world.google.entry(id.to_owned()).or_default();
            if is_there && event["conferenceData"]["createRequest"]["status"]["statusCode"] == "pending" {
                let code = format!("abc-{number}-xyz");
                event["conferenceData"]["createRequest"]["status"]["statusCode"] = json!("success");
                event["conferenceData"]["conferenceId"] = json!(code);
                event["hangoutLink"] = json!(format!("https://meet.example.org/{code}"));
                let space = json!({ "name": format!("spaces/c{number}"), "meetingCode": code });
                world.rooms.push(space);
            }
            let event = world.google.get(id).cloned().unwrap_or_default();
            (200, event)
        }
        "PATCH" => {
            let event = world.google.entry(id.to_owned()).or_default();
            if let (Some(event), Some(changes)) = (event.as_object_mut(), body.as_object()) {
                event.extend(changes.clone());
            }
            let event = event.clone();
            world.log.push("google update".to_owned());
            (200, event)
        }
        "DELETE" => {
            world.google.remove(id);
            world.gone.insert(id.to_owned());
            world.log.push("google delete".to_owned());
            (204, Value::Null)
        }
        _ => error(405, "methodNotAllowed", "Method Not Allowed"),
    }
}

fn space(stand_ins: &StandIns) -> Said {
    let mut world = stand_ins.world();
    let number = world.number();
    let name = format!("spaces/s{number}");
    let space = json!({ "name": name, "meetingCode": format!("abc-{number}"), "meetingUri": format!("https://meet.example.org/abc-{number}"), "config": {} });
    world.spaces.insert(name, space.clone());
    world.log.push("google space".to_owned());
    (200, space)
}
