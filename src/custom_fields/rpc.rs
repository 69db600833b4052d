//! `custom_field.*`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::model::{Changes, NewDefinition};
use super::{KEY_TAKEN, NOT_FOUND, TOO_MANY, service};
use crate::db::Db;
use crate::kernel::{Ctx, FieldId, PageRequest, Role};
use crate::rpc::{Example, Registry, Rule, Spec};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ById {
    /// Identifier.
    id: FieldId,
}

const SHOWN: &str = r#"{"id": "fld_0199a3c5e1f07d2a8b4c6d5e4f302112", "model": "meeting", "key": "stage", "label": "Stage", "type": "choice",
    "required": false, "default": "new", "choices": [{"key": "new", "label": "New"}, {"key": "won", "label": "Won"}], "position": 1,
    "created_at": "2026-11-21T09:00:00Z", "updated_at": "2026-11-21T09:00:00Z"}"#;

static CREATE: Spec = Spec {
    name: "custom_field.create",
    summary: "Add a field to the organization's meetings",
    description: "From then on `custom.<key>` can be set in meeting.create and meeting.update. Key and type cannot be changed later. A \
        default must be a value that the field itself would take; new meetings get it, older ones do not. A required field without a default must \
        be given with every new meeting. At most 100 fields.",
    rule: Rule::AtLeast(Role::Admin),
    changes: true,
    errors: &[&KEY_TAKEN, &TOO_MANY],
    example: Example {
        params: r#"{"key": "stage", "label": "Stage", "type": "choice", "default": "new",
            "choices": [{"key": "new", "label": "New"}, {"key": "won", "label": "Won"}]}"#,
        result: SHOWN,
    },
}
.checked();

static LIST: Spec = Spec {
    name: "custom_field.list",
    summary: "List the fields that the organization added to its meetings",
    description: "By position: the order in which a form should show them.",
    rule: Rule::AtLeast(Role::User),
    changes: false,
    errors: &[],
    example: Example {
        params: r#"{"limit": 1}"#,
        result: r#"{"items": [{"id": "fld_0199a3c5e1f07d2a8b4c6d5e4f302112", "model": "meeting", "key": "stage", "label": "Stage",
            "type": "choice", "required": false, "default": "new", "choices": [{"key": "new", "label": "New"}, {"key": "won", "label": "Won"}],
            "position": 1, "created_at": "2026-11-21T09:00:00Z", "updated_at": "2026-11-21T09:00:00Z"}], "next": null}"#,
    },
}
.checked();

static UPDATE: Spec = Spec {
    name: "custom_field.update",
    summary: "Change a field's label, rule, default, choices or position",
    description: "Only what is given changes; `\"default\": null` removes the default. `choices` replaces all of them. Meetings keep the values \
        they have, also those that could not be chosen any more; the new rule is applied when a value is next set.",
    rule: Rule::AtLeast(Role::Admin),
    changes: true,
    errors: &[&NOT_FOUND],
    example: Example { params: r#"{"id": "fld_0199a3c5e1f07d2a8b4c6d5e4f302112", "label": "Stage", "default": "new"}"#, result: SHOWN },
}
.checked();

static DELETE: Spec = Spec {
    name: "custom_field.delete",
    summary: "Remove a field",
    description: "Answers what it was. Meetings keep the values they have under its key, but nobody can set them any more. A field that is \
        created with the same key later finds them again, whatever its type.",
    rule: Rule::AtLeast(Role::Admin),
    changes: true,
    errors: &[&NOT_FOUND],
    example: Example { params: r#"{"id": "fld_0199a3c5e1f07d2a8b4c6d5e4f302112"}"#, result: SHOWN },
}
.checked();

/// Adds the methods.
pub fn register(registry: &mut Registry, db: &Db) {
    let of = db.clone();
    registry.add(&CREATE, move |ctx: Ctx, new: NewDefinition| {
        let (db, caller) = (of.clone(), ctx.clone());
        async move { db.write(&ctx, move |tx| Box::pin(async move { service::create(tx, &caller, new).await })).await }
    });
    let of = db.clone();
    registry.add(&LIST, move |ctx: Ctx, page: PageRequest| {
        let db = of.clone();
        async move { service::list(&mut db.reader().await?, &ctx, &page).await }
    });
    let of = db.clone();
    registry.add(&UPDATE, move |ctx: Ctx, changes: Changes| {
        let (db, caller) = (of.clone(), ctx.clone());
        async move { db.write(&ctx, move |tx| Box::pin(async move { service::update(tx, &caller, changes).await })).await }
    });
    let of = db.clone();
    registry.add(&DELETE, move |ctx: Ctx, params: ById| {
        let (db, caller) = (of.clone(), ctx.clone());
        async move { db.write(&ctx, move |tx| Box::pin(async move { service::delete(tx, &caller, params.id).await })).await }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn examples_are_what_the_methods_take_and_answer() {
        let (_, db) = crate::db::testing::engines().await.remove(0);
        let mut registry = Registry::default();
        register(&mut registry, &db);
        assert_eq!(registry.entries().len(), 4);
        for described in registry.entries().values() {
            described.check_example().unwrap();
        }
    }
}
