//! Rows turned into records: their numbers, and the numbers of what they point at.

use std::collections::{HashMap, HashSet};

use super::answer::Sink;
use super::asked::Asked;
use super::fault::Fault;
use super::model::{Field, Identity, Kind, Link};
use super::models;
use super::numbers::Key;
use super::shown::{Shown, shown};
use crate::db::{Arg, Cell, Cells, Column, Condition, Holds, Sql, Table};

/// Where a field leads, row by row.
enum Leads {
    Nowhere,
    One(Vec<Option<i64>>),
    Many(HashMap<Key, Vec<i64>>),
}

impl Asked<'_> {
    /// The records of a table whose columns are those of `fields`, after the key.
    pub(super) async fn records<S: Sink>(&self, table: &Table<'_>, fields: &[&'static Field], labelled: bool) -> Result<S, Fault> {
        let keys = keys(table, 0);
        let own = self.odoo.numbers.each(self.ctx.org, self.model, &keys).await?;
        let leads = self.leads(table, &keys, fields).await?;
        let mut records = S::default();
        for (at, row) in table.rows().enumerate() {
            records.begin(own.get(at).copied().flatten())?;
            let mut cells = row.iter().skip(1);
            for (field, leads) in fields.iter().zip(&leads).filter(|(field, _)| !matches!(field.kind, Kind::Id)) {
                let value = match leads {
                    Leads::One(numbers) => one(numbers.get(at).copied().flatten(), cells.nth(1), labelled),
                    Leads::Many(of) => Shown::Many(keys.get(at).and_then(|key| of.get(key.as_ref()?)).map_or(&[], Vec::as_slice)),
                    Leads::Nowhere if field.column.is_empty() => Shown::False,
                    Leads::Nowhere => cells.next().map_or(Shown::False, |cell| shown(field, cell, &self.odoo.base)),
                };
                records.put(field.name, &value)?;
            }
            records.end();
        }
        Ok(records)
    }

    async fn leads(&self, table: &Table<'_>, owners: &[Option<Key>], fields: &[&'static Field]) -> Result<Vec<Leads>, Fault> {
        let (mut at, mut leads) = (1, Vec::with_capacity(fields.len()));
        for field in fields {
            leads.push(match &field.kind {
                Kind::Many2one { link, .. } => {
                    let (org, other) = (self.ctx.org, models::of(link.model)?);
                    Leads::One(self.odoo.numbers.each(org, other, &keys(table, at)).await?)
                }
                Kind::One2many { link, .. } | Kind::Many2many(link) => Leads::Many(self.many(link, owners).await?),
                _ => Leads::Nowhere,
            });
            at += columns(field).count();
        }
        Ok(leads)
    }

    async fn many(&self, link: &Link, owners: &[Option<Key>]) -> Result<HashMap<Key, Vec<i64>>, Fault> {
        let pairs = self.pairs(link, owners).await?;
        let others: HashSet<Key> = pairs.iter().map(|(_, other)| other.clone()).collect();
        let numbers = self.odoo.numbers.of(self.ctx.org, models::of(link.model)?, others).await?;
        let mut many: HashMap<Key, Vec<i64>> = HashMap::new();
        for (owner, other) in pairs {
            many.entry(owner).or_default().extend(numbers.get(&other));
        }
        Ok(many)
    }

    // What points back at owners, as far as the caller may see it; what owners hold by a list of its own.
    async fn pairs(&self, link: &Link, owners: &[Option<Key>]) -> Result<Vec<(Key, Key)>, Fault> {
        let relation = models::of(link.model)?.relation;
        let mut tx = self.odoo.db.reader().await?;
        let mut found = Vec::new();
        for chunk in owners.chunks(500) {
            let owners = chunk.iter().flatten().map(Arg::from);
            let mut sql = Sql::new(if link.pairs.is_empty() { "select " } else { link.pairs });
            if link.pairs.is_empty() {
                sql.push(link.key).push(", ").push(relation.identity);
                sql.rows_of(relation, tx.engine(), &self.ctx, &Condition::In(link.key, owners.collect()));
            } else {
                sql.bind_list(owners);
            }
            sql.push(" order by 2");
            let pair = |row: Cells| Some((Key::from_cell(row.0.first()?)?, Key::from_cell(row.0.get(1)?)?));
            found.extend(sql.fetch_all::<Cells>(&mut tx).await?.into_iter().filter_map(pair));
        }
        Ok(found)
    }
}

/// What a column of keys holds.
pub(super) fn keys(table: &Table<'_>, at: usize) -> Vec<Option<Key>> {
    table.rows().map(|row| row.get(at).and_then(Key::from_cell)).collect()
}

fn one<'r>(number: Option<i64>, label: Option<&'r Cell<'_>>, labelled: bool) -> Shown<'r> {
    match (number, label) {
        (None, _) => Shown::False,
        (Some(number), _) if !labelled => Shown::Int(number),
        (Some(number), Some(Cell::Text(label))) => Shown::One(number, Some(label)),
        (Some(number), _) => Shown::One(number, None),
    }
}

/// The columns that a field needs.
pub(super) fn columns(field: &'static Field) -> impl Iterator<Item = Column> {
    let plain = |sql| Column { sql, holds: Holds::Plain };
    let (first, second) = match field.kind {
        Kind::Id => (plain(""), ""),
        Kind::Many2one { link, label } => {
            let to_records = models::find(link.model).is_some_and(|model| model.identity == Identity::Record);
            (Column { sql: field.column, holds: if to_records { Holds::Ids } else { Holds::Plain } }, label)
        }
        _ if field.shown.is_some() => (Column { sql: field.column, holds: Holds::IdsOrText }, ""),
        _ => (plain(field.column), ""),
    };
    [first, plain(second)].into_iter().filter(|column| !column.sql.is_empty())
}
