//! `omeet.custom.field`: the fields that the organization added to its meetings.

use super::super::model::{Field, Identity, Kind, Model, Rights};
use super::log_fields;
use crate::custom_fields::RELATION;

const TYPES: &[(&str, &str)] = &[
    ("text", "Text"),
    ("integer", "Whole number"),
    ("number", "Number"),
    ("boolean", "Yes or no"),
    ("date", "Date"),
    ("datetime", "Date and time"),
    ("choice", "Choice"),
    ("reference", "Reference"),
];

pub(super) fn model() -> Model {
    let mut fields = vec![
        Field::new("name", "Label", Kind::Char, "f.label").required().rpc("label"),
        Field::new("key", "Key", Kind::Char, "f.field_key").required().rpc("key").help("The name inside custom; never changes."),
        Field::new("type", "Type", Kind::Selection(TYPES), "f.type").required().rpc("type"),
        Field::new("required", "Required", Kind::Boolean, "f.required").rpc("required"),
        Field::new("default", "Default", Kind::Json, "f.default_value").rpc("default"),
        Field::new("choices", "Choices", Kind::Json, "f.choices").rpc("choices"),
        Field::new("sequence", "Sequence", Kind::Integer, "f.position").rpc("position"),
    ];
    fields.extend(log_fields("f.created_at", "f.updated_at"));
    Model {
        name: "omeet.custom.field",
        description: "Custom field of meetings",
        relation: &RELATION,
        identity: Identity::Record,
        key_in: "f.id in ",
        rec_name: "name",
        order: "sequence, id",
        fields,
        rights: Rights {
            read: "custom_field.list",
            create: Some("custom_field.create"),
            write: Some("custom_field.update"),
            unlink: Some("custom_field.delete"),
            actions: &[],
        },
    }
}
