//! `jitsi.meeting`: the names of the O-Meet module, of its documentation and of the addon in `odoo_addon/`.

use super::super::model::{Field, Identity, Kind, Link, Model, Rights};
use super::{ALWAYS, company, log_fields, user_link};
use crate::kernel::code;
use crate::meetings::MEETINGS;
use crate::meetings::relation_store::{CAN_MANAGE, IS_HOST, PARTICIPANT_COUNT, PERSONS_OF, WITH_PERSON};

const TYPES: &[(&str, &str)] = &[("instant", "Instant"), ("scheduled", "Scheduled")];
const STATES: &[(&str, &str)] =
    &[("draft", "Draft"), ("ready", "Ready"), ("started", "Started"), ("ended", "Ended"), ("cancelled", "Cancelled")];
const ACCESS: &[(&str, &str)] =
    &[("public", "Anyone with the link"), ("organization", "Users of this company"), ("invited", "Only the invited")];
const RECORDING: &[(&str, &str)] = &[("host", "The host"), ("moderators", "Moderators"), ("nobody", "Nobody")];

const PROVIDER: Kind = Kind::Many2one {
    link: Link { model: "omeet.provider", before: "m.provider_id in ", after: "", key: "p.id", pairs: "" },
    label: "p.name",
};
const COMPANY: Kind = company("m.org_id in ", "(select name from organization where id = m.org_id)");
const ATTENDEES: Kind = Kind::Many2many(Link { model: "res.partner", before: WITH_PERSON, after: ")", key: "t.person", pairs: PERSONS_OF });
const PARTICIPANTS: Kind = Kind::One2many {
    link: Link { model: "omeet.participant", before: "m.id in ", after: "", key: "a.meeting_id", pairs: "" },
    inverse: "meeting_id",
};
const RECORDINGS: Kind = Kind::One2many {
    link: Link { model: "omeet.recording", before: "m.id in ", after: "", key: "r.meeting_id", pairs: "" },
    inverse: "meeting_id",
};
const DURATION: &str = "(m.end_at - m.start_at) / 60000";

pub(super) fn model() -> Model {
    Model {
        name: "jitsi.meeting",
        description: "O-Meet meeting",
        relation: &MEETINGS,
        identity: Identity::Record,
        key_in: "m.id in ",
        rec_name: "name",
        order: "scheduled_date desc, id desc",
        fields: [what(), when(), people(), how(), links()].into_iter().flatten().collect(),
        rights: Rights {
            read: "meeting.list",
            create: Some("meeting.create"),
            write: Some("meeting.update"),
            unlink: Some("meeting.delete"),
            actions: &[
                ("action_confirm", "meeting.update"),
                ("action_start", "meeting.start"),
                ("action_end", "meeting.end"),
                ("action_reopen", "meeting.reopen"),
                ("action_cancel", "meeting.cancel"),
                ("action_join", "meeting.join"),
            ],
        },
    }
}

fn what() -> Vec<Field> {
    vec![
        Field::new("name", "Title", Kind::Char, "m.name").required().rpc("name"),
        Field::new("description", "Description", Kind::Text, "m.description").rpc("description"),
        Field::new("room_code", "Room Code", Kind::Char, "m.room_code").help("Ten characters that lead to the meeting; unique."),
        Field::new("room_code_display", "Code", Kind::Char, "m.room_code")
            .shown(|_, room_code| code::display_room_code(room_code))
            .help("What people type to join."),
        Field::new("room_name", "Room Name", Kind::Char, "m.room_code").help("The same as room_code."),
        Field::new("remote_id", "Identifier in omeet", Kind::Char, "m.id").shown(|_, id| format!("mtg_{id}")).help("As /rpc writes it."),
        Field::new("meeting_type", "Meeting Type", Kind::Selection(TYPES), "m.meeting_type").required().rpc("meeting_type"),
        Field::new("state", "State", Kind::Selection(STATES), "m.state").required().rpc("state"),
        Field::new("custom", "Custom Fields", Kind::Json, "m.custom").rpc("custom"),
        Field::new("cancel_reason", "Reason", Kind::Char, "m.cancel_reason"),
        Field::new("recording_ids", "Recordings", RECORDINGS, ""),
        Field::new("active", "Active", Kind::Boolean, ALWAYS).help("Meetings are cancelled or deleted, not archived."),
        Field::new("is_private", "Is Private", Kind::Boolean, "(1 = 0)").help("Of the addon's calendar; here it is about who takes part."),
        Field::new("legacy_code", "Legacy Code", Kind::Char, "cast(null as text)").help("Of the addon; empty here."),
        Field::new("sync_message", "Sync Message", Kind::Char, "cast(null as text)").help("Of the addon; empty here."),
    ]
}

