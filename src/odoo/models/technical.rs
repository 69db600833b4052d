//! What clients ask a database about itself when they log in. None of it is stored: the rows are made from the registry.

use super::super::model::{Field, Identity, Kind, Link, Model, Rights};
use crate::db::{Arg, Relation, Sql};

static MODELS: Relation =
    Relation { from: |sql, _, _| rows(sql, &["id", "model", "name"], model_rows()), scope: everything, identity: "x.id" };
static FIELDS: Relation = Relation {
    from: |sql, _, _| {
        let names = ["id", "model_id", "model", "name", "label", "type", "other", "required", "readonly", "stored", "help"];
        rows(sql, &names, field_rows());
    },
    scope: everything,
    identity: "x.id",
};
static MODULES: Relation = Relation {
    from: |sql, _, _| rows(sql, &["id", "name", "label", "state", "version"], module_rows()),
    scope: everything,
    identity: "x.id",
};
static CRONS: Relation = Relation {
    from: |sql, _, _| {
        sql.push("(select 0 as id, '' as name, 1 = 1 as active where 1 = 0) x");
    },
    scope: everything,
    identity: "x.id",
};

fn everything(sql: &mut Sql, _: &crate::kernel::Ctx) {
    sql.push("1 = 1");
}

// (select $1 as id, $2 as name union all select ...) x
fn rows(sql: &mut Sql, names: &[&'static str], rows: Vec<Vec<Arg>>) {
    sql.push("(");
    for (at, row) in rows.into_iter().enumerate() {
        sql.push(if at == 0 { "select " } else { " union all select " });
        for (column, value) in row.into_iter().enumerate() {
            if column > 0 {
                sql.push(", ");
            }
            sql.bind(value).push(" as ").push(names[column]);
        }
    }
    sql.push(") x");
}

fn model_rows() -> Vec<Vec<Arg>> {
    let row = |(at, model): (usize, &Model)| vec![number(at), model.name.into(), model.description.into()];
    super::every().iter().enumerate().map(row).collect()
}

fn field_rows() -> Vec<Vec<Arg>> {
    let fields = super::every().iter().enumerate().flat_map(|(at, model)| model.fields.iter().map(move |field| (at, model, field)));
    let row = |(row, (at, model, field)): (usize, (usize, &Model, &Field))| {
        let other = field.kind.link().map_or("", |link| link.model);
        vec![
            number(row),
            number(at),
            model.name.into(),
            field.name.into(),
            field.string.into(),
            field.kind.name().into(),
            other.into(),
            field.required.into(),
            field.rpc.is_empty().into(),
            field.is_stored().into(),
            field.help.into(),
        ]
    };
    fields.enumerate().map(row).collect()
}

fn module_rows() -> Vec<Vec<Arg>> {
    let module = |(at, (name, label)): (usize, (&str, &str))| {
        vec![number(at), name.into(), label.into(), "installed".into(), env!("CARGO_PKG_VERSION").into()]
    };
    [("base", "Base"), ("web", "Web"), ("omeet", "O-Meet")].into_iter().enumerate().map(module).collect()
}

fn number(at: usize) -> Arg {
    Arg::Int(i64::try_from(at + 1).ok())
}

pub(super) fn models() -> Model {
    Model {
        name: "ir.model",
        description: "Models",
        relation: &MODELS,
        identity: Identity::Number,
        key_in: "x.id in ",
        rec_name: "name",
        order: "model",
        fields: vec![Field::new("model", "Model", Kind::Char, "x.model").required(), described("Model Description", "x.name")],
        rights: Rights::read_only("meeting.list"),
    }
}

pub(super) fn fields() -> Model {
    const MODEL: Kind =
        Kind::Many2one { link: Link { model: "ir.model", before: "x.model_id in ", after: "", key: "x.id", pairs: "" }, label: "x.model" };
    Model {
        name: "ir.model.fields",
        description: "Fields",
        relation: &FIELDS,
        identity: Identity::Number,
        key_in: "x.id in ",
        rec_name: "field_description",
        order: "name, id",
        fields: vec![
            Field::new("name", "Field Name", Kind::Char, "x.name").required(),
            Field::new("model", "Model Name", Kind::Char, "x.model").required(),
            Field::new("model_id", "Model", MODEL, "x.model_id").required(),
            Field::new("field_description", "Field Label", Kind::Char, "x.label").required(),
            Field::new("ttype", "Field Type", Kind::Char, "x.type").required(),
            Field::new("relation", "Related Model", Kind::Char, "x.other"),
            Field::new("required", "Required", Kind::Boolean, "x.required"),
            Field::new("readonly", "Readonly", Kind::Boolean, "x.readonly"),
            Field::new("store", "Stored", Kind::Boolean, "x.stored"),
            Field::new("help", "Field Help", Kind::Text, "x.help"),
        ],
        rights: Rights::read_only("meeting.list"),
    }
}

pub(super) fn modules() -> Model {
    const STATES: &[(&str, &str)] = &[("installed", "Installed")];
    Model {
        name: "ir.module.module",
        description: "Module",
        relation: &MODULES,
        identity: Identity::Number,
        key_in: "x.id in ",
        rec_name: "name",
        order: "name",
        fields: vec![
            Field::new("name", "Technical Name", Kind::Char, "x.name").required(),
            Field::new("shortdesc", "Module Name", Kind::Char, "x.label"),
            Field::new("state", "Status", Kind::Selection(STATES), "x.state"),
            Field::new("installed_version", "Latest Version", Kind::Char, "x.version"),
        ],
        rights: Rights::read_only("meeting.list"),
    }
}

pub(super) fn crons() -> Model {
    Model {
        name: "ir.cron",
        description: "Scheduled Actions",
        relation: &CRONS,
        identity: Identity::Number,
        key_in: "x.id in ",
        rec_name: "name",
        order: "name, id",
        fields: vec![described("Name", "x.name"), Field::new("active", "Active", Kind::Boolean, "x.active")],
        rights: Rights::read_only("meeting.list"),
    }
}

fn described(string: &'static str, column: &'static str) -> Field {
    Field::new("name", string, Kind::Char, column).required()
}
