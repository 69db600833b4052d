//! `omeet.audit.entry`.

use super::super::model::{Field, Identity, Kind, Model, Rights};
use crate::audit::RELATION;

pub(super) fn model() -> Model {
    Model {
        name: "omeet.audit.entry",
        description: "Audit trail",
        relation: &RELATION,
        identity: Identity::Record,
        key_in: "d.id in ",
        rec_name: "action",
        order: "id desc",
        fields: vec![
            Field::new("at", "When", Kind::Datetime, "d.at").required(),
            Field::new("action", "What", Kind::Char, "d.action").required(),
            Field::new("subject", "Subject", Kind::Char, "d.subject").required().help("The identifier of what was changed."),
            Field::new("actor", "Actor", Kind::Char, "d.actor").required(),
            Field::new("who", "Who", Kind::Char, "d.actor_name"),
            Field::new("door", "Door", Kind::Char, "d.door").required(),
            Field::new("remote", "Address", Kind::Char, "d.remote"),
            Field::new("request_id", "Request", Kind::Char, "d.request_id"),
            Field::new("changes", "Changes", Kind::Json, "d.changes"),
        ],
        rights: Rights::read_only("audit.list"),
    }
}
