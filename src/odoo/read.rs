//! Searching and reading.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value, json};

use super::answer::{Answer, Written};
use super::asked::{Arguments, Asked, names, size, text};
use super::domain::Reader;
use super::fault::Fault;
use super::model::Field;
use super::models;
use super::order::Order;
use super::python;
use super::records::{columns, keys};
use crate::db::{Column, Condition, Rows, Sql, Table};

/// Most records in one answer.
pub const MAX_ROWS: i64 = 50_000;

/// A record as clients see it.
pub type Record = Map<String, Value>;

/// Which rows of a search.
#[derive(Debug, Clone, Copy, Default)]
pub struct Window {
    /// How many are left out.
    pub offset: i64,
    /// How many at most.
    pub limit: Option<i64>,
}

impl Window {
    /// From `offset` and `limit`.
    pub fn of(arguments: &Arguments) -> Result<Self, Fault> {
        Ok(Self { offset: size(arguments, "offset")?.unwrap_or(0), limit: size(arguments, "limit")?.filter(|limit| *limit > 0) })
    }
}

impl Asked<'_> {
    /// The condition of the argument `domain`, with what the context leaves out.
    pub async fn condition(&self, domain: Option<&Value>) -> Result<Condition, Fault> {
        let domain = domain.unwrap_or(&Value::Null);
        let mut reader = Reader::default();
        let condition = reader.read(self.model, domain)?;
        for model in std::mem::take(&mut reader.settle) {
            self.odoo.numbers.settle(self.ctx.org, models::of(model)?).await?;
        }
        Ok(match self.model.field("active") {
            Some(active) if active.column != models::ALWAYS && self.active_test() && !domain.to_string().contains("\"active\"") => {
                Condition::All(vec![condition, Condition::In(active.column, vec![true.into()])])
            }
            _ => condition,
        })
    }

    /// `search`.
    pub async fn search(&self, arguments: &Arguments) -> Result<Value, Fault> {
        let condition = self.condition(arguments.get("domain")).await?;
        let order = Order::read(self.model, text(arguments, "order"))?;
        let rows = self.rows(&condition, &order, Window::of(arguments)?, &[]).await?;
        Ok(json!(self.numbered(&*table(&rows)?).await?))
    }

    /// `search_count`.
    pub async fn search_count(&self, arguments: &Arguments) -> Result<Value, Fault> {
        let condition = self.condition(arguments.get("domain")).await?;
        let count = self.count(&condition).await?;
        Ok(json!(size(arguments, "limit")?.filter(|limit| *limit > 0).map_or(count, |limit| count.min(limit))))
    }

    /// How many rows meet `condition`.
    pub async fn count(&self, condition: &Condition) -> Result<i64, Fault> {
        let mut tx = self.odoo.db.reader().await?;
        let mut sql = Sql::new("select count(*)");
        sql.rows_of(self.model.relation, tx.engine(), &self.ctx, condition);
        let (count,): (i64,) = sql.fetch_one(&mut tx).await?;
        Ok(count)
    }

    /// `search_read`.
    pub async fn search_read(&self, arguments: &Arguments) -> Result<Answer, Fault> {
        let condition = self.condition(arguments.get("domain")).await?;
        let order = Order::read(self.model, text(arguments, "order"))?;
        let fields = self.fields(&names(arguments, "fields")?)?;
        let rows = self.rows(&condition, &order, Window::of(arguments)?, &fields).await?;
        Ok(self.records::<Written>(&*table(&rows)?, &fields, labelled(arguments)).await?.into())
    }

    /// `read`: as in Odoo, what is not there is left out.
    pub async fn read(&self, numbers: &[i64], arguments: &Arguments) -> Result<Value, Fault> {
        let fields = self.fields(&names(arguments, "fields")?)?;
        let mut found = self.by_number(numbers, &fields, labelled(arguments)).await?;
        Ok(Value::Array(numbers.iter().filter_map(|number| found.remove(number)).map(Value::Object).collect()))
    }

    /// The records with these numbers, each once, in this order; refuses when one is missing.
    pub async fn read_records(&self, numbers: &[i64], fields: &[&'static Field], labelled: bool) -> Result<Vec<Record>, Fault> {
        let mut found = self.by_number(numbers, fields, labelled).await?;
        let mut seen = HashSet::new();
        let once = numbers.iter().filter(|number| seen.insert(**number));
        once.map(|number| found.remove(number).ok_or_else(|| self.missing(*number))).collect()
    }

    async fn by_number(&self, numbers: &[i64], fields: &[&'static Field], labelled: bool) -> Result<HashMap<i64, Record>, Fault> {
        let rows = self.rows(&self.among(numbers).await?, &Order::none(), Window::default(), fields).await?;
        let records: Vec<Record> = self.records(&*table(&rows)?, fields, labelled).await?;
        Ok(records.into_iter().filter_map(|record| Some((record.get("id")?.as_i64()?, record))).collect())
    }

    /// Those of `numbers` that are there.
    pub async fn present(&self, numbers: &[i64]) -> Result<Vec<i64>, Fault> {
        let rows = self.rows(&self.among(numbers).await?, &Order::none(), Window::default(), &[]).await?;
        let there: HashSet<i64> = self.numbered(&*table(&rows)?).await?.into_iter().collect();
        Ok(numbers.iter().copied().filter(|number| there.contains(number)).collect())
    }

    async fn among(&self, numbers: &[i64]) -> Result<Condition, Fault> {
        let mut tx = self.odoo.db.reader().await?;
        let keys = self.odoo.numbers.keys(&mut tx, self.ctx.org, self.model, numbers).await?;
        Ok(Condition::In(self.model.relation.identity, keys.iter().map(|(_, key)| key.into()).collect()))
    }

    /// Odoo's words for a record that is not there.
    pub fn missing(&self, number: i64) -> Fault {
        let record = format!("{}({number},)", self.model.name);
        Fault::missing(format!("Record does not exist or has been deleted.\n(Record: {record}, User: {})", self.uid))
    }

    /// The named fields, or all that can be read.
    pub fn fields(&self, named: &[String]) -> Result<Vec<&'static Field>, Fault> {
        if named.is_empty() {
            return Ok(self.model.fields.iter().collect());
        }
        let field = |name: &String| {
            let unknown =
                || Fault::value(format!("Invalid field {} on model {}", python::repr(&json!(name)), python::repr(&json!(self.model.name))));
            self.model.field(name).ok_or_else(unknown)
        };
        let mut seen = HashSet::new();
        named.iter().filter(|name| seen.insert(name.as_str())).map(field).collect()
    }

    /// Rows that meet `condition`: their key, then what `fields` need.
    async fn rows(&self, condition: &Condition, order: &Order, window: Window, fields: &[&'static Field]) -> Result<Rows, Fault> {
        let mut tx = self.odoo.db.reader().await?;
        let columns: Vec<Column> = std::iter::once(self.model.key_column()).chain(fields.iter().copied().flat_map(columns)).collect();
        let mut sql = Sql::select_columns(tx.engine(), &self.ctx, &columns);
        sql.rows_of(self.model.relation, tx.engine(), &self.ctx, condition);
        order.push(&mut sql, &self.ctx);
        sql.push(" limit ").bind(window.limit.unwrap_or(MAX_ROWS + 1).min(MAX_ROWS + 1));
        if window.offset > 0 {
            sql.push(" offset ").bind(window.offset);
        }
        Ok(sql.fetch_rows(&mut tx, columns).await?)
    }

    async fn numbered(&self, table: &Table<'_>) -> Result<Vec<i64>, Fault> {
        let keys = keys(table, 0);
        Ok(self.odoo.numbers.each(self.ctx.org, self.model, &keys).await?.into_iter().flatten().collect())
    }

    /// `name_search`.
    pub async fn name_search(&self, arguments: &Arguments) -> Result<Value, Fault> {
        let operator = text(arguments, "operator").unwrap_or("ilike");
        let mut domain = match arguments.get("domain").or_else(|| arguments.get("args")) {
            Some(Value::Array(domain)) => domain.clone(),
            None | Some(Value::Null | Value::Bool(false)) => Vec::new(),
            Some(other) => {
                return Err(Fault::arguments(format!("Domain() invalid argument type for domain: {}", python::short_repr(other))));
            }
        };
        if let Some(name) = text(arguments, "name") {
            domain.push(json!([self.model.rec_name, operator, name]));
        }
        let condition = self.condition(Some(&Value::Array(domain))).await?;
        let window = Window { limit: Some(size(arguments, "limit")?.unwrap_or(100)), offset: 0 };
        let fields = self.fields(&["display_name".to_owned()])?;
        let rows = self.rows(&condition, &Order::read(self.model, None)?, window, &fields).await?;
        let records: Vec<Record> = self.records(&*table(&rows)?, &fields, true).await?;
        Ok(json!(records.iter().map(|record| json!([record["id"], record["display_name"]])).collect::<Vec<_>>()))
    }

    /// `get_metadata`.
    pub async fn metadata(&self, numbers: &[i64]) -> Result<Value, Fault> {
        let named: Vec<String> =
            ["create_date", "write_date"].map(str::to_owned).into_iter().filter(|name| self.model.field(name).is_some()).collect();
        let fields = if named.is_empty() { Vec::new() } else { self.fields(&named)? };
        let mut records = self.read_records(numbers, &fields, true).await?;
        for record in &mut records {
            for (name, value) in
                [("create_uid", json!(false)), ("create_date", json!(false)), ("write_uid", json!(false)), ("write_date", json!(false))]
            {
                record.entry(name).or_insert(value);
            }
            record.insert("xmlid".into(), json!(false));
            record.insert("noupdate".into(), json!(false));
            record.insert("xmlids".into(), json!([]));
        }
        Ok(json!(records))
    }
}

/// `load='_classic_read'`, the default, shows names beside numbers.
pub fn labelled(arguments: &Arguments) -> bool {
    arguments.get("load").is_none_or(|load| load == "_classic_read")
}

fn table(rows: &Rows) -> Result<Cow<'_, Table<'_>>, Fault> {
    let table = rows.table()?;
    if i64::try_from(table.height()).is_ok_and(|count| count > MAX_ROWS) {
        return Err(Fault::user(format!("More than {MAX_ROWS} records: use limit and offset")));
    }
    Ok(table)
}
