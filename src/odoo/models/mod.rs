//! The models, each described once. A new one is a relation of its capability, a list of fields, and a line in `all`.

mod audit_log;
mod booking;
mod custom_field;
mod meeting;
mod participant;
mod people;
mod provider;
mod recording;
mod room;
mod technical;

use std::collections::HashMap;
use std::sync::LazyLock;

use super::fault::Fault;
use super::model::{Field, Kind, Link, Model};

static MODELS: LazyLock<Vec<Model>> = LazyLock::new(all);
static BY_NAME: LazyLock<HashMap<&'static str, &'static Model>> =
    LazyLock::new(|| MODELS.iter().map(|model| (model.name, model)).collect());

fn all() -> Vec<Model> {
    let models = vec![
        meeting::model(),
        participant::model(),
        recording::model(),
        room::model(),
        booking::links(),
        booking::bookings(),
        provider::model(),
        custom_field::model(),
        audit_log::model(),
        people::users(),
        people::partners(),
        people::companies(),
        technical::models(),
        technical::fields(),
        technical::modules(),
        technical::crons(),
    ];
    models.into_iter().map(completed).collect()
}

// Every model has a number and a name to show.
fn completed(mut model: Model) -> Model {
    let named = model.field(model.rec_name).map_or("", |field| field.column);
    let number = Field::new("id", "ID", Kind::Id, model.relation.identity).help("Counts up per organization; never changes.");
    let name = Field::new("display_name", "Display Name", Kind::Char, named);
    model.fields.insert(0, number);
    model.fields.push(name);
    model
}

/// Every model.
pub fn every() -> &'static [Model] {
    &MODELS
}

/// The model of that name.
pub fn find(name: &str) -> Option<&'static Model> {
    BY_NAME.get(name).copied()
}

/// The model of that name; Odoo's own error when there is none.
pub fn of(name: &str) -> Result<&'static Model, Fault> {
    find(name).ok_or_else(|| Fault::user(format!("Object {name} doesn't exist")))
}

/// Holds for every row: the column of what cannot be archived.
pub const ALWAYS: &str = "(1 = 1)";

/// One user, in `column`, named by `label`.
const fn user_link(before: &'static str, label: &'static str) -> Kind {
    Kind::Many2one { link: Link { model: "res.users", before, after: "", key: "u.id", pairs: "" }, label }
}

/// The organization, as a company, named by `label`.
const fn company(before: &'static str, label: &'static str) -> Kind {
    Kind::Many2one { link: Link { model: "res.company", before, after: "", key: "g.id", pairs: "" }, label }
}

/// When a record was made and last changed.
fn log_fields(created: &'static str, updated: &'static str) -> [Field; 2] {
    [Field::new("create_date", "Created on", Kind::Datetime, created), Field::new("write_date", "Last Updated on", Kind::Datetime, updated)]
}
