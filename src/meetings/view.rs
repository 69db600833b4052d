//! A meeting as callers see it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::model::{Access, Meeting, MeetingType, RecordingBy};
use super::participant::{Participant, ParticipantRole, Response};
use super::state::State;
use crate::kernel::{MeetingId, ParticipantId, ProviderId, SeriesId, Timestamp, UserId, code};
use crate::providers::ProviderKind;

/// A meeting.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MeetingView {
    /// Identifier.
    pub id: MeetingId,
    /// Title.
    pub name: String,
    /// What it is about; may hold line breaks.
    pub description: String,
    /// Ten characters that lead to it, or to the present meeting of its series; never changes.
    pub room_code: String,
    /// The same with dashes, as people read it.
    pub room_code_display: String,
    /// How it came to be.
    pub meeting_type: MeetingType,
    /// Where it is.
    pub state: State,
    /// Who may come in with the link.
    pub access: Access,
    /// When it begins.
    pub start: Timestamp,
    /// When it ends.
    pub end: Timestamp,
    /// Minutes from start to end.
    pub duration_min: i64,
    /// IANA zone it was planned in.
    pub tz: String,
    /// Who called it; null when it has no organizer or they were deleted.
    pub organizer: Option<Organizer>,
    /// Who takes part.
    pub participants: Vec<ParticipantView>,
    /// The link for everybody.
    pub join_url: String,
    /// Kind of provider.
    pub provider: String,
    /// The provider account; null for the installation's default.
    pub provider_id: Option<ProviderId>,
    /// Its identifier at a provider that has to be called.
    pub provider_meeting_id: Option<String>,
    /// Whether its call is set up: `ready`, `creating`, or `failed`; then `join_url` leads to a page that says so.
    pub link_state: String,
    /// Why setting up its call fails.
    pub link_error: Option<String>,
    /// How it is held.
    pub options: OptionsView,
    /// Model of the related ERP document.
    pub res_model: Option<String>,
    /// Its identifier.
    pub res_id: Option<String>,
    /// The ERP's own stable key of this meeting, unique in the organization.
    pub external_key: Option<String>,
    /// Connects the meetings of a series.
    pub series_key: Option<String>,
    /// The series; null for a meeting that stands alone.
    pub series_id: Option<SeriesId>,
    /// When the series' rule has it, wherever it was moved.
    pub occurrence_at: Option<Timestamp>,
    /// Custom fields by their keys.
    pub custom: Map<String, Value>,
    /// When somebody opened it.
    pub actual_start: Option<Timestamp>,
    /// When it was closed.
    pub actual_end: Option<Timestamp>,
    /// Why it was called off.
    pub cancel_reason: Option<String>,
    /// For a reserved link: when it expires unless claimed.
    pub reserved_until: Option<Timestamp>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Rises with every change; give it back to `meeting.update` to change what you have read.
    pub version: i64,
}

/// Who called a meeting.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Organizer {
    /// Identifier.
    pub id: UserId,
    /// The ERP's identifier.
    pub external_id: String,
    /// Name.
    pub name: String,
    /// E-mail address.
    pub email: Option<String>,
}

/// How a meeting is held.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OptionsView {
    /// Whether people wait until they are let in.
    pub lobby: bool,
    /// Whether people wait until a host is there.
    pub wait_for_host: bool,
    /// Whether a password is asked for.
    pub has_password: bool,
    /// Minutes before the start that it opens.
    pub early_open_min: i64,
    /// Minutes after the end that it stays open.
    pub grace_min: i64,
    /// At most so many people; null for no limit of ours.
    pub max_participants: Option<i64>,
    /// Who may record.
    pub recording_by: RecordingBy,
}

