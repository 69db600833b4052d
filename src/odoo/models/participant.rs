//! `omeet.participant`.

use super::super::model::{Field, Identity, Kind, Link, Model, Rights};
use super::user_link;
use crate::meetings::PARTICIPANTS;

const ROLES: &[(&str, &str)] = &[("host", "Host"), ("co_host", "Co-host"), ("participant", "Participant")];
const MEETING: Kind = Kind::Many2one {
    link: Link { model: "jitsi.meeting", before: "a.meeting_id in ", after: "", key: "m.id", pairs: "" },
    label: "m.name",
};
const PARTNER: Kind =
    Kind::Many2one { link: Link { model: "res.partner", before: "a.person in ", after: "", key: "t.person", pairs: "" }, label: "a.name" };

pub(super) fn model() -> Model {
    let personal = |base: &str, path: &str| format!("{base}/j/{path}");
    Model {
        name: "omeet.participant",
        description: "Attendance of a meeting",
        relation: &PARTICIPANTS,
        identity: Identity::Record,
        key_in: "a.id in ",
        rec_name: "name",
        order: "role, name, id",
        fields: vec![
            Field::new("name", "Name", Kind::Char, "a.name").rpc("name"),
            Field::new("email", "Email", Kind::Char, "a.email").rpc("email"),
            Field::new("role", "Role", Kind::Selection(ROLES), "a.role").required().rpc("role"),
            Field::new("meeting_id", "Meeting", MEETING, "a.meeting_id").required().rpc("meeting_id"),
            Field::new("user_id", "User", user_link("a.user_id in ", "u.name"), "a.user_id").rpc("user"),
            Field::new("partner_id", "Contact", PARTNER, "a.person").rpc("partner_id"),
            Field::new("partner_ref", "Contact in the ERP", Kind::Char, "a.partner_id"),
            Field::new("join_url", "Personal Link", Kind::Char, "case when h.id is not null then m.room_code || '/' || a.ticket end")
                .shown(personal)
                .help("For those who manage the meeting."),
            Field::new("joined_at", "Joined", Kind::Datetime, "a.joined_at"),
            Field::new("left_at", "Left", Kind::Datetime, "a.left_at"),
            Field::new("create_date", "Created on", Kind::Datetime, "a.created_at"),
        ],
        rights: Rights {
            read: "participant.list",
            create: Some("meeting.add_participants"),
            write: Some("meeting.set_role"),
            unlink: Some("meeting.remove_participant"),
            actions: &[],
        },
    }
}