fn when() -> Vec<Field> {
    let mut fields = vec![
        Field::new("scheduled_date", "Start", Kind::Datetime, "m.start_at").rpc("start").help("Now when it is not given."),
        Field::new("start_datetime", "Start Datetime", Kind::Datetime, "m.start_at").rpc("start").help("The same as scheduled_date."),
        Field::new("date_end", "End", Kind::Datetime, "m.end_at").rpc("end"),
        Field::new("duration", "Duration (minutes)", Kind::Integer, DURATION).rpc("duration_min").help("Minutes."),
        Field::new("tz", "Time zone", Kind::Char, "m.tz").rpc("tz"),
        Field::new("actual_start", "Started at", Kind::Datetime, "m.actual_start"),
        Field::new("actual_end", "Ended at", Kind::Datetime, "m.actual_end"),
        Field::new("reserved_until", "Reserved Until", Kind::Datetime, "m.reserved_until"),
        Field::new("remote_version", "Remote Version", Kind::Integer, "m.version").help("Rises with every change."),
    ];
    fields.extend(log_fields("m.created_at", "m.updated_at"));
    fields
}

fn people() -> Vec<Field> {
    let organizer = user_link("m.organizer_id in ", "u.name");
    vec![
        Field::new("organizer_id", "Organizer", organizer, "m.organizer_id").rpc("organizer"),
        Field::new("owner_id", "Owner", organizer, "m.organizer_id").rpc("organizer").help("The same as organizer_id."),
        Field::new("attendee_ids", "Attendees", ATTENDEES, "").rpc("participants"),
        Field::new("participant_ids", "Attendance", PARTICIPANTS, "").rpc("participants"),
        Field::new("participant_count", "People", Kind::Integer, PARTICIPANT_COUNT),
        Field::new("is_host", "Is Host", Kind::Boolean, IS_HOST),
        Field::new("can_manage", "Can Manage", Kind::Boolean, CAN_MANAGE),
        Field::new("company_id", "Company", COMPANY, "m.org_id").required(),
    ]
}

fn how() -> Vec<Field> {
    vec![
        Field::new("access", "Access", Kind::Selection(ACCESS), "m.access").required().rpc("access"),
        Field::new("lobby", "Lobby", Kind::Boolean, "m.lobby").rpc("options.lobby"),
        Field::new("wait_for_host", "Wait For Host", Kind::Boolean, "m.wait_for_host").rpc("options.wait_for_host"),
        Field::new("password", "Password", Kind::Char, "").rpc("options.password").help("Written, never shown: see has_password."),
        Field::new("has_password", "Has a Password", Kind::Boolean, "(m.password is not null)"),
        Field::new("early_open_min", "Opens Early", Kind::Integer, "m.early_open_min").rpc("options.early_open_min").help("Minutes."),
        Field::new("grace_min", "Stays Open", Kind::Integer, "m.grace_min").rpc("options.grace_min").help("Minutes."),
        Field::new("max_participants", "Most Participants", Kind::Integer, "m.max_participants")
            .rpc("options.max_participants")
            .help("0 for no limit."),
        Field::new("recording_by", "May record", Kind::Selection(RECORDING), "m.recording_by").required().rpc("options.recording_by"),
        Field::new("provider_id", "Provider", PROVIDER, "m.provider_id").rpc("provider_id"),
    ]
}

fn links() -> Vec<Field> {
    let join_url = |base: &str, room_code: &str| format!("{base}/j/{room_code}");
    vec![
        Field::new("join_url", "Link", Kind::Char, "m.room_code").shown(join_url),
        Field::new("meeting_url", "Meeting URL", Kind::Char, "m.room_code").shown(join_url).help("The same as join_url."),
        Field::new("res_model", "Document model", Kind::Char, "m.res_model").rpc("res_model"),
        Field::new("res_id", "Document", Kind::Char, "m.res_id").rpc("res_id"),
        Field::new("external_key", "External Key", Kind::Char, "m.external_key").rpc("external_key"),
        Field::new("series_key", "Series Key", Kind::Char, "m.series_key").rpc("series_key"),
    ]
}
