//! `omeet.room`: physical rooms.

use super::super::model::{Field, Identity, Kind, Model, Rights};
use super::log_fields;
use crate::rooms::RELATION;

pub(super) fn model() -> Model {
    let mut fields = vec![
        Field::new("name", "Name", Kind::Char, "k.name").required().rpc("name"),
        Field::new("location", "Location", Kind::Char, "k.location").rpc("location").help("Building, floor, address."),
        Field::new("capacity", "Capacity", Kind::Integer, "k.capacity").rpc("capacity").help("0 when nobody said."),
        Field::new("equipment", "Equipment", Kind::Json, "k.equipment").rpc("equipment").help("A list of words."),
        Field::new("tz", "Time zone", Kind::Char, "k.tz").rpc("tz"),
        Field::new("hours", "Opening hours", Kind::Json, "k.hours").rpc("hours").help("As room.create takes them."),
        Field::new("active", "Active", Kind::Boolean, "k.active").rpc("active"),
        Field::new("remote_id", "Identifier in omeet", Kind::Char, "k.id").shown(|_, id| format!("rom_{id}")),
        Field::new("remote_version", "Version", Kind::Integer, "k.version").help("Rises with every change."),
    ];
    fields.extend(log_fields("k.created_at", "k.updated_at"));
    Model {
        name: "omeet.room",
        description: "Physical room",
        relation: &RELATION,
        identity: Identity::Record,
        key_in: "k.id in ",
        rec_name: "name",
        order: "name, id",
        fields,
        rights: Rights {
            read: "room.list",
            create: Some("room.create"),
            write: Some("room.update"),
            unlink: Some("room.delete"),
            actions: &[],
        },
    }
}
