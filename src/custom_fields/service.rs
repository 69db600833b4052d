//! Use-cases of custom fields.

use serde_json::{Value, json};

use super::model::{Changes, Definition, NewDefinition};
use super::{NOT_FOUND, TOO_MANY, store};
use crate::audit;
use crate::db::Tx;
use crate::events::{self, NewEvent};
use crate::kernel::{Ctx, Failure, FieldId, Page, PageRequest, Role};

const MAX_DEFINITIONS: i64 = 100;

/// Defines a field.
pub async fn create(tx: &mut Tx, ctx: &Ctx, new: NewDefinition) -> Result<Definition, Failure> {
    ctx.require(Role::Admin)?;
    let (count, last) = store::extent(tx, ctx.org, new.model).await?;
    if count >= MAX_DEFINITIONS {
        return Err(Failure::from(&TOO_MANY));
    }
    let NewDefinition { model, key, label, field_type, required, default, choices, position } = new;
    let (id, now, position) = (tx.new_id(), tx.now(), position.unwrap_or(last.saturating_add(1)));
    let field = Definition { id, model, key, label, field_type, required, default, choices, position, created_at: now, updated_at: now }
        .checked()?;
    store::insert(tx, ctx.org, &field).await?;
    audit::record(tx, ctx, "custom_field.create", field.id, audit::changes(&Value::Null, &field)).await?;
    events::append(tx, ctx.org, NewEvent::new("custom_field.created", field.id, json!(field))).await?;
    Ok(field)
}

/// Changes a field; values that are stored already stay as they are.
pub async fn update(tx: &mut Tx, ctx: &Ctx, changes: Changes) -> Result<Definition, Failure> {
    ctx.require(Role::Admin)?;
    let before = store::hold(tx, ctx.org, changes.id).await?.ok_or(&NOT_FOUND)?;
    let after = Definition { updated_at: tx.now(), ..changes.applied_to(&before).checked()? };
    store::save(tx, ctx.org, &after).await?;
    audit::record(tx, ctx, "custom_field.update", after.id, audit::changes(&before, &after)).await?;
    events::append(tx, ctx.org, NewEvent::new("custom_field.updated", after.id, json!(after))).await?;
    Ok(after)
}

/// Removes a field; values that are stored already stay as they are.
pub async fn delete(tx: &mut Tx, ctx: &Ctx, id: FieldId) -> Result<Definition, Failure> {
    ctx.require(Role::Admin)?;
    let before = store::hold(tx, ctx.org, id).await?.ok_or(&NOT_FOUND)?;
    store::delete(tx, ctx.org, id).await?;
    audit::record(tx, ctx, "custom_field.delete", id, audit::changes(&before, &Value::Null)).await?;
    events::append(tx, ctx.org, NewEvent::new("custom_field.deleted", before.id, json!(before))).await?;
    Ok(before)
}

/// A page of fields, in the order in which people see them.
pub async fn list(tx: &mut Tx, ctx: &Ctx, page: &PageRequest) -> Result<Page<Definition>, Failure> {
    let limit = page.limit()?;
    let rows = store::list(tx, ctx.org, page.after()?, limit).await?;
    Page::cut(rows, limit, |field| (field.position, field.id))
}
