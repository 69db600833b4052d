//! `order`: `start_datetime desc, id`.

use super::fault::Fault;
use super::model::{Kind, Model};
use crate::db::Sql;
use crate::kernel::Ctx;

/// By which columns, in which direction, in which order.
#[derive(Debug)]
pub struct Order(Vec<(&'static str, bool, bool)>);

impl Order {
    /// As it comes.
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// Reads an order; the model's own when there is none.
    pub fn read(model: &'static Model, order: Option<&str>) -> Result<Self, Fault> {
        let order = order.filter(|order| !order.trim().is_empty()).unwrap_or(model.order);
        let mut parts = Vec::new();
        for part in order.split(',').take(20) {
            parts.push(Self::part(model, part, order)?);
        }
        // Pages need an order without ties.
        if !parts.iter().any(|(column, ..)| *column == model.relation.identity) {
            let descending = parts.last().is_some_and(|(_, descending, _)| *descending);
            parts.push((model.relation.identity, descending, false));
        }
        Ok(Self(parts))
    }

    fn part(model: &'static Model, part: &str, order: &str) -> Result<(&'static str, bool, bool), Fault> {
        let refuse = || {
            Fault::user(format!(
                "Invalid \"order\" specified ({}). A valid \"order\" specification is a comma-separated list of valid field names (optionally followed by asc/desc for the direction)",
                order.chars().take(200).collect::<String>()
            ))
        };
        let mut words = part.split_whitespace();
        let name = words.next().ok_or_else(refuse)?;
        let descending = match words.next().map(str::to_lowercase).as_deref() {
            None | Some("asc") => false,
            Some("desc") => true,
            Some(_) => return Err(refuse()),
        };
        if !matches!(words.next().map(str::to_lowercase).as_deref(), None | Some("nulls")) {
            return Err(refuse());
        }
        let field = model.field(name).ok_or_else(|| Fault::value(format!("Invalid field '{}.{name}' in order", model.name)))?;
        match field.kind {
            Kind::Id => Ok((model.relation.identity, descending, false)),
            Kind::Many2one { label, .. } => Ok((label, descending, true)),
            _ if field.is_stored() && !field.kind.is_x2many() => Ok((field.column, descending, !field.required && !is_log(name))),
            _ => Err(Fault::value(format!("Cannot order by {}.{name}: it is not stored", model.name))),
        }
    }

    /// Appends it.
    pub fn push(&self, sql: &mut Sql, ctx: &Ctx) {
        for (at, (column, descending, nullable)) in self.0.iter().enumerate() {
            sql.push(if at == 0 { " order by " } else { ", " }).expression(ctx, column);
            // As PostgreSQL has it; only where it matters, because an index knows no such words on SQLite.
            sql.push(match (descending, nullable) {
                (true, true) => " desc nulls first",
                (true, false) => " desc",
                (false, true) => " nulls last",
                (false, false) => "",
            });
        }
    }
}

// Fields whose columns are never null although nobody has to give them.
fn is_log(name: &str) -> bool {
    matches!(name, "create_date" | "write_date" | "start_datetime" | "scheduled_date" | "date_end" | "duration")
}
