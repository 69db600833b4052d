//! `omeet.recording`.

use super::super::model::{Field, Identity, Kind, Link, Model, Rights};
use super::{company, log_fields};
use crate::recordings::RELATION;

const KINDS: &[(&str, &str)] = &[("video", "Video"), ("audio", "Audio"), ("transcript", "Transcript"), ("chat", "Chat")];
const STATES: &[(&str, &str)] =
    &[("linked", "At the provider"), ("fetching", "On its way"), ("stored", "Stored"), ("expired", "Expired"), ("failed", "Failed")];
const VISIBILITIES: &[(&str, &str)] =
    &[("host", "Hosts"), ("participants", "Participants"), ("organization", "Organization"), ("public", "Everybody with the link")];
const NAME: &str =
    "case r.kind when 'video' then 'Recording' when 'audio' then 'Audio recording' when 'transcript' then 'Transcript' else 'Chat' end";
// Whoever sees a recording need not see what its meeting is called.
const MEETING: Kind = Kind::Many2one {
    link: Link { model: "jitsi.meeting", before: "r.meeting_id in ", after: "", key: "m.id", pairs: "" },
    label: "v.name",
};

const COMPANY: Kind = company("r.org_id in ", "(select name from organization where id = r.org_id)");

pub(super) fn model() -> Model {
    let public_url = |base: &str, token: &str| format!("{base}/recordings/public/{token}");
    let public_token = "case when g.id is not null and r.visibility = 'public' then r.public_token end";
    let mut fields = vec![
        Field::new("name", "Name", Kind::Char, NAME),
        Field::new("meeting_id", "Meeting", MEETING, "r.meeting_id").required(),
        Field::new("company_id", "Company", COMPANY, "r.org_id").required(),
        Field::new("remote_id", "Identifier in omeet", Kind::Char, "r.id").shown(|_, id| format!("rec_{id}")),
        Field::new("kind", "Kind", Kind::Selection(KINDS), "r.kind").required(),
        Field::new("state", "State", Kind::Selection(STATES), "r.state").required(),
        Field::new("mime", "Media type", Kind::Char, "r.mime").required(),
        Field::new("size_bytes", "Size", Kind::Integer, "r.size_bytes").help("Octets."),
        Field::new("sha256", "SHA-256", Kind::Char, "r.sha256"),
        Field::new("started_at", "Started", Kind::Datetime, "r.started_at"),
        Field::new("ended_at", "Ended", Kind::Datetime, "r.ended_at"),
        Field::new("duration_min", "Minutes", Kind::Integer, "(r.ended_at - r.started_at) / 60000"),
        Field::new("visibility", "Visible to", Kind::Selection(VISIBILITIES), "r.visibility").required(),
        Field::new("public_url", "Public link", Kind::Char, public_token).shown(public_url).help("For those who manage the meeting."),
        Field::new("public_until", "Public until", Kind::Datetime, "r.public_until"),
        Field::new("expires_at", "Kept until", Kind::Datetime, "r.expires_at"),
        Field::new("error", "Error", Kind::Char, "r.error").help("Why it could not be fetched."),
    ];
    fields.extend(log_fields("r.created_at", "r.updated_at"));
    Model {
        name: "omeet.recording",
        description: "Recording of a meeting",
        relation: &RELATION,
        identity: Identity::Record,
        key_in: "r.id in ",
        rec_name: "name",
        order: "started_at desc, id desc",
        fields,
        rights: Rights { actions: &[("action_download", "recording.download_url")], ..Rights::read_only("recording.list") },
    }
}
