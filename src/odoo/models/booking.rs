//! `omeet.booking.link` and `omeet.booking`.

use super::super::model::{Field, Identity, Kind, Link, Model, Rights};
use super::{log_fields, user_link};
use crate::booking::links::store::{HOSTED_BY, HOSTS_OF, RELATION, TOKEN};
use crate::booking::relation_store::{BOOKINGS, END, START, STATE};

const TEAMS: &[(&str, &str)] = &[("single", "One host"), ("round_robin", "One of the hosts"), ("collective", "All hosts")];
const CONFIRMATIONS: &[(&str, &str)] = &[("host", "By the host"), ("automatic", "Automatic")];
const STATES: &[(&str, &str)] = &[
    ("unverified", "Unverified"),
    ("pending", "Pending"),
    ("confirmed", "Confirmed"),
    ("declined", "Declined"),
    ("cancelled", "Cancelled"),
    ("expired", "Expired"),
];
const HOSTS: Kind = Kind::Many2many(Link { model: "res.users", before: HOSTED_BY, after: ")", key: "u.id", pairs: HOSTS_OF });
const PROVIDER: Kind = Kind::Many2one {
    link: Link { model: "omeet.provider", before: "l.provider_id in ", after: "", key: "p.id", pairs: "" },
    label: "(select name from provider_account where id = l.provider_id)",
};
const ROOM: Kind = Kind::Many2one {
    link: Link { model: "omeet.room", before: "l.room_id in ", after: "", key: "k.id", pairs: "" },
    label: "(select name from room where id = l.room_id)",
};
const LINK: Kind = Kind::Many2one {
    link: Link { model: "omeet.booking.link", before: "b.link_id in ", after: "", key: "l.id", pairs: "" },
    label: "l.title",
};
const MEETING: Kind = Kind::Many2one {
    link: Link { model: "jitsi.meeting", before: "b.meeting_id in ", after: "", key: "m.id", pairs: "" },
    label: "v.name",
};

pub(super) fn links() -> Model {
    let mut fields = vec![
        Field::new("name", "Title", Kind::Char, "l.title").required().help("What guests see above everything."),
        Field::new("description", "Description", Kind::Text, "l.description"),
        Field::new("url", "Link", Kind::Char, TOKEN).shown(|base, token| format!("{base}/book/{token}")).help("For those who keep it."),
        Field::new("owner_id", "Owner", user_link("l.owner_id in ", "u.name"), "l.owner_id"),
        Field::new("host_ids", "Hosts", HOSTS, ""),
        Field::new("team", "Team", Kind::Selection(TEAMS), "l.team").required(),
        Field::new("tz", "Time zone", Kind::Char, "l.tz").required(),
        Field::new("rules", "Rules", Kind::Json, "l.rules").help("Durations, hours, buffers, limits: as booking.link.get shows them."),
        Field::new("questions", "Questions", Kind::Json, "l.questions"),
        Field::new("confirmation", "Confirmation", Kind::Selection(CONFIRMATIONS), "l.confirmation").required(),
        Field::new("verify_email", "Verifies addresses", Kind::Boolean, "l.verify_email"),
        Field::new("provider_id", "Provider", PROVIDER, "l.provider_id"),
        Field::new("room_id", "Room", ROOM, "l.room_id"),
        Field::new("active", "Active", Kind::Boolean, "l.active"),
        Field::new("remote_id", "Identifier in omeet", Kind::Char, "l.id").shown(|_, id| format!("bkl_{id}")),
        Field::new("remote_version", "Version", Kind::Integer, "l.version").help("Rises with every change."),
    ];
    fields.extend(log_fields("l.created_at", "l.updated_at"));
    Model {
        name: "omeet.booking.link",
        description: "Booking link",
        relation: &RELATION,
        identity: Identity::Record,
        key_in: "l.id in ",
        rec_name: "name",
        order: "id",
        fields,
        rights: Rights::read_only("booking.link.list"),
    }
}

pub(super) fn bookings() -> Model {
    let mut fields = vec![
        Field::new("name", "Guest", Kind::Char, "b.name").required(),
        Field::new("email", "Email", Kind::Char, "b.email").required(),
        Field::new("state", "State", Kind::Selection(STATES), STATE).required(),
        Field::new("link_id", "Booking link", LINK, "b.link_id"),
        Field::new("meeting_id", "Meeting", MEETING, "b.meeting_id"),
        Field::new("host_id", "Host", user_link("b.host_id in ", "u.name"), "b.host_id"),
        Field::new("start", "Start", Kind::Datetime, START).required(),
        Field::new("stop", "End", Kind::Datetime, END).required(),
        Field::new("tz", "Time zone", Kind::Char, "b.tz").help("The guest's."),
        Field::new("lang", "Language", Kind::Char, "b.lang").help("The guest's."),
        Field::new("subject", "Subject", Kind::Char, "b.subject"),
        Field::new("guests", "Brings", Kind::Json, "b.guests").help("E-mail addresses."),
        Field::new("answers", "Answers", Kind::Json, "b.answers"),
        Field::new("reason", "Reason", Kind::Char, "coalesce(b.reason, m.cancel_reason)"),
        Field::new("remote_id", "Identifier in omeet", Kind::Char, "b.id").shown(|_, id| format!("bkg_{id}")),
        Field::new("remote_version", "Version", Kind::Integer, "b.version").help("Rises with every change."),
    ];
    fields.extend(log_fields("b.created_at", "b.updated_at"));
    Model {
        name: "omeet.booking",
        description: "Booking",
        relation: &BOOKINGS,
        identity: Identity::Record,
        key_in: "b.id in ",
        rec_name: "name",
        order: "start, id",
        fields,
        rights: Rights::read_only("booking.list"),
    }
}
