//! `omeet.provider`: provider accounts without their secrets, which are in no column that is named here.

use super::super::model::{Field, Identity, Kind, Model, Rights};
use super::log_fields;
use crate::providers::accounts::RELATION;

pub(super) fn model() -> Model {
    let mut fields = vec![
        Field::new("name", "Name", Kind::Char, "p.name").required(),
        Field::new("kind", "Kind", Kind::Char, "p.kind").required(),
        Field::new("is_default", "Default", Kind::Boolean, "p.is_default"),
        Field::new("active", "Active", Kind::Boolean, "p.active"),
        Field::new("settings", "Settings", Kind::Json, "p.settings"),
    ];
    fields.extend(log_fields("p.created_at", "p.updated_at"));
    Model {
        name: "omeet.provider",
        description: "Meeting provider",
        relation: &RELATION,
        identity: Identity::Record,
        key_in: "p.id in ",
        rec_name: "name",
        order: "name, id",
        fields,
        rights: Rights::read_only("provider.list"),
    }
}
