//! Microsoft Graph: client credentials, online meetings that are made once per external identifier, events.

use serde_json::{Value, json};

use super::{Asked, Said, StandIns};

pub(super) fn token(stand_ins: &StandIns, asked: &Asked) -> Said {
    let form = asked.form();
    if stand_ins.world().faults.missing == "secret" || !form.contains_key("client_secret") {
        let says = "AADSTS7000215: Invalid client secret provided. Ensure the secret being sent in the request is the client secret value.";
        return (401, json!({ "error": "invalid_client", "error_description": says, "error_codes": [7000215] }));
    }
    (200, stand_ins.new_token())
}

pub(super) fn error(status: u16, code: &str, message: &str) -> Said {
    (status, json!({ "error": { "code": code, "message": message, "innerError": { "date": "2026-11-21T09:00:00", "request-id": "r" } } }))
}

pub(super) fn answer(stand_ins: &StandIns, asked: &Asked) -> Said {
    if !stand_ins.knows(asked) {
        return error(401, "InvalidAuthenticationToken", "Access token has expired or is not yet valid.");
    }
    if stand_ins.world().faults.missing == "policy" {
        return error(403, "Unauthorized", "App a is not authorized to Create meeting on behalf of user u");
    }
    match (asked.method.as_str(), asked.parts().as_slice()) {
        (_, ["v1.0" | "beta", "subscriptions", ..]) => super::subscriptions::microsoft(stand_ins, asked),
        ("POST", ["v1.0", "me", "calendar", "getSchedule"]) => schedule(stand_ins, &asked.json()),
        ("POST", ["v1.0", "users", _, "onlineMeetings", "createOrGet"]) => create(stand_ins, asked.json(), "externalId"),
        ("POST", ["v1.0", "users", _, "events"] | ["v1.0", "me", "events"]) => create(stand_ins, asked.json(), "transactionId"),
        ("GET", ["v1.0", "users", _, "events"]) => (200, json!({ "value": [] })),
        ("GET", ["v1.0", "users", _, "onlineMeetings"] | ["v1.0", "users", _, "onlineMeetings", _, _, ..]) => {
            super::kept::online_meetings(stand_ins, asked)
        }
        ("GET", ["v1.0", "users", _, "onlineMeetings", id]) if !stand_ins.world().microsoft.contains_key(*id) => {
            super::kept::online_meetings(stand_ins, asked)
        }
        (method, ["v1.0", "users", _, "onlineMeetings" | "events", id] | ["v1.0", "me", "events", id]) => {
            one(stand_ins, method, id, asked.json())
        }
        _ => error(404, "ResourceNotFound", "Resource not found"),
    }
}

// As of the reference of `calendar: getSchedule`; 62 days at most, and times in UTC beside their zone.
fn schedule(stand_ins: &StandIns, body: &Value) -> Said {
    let at = |key: &str| body[key]["dateTime"].as_str().and_then(|text| format!("{text}Z").parse::<jiff::Timestamp>().ok());
    let (Some(from), Some(to)) = (at("startTime"), at("endTime")) else { return error(400, "ErrorInvalidParameter", "Missing time") };
    if (to - from).get_seconds() > 62 * 86_400 {
        return error(400, "ErrorInvalidTimeInterval", "The requested time duration is too long.");
    }
    let mut world = stand_ins.world();
    world.log.push("microsoft busy".to_owned());
    let time = |text: &str| json!({ "dateTime": text.replace('Z', ".0000000"), "timeZone": "UTC" });
    let inside = |(start, end): &&(String, String)| {
        start.parse::<jiff::Timestamp>().is_ok_and(|start| start < to) && end.parse::<jiff::Timestamp>().is_ok_and(|end| end > from)
    };
    let item = |(start, end): &(String, String)| json!({ "status": "busy", "start": time(start), "end": time(end) });
    let free = json!({ "status": "free", "start": time("2026-11-30T11:00:00Z"), "end": time("2026-11-30T12:00:00Z") });
    let items: Vec<Value> = world.busy.iter().filter(inside).map(item).chain(std::iter::once(free)).collect();
    (200, json!({ "value": [{ "scheduleId": body["schedules"][0], "availabilityView": "", "scheduleItems": items }] }))
}

fn create(stand_ins: &StandIns, mut body: Value, key: &str) -> Said {
    let mut world = stand_ins.world();
    let known = world.microsoft.values().find(|meeting| !body[key].is_null() && meeting[key] == body[key]).cloned();
    if let Some(known) = known {
        return (200, known);
    }
    let id = format!("MS{}", world.number());
    let link = format!("https://teams.example.org/l/meetup-join/{id}");
    body["id"] = json!(id);
    if key == "externalId" {
        body["joinWebUrl"] = json!(link);
    } else {
        body["onlineMeeting"] = json!({ "joinUrl": link });
    }
    world.microsoft.insert(id, body.clone());
    world.log.push("microsoft create".to_owned());
    (201, body)
}

fn one(stand_ins: &StandIns, method: &str, id: &str, body: Value) -> Said {
    let mut world = stand_ins.world();
    if world.gone.contains(id) {
        return error(410, "Gone", "The requested resource is no longer available at the server.");
    }
    let Some(meeting) = world.microsoft.get_mut(id) else { return error(404, "NotFound", "Not found") };
    match method {
        "GET" => (200, meeting.clone()),
        "PATCH" => {
            if let (Some(meeting), Some(changes)) = (meeting.as_object_mut(), body.as_object()) {
                meeting.extend(changes.clone());
            }
            let meeting = meeting.clone();
            world.log.push("microsoft update".to_owned());
            (200, meeting)
        }
        "DELETE" => {
            world.microsoft.remove(id);
            world.log.push("microsoft delete".to_owned());
            (204, Value::Null)
        }
        _ => error(405, "MethodNotAllowed", "Method not allowed"),
    }
}