/// A person in a meeting.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ParticipantView {
    /// Identifier.
    pub id: ParticipantId,
    /// Name.
    pub name: String,
    /// E-mail address.
    pub email: Option<String>,
    /// What they may do.
    pub role: ParticipantRole,
    /// The user, if it is one.
    pub user_id: Option<UserId>,
    /// The ERP's identifier of the contact, if it is one.
    pub partner_id: Option<String>,
    /// Their personal link; only for those who manage the meeting.
    pub join_url: Option<String>,
    /// IANA zone they read times in, if it is known.
    pub tz: Option<String>,
    /// Language they read, if it is known.
    pub lang: Option<String>,
    /// What they answered to the invitation; null when they did not.
    pub response: Option<Response>,
    /// When they first came in.
    pub joined_at: Option<Timestamp>,
    /// When they last left.
    pub left_at: Option<Timestamp>,
}

impl ParticipantView {
    /// `links` says whether personal links are shown.
    pub fn new(participant: &Participant, join_url: &str, links: bool) -> Self {
        let Participant { id, name, email, role, user_id, partner_id, ticket, tz, lang, response, joined_at, left_at, .. } =
            participant.clone();
        let join_url = links.then(|| format!("{join_url}/{ticket}"));
        Self { id, name, email, role, user_id, partner_id, join_url, tz, lang, response, joined_at, left_at }
    }
}

impl MeetingView {
    /// `base` is the public address; `links` says whether personal links are shown.
    pub fn new(meeting: &Meeting, participants: &[Participant], base: &str, links: bool) -> Self {
        let (m, (room_code, join_url)) = (meeting.clone(), addresses(meeting, base));
        Self {
            id: m.id,
            room_code_display: code::display_room_code(&room_code),
            participants: participants.iter().map(|participant| ParticipantView::new(participant, &join_url, links)).collect(),
            organizer: organizer(meeting),
            options: options(meeting),
            duration_min: m.end.since_ms(m.start) / 60_000,
            provider: m.provider_kind.unwrap_or_else(|| "jitsi".to_owned()),
            custom: m.custom.0,
            link_state: link_state(meeting).to_owned(),
            link_error: m.link_error,
            provider_meeting_id: m.provider_meeting_id,
            name: m.name,
            description: m.description,
            room_code,
            meeting_type: m.meeting_type,
            state: m.state,
            access: m.access,
            start: m.start,
            end: m.end,
            tz: m.tz,
            join_url,
            provider_id: m.provider_id,
            res_model: m.res_model,
            res_id: m.res_id,
            external_key: m.external_key,
            series_key: m.series_key,
            series_id: m.series_id,
            occurrence_at: m.occurrence_at,
            actual_start: m.actual_start,
            actual_end: m.actual_end,
            cancel_reason: m.cancel_reason,
            reserved_until: m.reserved_until,
            created_at: m.created_at,
            updated_at: m.updated_at,
            version: m.version,
        }
    }
}

// The code that people see, and the address with it.
fn addresses(meeting: &Meeting, base: &str) -> (String, String) {
    let code = meeting.shown_code();
    (code.to_owned(), format!("{base}/j/{code}"))
}

// Where no call is needed, nothing has to be set up.
fn link_state(meeting: &Meeting) -> &str {
    let needs_call = meeting.provider_kind.as_deref().is_some_and(ProviderKind::needs_call);
    match meeting.link_state.as_deref() {
        Some("ready" | "failed") | None if !needs_call => "ready",
        Some(state @ ("ready" | "failed")) => state,
        _ => "creating",
    }
}

fn organizer(meeting: &Meeting) -> Option<Organizer> {
    Some(Organizer {
        id: meeting.organizer_id?,
        external_id: meeting.organizer_external_id.clone()?,
        name: meeting.organizer_name.clone()?,
        email: meeting.organizer_email.clone(),
    })
}

fn options(meeting: &Meeting) -> OptionsView {
    OptionsView {
        lobby: meeting.lobby,
        wait_for_host: meeting.wait_for_host,
        has_password: meeting.password.is_some(),
        early_open_min: meeting.early_open_min,
        grace_min: meeting.grace_min,
        max_participants: meeting.max_participants,
        recording_by: meeting.recording_by,
    }
}
