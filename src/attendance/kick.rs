//! `participant.kick`: somebody is put out of a call.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::NOT_IN_CALL;
use super::service::worked_out;
use super::view::Person;
use crate::audit;
use crate::db::Tx;
use crate::kernel::failure::invalid;
use crate::kernel::{Ctx, Failure, MeetingId, ParticipantId, Role};
use crate::meetings::{Meeting, Meetings, NOT_FOUND, NOT_HOST, PARTICIPANT_NOT_FOUND, Participant};
use crate::providers::accounts::{self, NO_CONTROL};
use crate::providers::jitsi::control;
use crate::providers::orders::{self, Order};
use crate::rpc::{Example, Registry, Rule, Spec};

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Kick {
    /// Identifier of the meeting.
    id: MeetingId,
    /// Who is put out, with all their connections.
    participant_id: Option<ParticipantId>,
    /// Instead, for a guest whom nobody invited by name: one of the `connections` that attendance.get answers.
    connection: Option<String>,
}

/// Who was put out.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Kicked {
    /// The meeting.
    id: MeetingId,
    /// Connections that the server is told to end.
    connections: Vec<String>,
}

static KICK: Spec = Spec {
    name: "participant.kick",
    summary: "Put somebody out of a running call",
    description: "At a Jitsi server of one's own, where its account has `control_url` and signs tokens with RS256; elsewhere hosts do that inside the \
        call. The server is told right after the answer; that they are gone is the event `participant.left`, and `participant.not_kicked` says why \
        they are not. Their link still works: for good they go with meeting.remove_participant first, and a guest stays out where the lobby is on. \
        For hosts and managers.",
    rule: Rule::AtLeast(Role::User),
    changes: true,
    errors: &[&NOT_FOUND, &NOT_HOST, &PARTICIPANT_NOT_FOUND, &NOT_IN_CALL, &NO_CONTROL],
    example: Example {
        params: r#"{"id": "mtg_0199a3c5e1f07d2a8b4c6d5e4f302112", "participant_id": "par_0199a3c5e1f07d2a8b4c6d5e4f302114"}"#,
        result: r#"{"id": "mtg_0199a3c5e1f07d2a8b4c6d5e4f302112", "connections": ["0f3c9a1b-77d1-4c7e-9f00-0123456789ab@meet.jitsi/Zk3Q"]}"#,
    },
}
.checked();

/// Adds the method.
pub(super) fn register(registry: &mut Registry, meetings: &Meetings) {
    let of = meetings.clone();
    registry.add(&KICK, move |ctx: Ctx, params: Kick| {
        let meetings = of.clone();
        async move {
            let (of, caller) = (meetings.clone(), ctx.clone());
            meetings.db().write(&ctx, move |tx| Box::pin(async move { kick(tx, &caller, &of, params).await })).await
        }
    });
}

async fn kick(tx: &mut Tx, ctx: &Ctx, meetings: &Meetings, params: Kick) -> Result<Kicked, Failure> {
    meetings.state_in(tx, ctx, params.id).await?;
    let (meeting, participants) = meetings.held_in(tx, ctx.org, params.id).await?.ok_or(&NOT_FOUND)?;
    let (_, people) = worked_out(tx, ctx, params.id, &participants).await?;
    let (name, connections) = found(&params, &participants, &people)?;
    let provider = accounts::controlled(tx, ctx.org, meeting.provider_id).await?.ok_or(&NO_CONTROL)?;
    let account = accounts::account(tx, meetings.sealer(), ctx.org, provider).await?;
    if !account.control().is_some_and(|server| server.may_act()) {
        return Err(Failure::from(&NO_CONTROL));
    }
    let Meeting { id, room_name: room, .. } = &meeting;
    for connection in &connections {
        let order = Order { meeting: *id, provider, room: room.clone(), connection: Some(connection.clone()) };
        orders::send(tx, ctx.org, order).await?;
    }
    audit::record(tx, ctx, "participant.kick", *id, json!({ "in_call": { "before": name, "after": null } })).await?;
    Ok(Kicked { id: *id, connections })
}

/// Who it is, and their connections that the server can put out.
fn found(params: &Kick, participants: &[Participant], people: &[Person]) -> Result<(String, Vec<String>), Failure> {
    let is_meant = |person: &&Person| match (params.participant_id, &params.connection) {
        (Some(id), _) => person.participant_id == Some(id),
        (None, connection) => connection.as_ref().is_some_and(|connection| person.connections.contains(connection)),
    };
    match (params.participant_id, &params.connection) {
        (Some(id), None) if !participants.iter().any(|participant| participant.id == id) => {
            return Err(Failure::from(&PARTICIPANT_NOT_FOUND));
        }
        (Some(_), None) | (None, Some(_)) => {}
        _ => return Err(invalid("participant_id", "must be given, or connection instead")),
    }
    let person = people.iter().find(is_meant).ok_or(&NOT_IN_CALL)?;
    let chosen = |connection: &&String| params.connection.as_ref().is_none_or(|only| only == *connection);
    let connections: Vec<String> =
        person.connections.iter().filter(chosen).filter(|name| control::occupant(name).is_some()).cloned().collect();
    if connections.is_empty() { Err(Failure::from(&NOT_IN_CALL)) } else { Ok((person.name.clone(), connections)) }
}
