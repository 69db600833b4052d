//! Searching and reading.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value, json};

use super::answer::{Answer, Sink, Written};
use super::asked::{Arguments, Asked, names, size, text};
use super::domain::Reader;
use super::fault::Fault;
use super::model::{Field, Identity, Kind, Link};
use super::models;
use super::numbers::Key;
use super::order::Order;
use super::python;
use crate::db::{Arg, Cell, Cells, Column, Condition, Holds, Sql};
use crate::kernel::Timestamp;

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
        Ok(json!(self.numbered(&rows).await?))
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
        Ok(self.records::<Written>(rows, &fields, labelled(arguments)).await?.into())
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
        let records: Vec<Record> = self.records(rows, fields, labelled).await?;
        Ok(records.into_iter().filter_map(|record| Some((record.get("id")?.as_i64()?, record))).collect())
    }

    /// Those of `numbers` that are there.
    pub async fn present(&self, numbers: &[i64]) -> Result<Vec<i64>, Fault> {
        let rows = self.rows(&self.among(numbers).await?, &Order::none(), Window::default(), &[]).await?;
        let there: HashSet<i64> = self.numbered(&rows).await?.into_iter().collect();
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
    async fn rows(&self, condition: &Condition, order: &Order, window: Window, fields: &[&'static Field]) -> Result<Vec<Cells>, Fault> {
        let mut tx = self.odoo.db.reader().await?;
        let columns: Vec<Column> = std::iter::once(self.model.key_column()).chain(fields.iter().copied().flat_map(columns)).collect();
        let mut sql = Sql::select_cells(tx.engine(), &columns);
        sql.rows_of(self.model.relation, tx.engine(), &self.ctx, condition);
        order.push(&mut sql);
        sql.push(" limit ").bind(window.limit.unwrap_or(MAX_ROWS + 1).min(MAX_ROWS + 1));
        if window.offset > 0 {
            sql.push(" offset ").bind(window.offset);
        }
        let rows = sql.fetch_cells(&mut tx, &columns).await?;
        if i64::try_from(rows.len()).is_ok_and(|count| count > MAX_ROWS) {
            return Err(Fault::user(format!("More than {MAX_ROWS} records: use limit and offset")));
        }
        Ok(rows)
    }

    async fn numbered(&self, rows: &[Cells]) -> Result<Vec<i64>, Fault> {
        let keys: Vec<Key> = rows.iter().filter_map(|row| row.0.first().and_then(Key::from_cell)).collect();
        let numbers = self.odoo.numbers.of(self.ctx.org, self.model, keys.iter().cloned()).await?;
        Ok(keys.iter().filter_map(|key| numbers.get(key).copied()).collect())
    }

    async fn records<S: Sink>(&self, rows: Vec<Cells>, fields: &[&'static Field], labelled: bool) -> Result<S, Fault> {
        let keys: Vec<Key> = rows.iter().filter_map(|row| row.0.first().and_then(Key::from_cell)).collect();
        let own = self.odoo.numbers.of(self.ctx.org, self.model, keys.iter().cloned()).await?;
        let elsewhere = self.elsewhere(&rows, &keys, fields).await?;
        let mut records = S::default();
        for (row, key) in rows.into_iter().zip(&keys) {
            records.begin(own.get(key).copied())?;
            let mut cells = row.0.into_iter().skip(1);
            for field in fields.iter().filter(|field| !matches!(field.kind, Kind::Id)) {
                let value = match field.kind {
                    Kind::Many2one { link, .. } => elsewhere.one(link.model, cells.next(), cells.next(), labelled),
                    Kind::One2many { .. } | Kind::Many2many(_) => elsewhere.many(field.name, key),
                    _ if field.column.is_empty() => Value::Bool(false),
                    _ => shown(field, cells.next().unwrap_or(Cell::Null), &self.odoo.base),
                };
                records.put(field.name, value)?;
            }
            records.end();
        }
        Ok(records)
    }

    // The numbers of everything that the rows point at.
    async fn elsewhere(&self, rows: &[Cells], keys: &[Key], fields: &[&'static Field]) -> Result<Elsewhere, Fault> {
        let mut wanted: HashMap<&'static str, HashSet<Key>> = HashMap::new();
        let (mut at, mut lists) = (1, HashMap::new());
        for field in fields {
            if let Kind::Many2one { link, .. } = field.kind {
                wanted.entry(link.model).or_default().extend(rows.iter().filter_map(|row| row.0.get(at).and_then(Key::from_cell)));
            }
            if let (true, Some(link)) = (field.kind.is_x2many(), field.kind.link()) {
                let list = self.pairs(link, keys).await?;
                wanted.entry(link.model).or_default().extend(list.values().flatten().cloned());
                lists.insert(field.name, list);
            }
            at += columns(field).count();
        }
        let mut numbers = HashMap::new();
        let mut many = HashMap::new();
        for (name, wanted) in wanted {
            numbers.insert(name, self.odoo.numbers.of(self.ctx.org, models::of(name)?, wanted).await?);
        }
        for field in fields {
            if let (Some(link), Some(list)) = (field.kind.link(), lists.remove(field.name)) {
                let known = numbers.get(link.model);
                let numbered = |keys: Vec<Key>| keys.iter().filter_map(|key| known?.get(key).copied()).collect::<Vec<i64>>();
                many.insert(field.name, list.into_iter().map(|(owner, others)| (owner, numbered(others))).collect());
            }
        }
        Ok(Elsewhere { numbers, many })
    }

    // What points back at owners, as far as the caller may see it; what owners hold by a list of its own.
    async fn pairs(&self, link: &'static Link, owners: &[Key]) -> Result<HashMap<Key, Vec<Key>>, Fault> {
        let relation = models::of(link.model)?.relation;
        let mut tx = self.odoo.db.reader().await?;
        let mut found: HashMap<Key, Vec<Key>> = HashMap::new();
        for chunk in owners.chunks(500) {
            let owners = chunk.iter().map(Arg::from);
            let mut sql = Sql::new(if link.pairs.is_empty() { "select " } else { link.pairs });
            if link.pairs.is_empty() {
                sql.push(link.key).push(", ").push(relation.identity);
                sql.rows_of(relation, tx.engine(), &self.ctx, &Condition::In(link.key, owners.collect()));
            } else {
                sql.bind_list(owners);
            }
            sql.push(" order by 2");
            for row in sql.fetch_all::<Cells>(&mut tx).await? {
                if let (Some(owner), Some(other)) = (row.0.first().and_then(Key::from_cell), row.0.get(1).and_then(Key::from_cell)) {
                    found.entry(owner).or_default().push(other);
                }
            }
        }
        Ok(found)
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
        let records: Vec<Record> = self.records(rows, &fields, true).await?;
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

/// The columns that a field needs.
fn columns(field: &'static Field) -> impl Iterator<Item = Column> {
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

/// Numbers of what records point at.
struct Elsewhere {
    numbers: HashMap<&'static str, HashMap<Key, i64>>,
    many: HashMap<&'static str, HashMap<Key, Vec<i64>>>,
}

impl Elsewhere {
    fn one(&self, model: &str, key: Option<Cell>, label: Option<Cell>, labelled: bool) -> Value {
        let number = key.as_ref().and_then(Key::from_cell).and_then(|key| self.numbers.get(model)?.get(&key).copied());
        match (number, label) {
            (None, _) => json!(false),
            (Some(number), _) if !labelled => json!(number),
            (Some(number), Some(Cell::Text(label))) => Value::Array(vec![number.into(), Value::String(label)]),
            (Some(number), _) => json!([number, false]),
        }
    }

    fn many(&self, field: &str, owner: &Key) -> Value {
        json!(self.many.get(field).and_then(|of| of.get(owner)).cloned().unwrap_or_default())
    }
}

/// A cell as Odoo shows a field of this kind.
pub fn shown(field: &Field, cell: Cell, base: &str) -> Value {
    match (field.kind, cell) {
        (Kind::Integer, Cell::Null) => json!(0),
        (Kind::Boolean, Cell::Int(truth)) => json!(truth != 0),
        (_, Cell::Null) => json!(false),
        (Kind::Datetime, Cell::Int(ms)) => Timestamp::from_ms(ms).map_or(json!(false), |at| json!(python::datetime(at))),
        (Kind::Json, Cell::Text(text)) => serde_json::from_str(&text).unwrap_or(json!(false)),
        (Kind::Char | Kind::Text, Cell::Text(text)) if text.is_empty() => json!(false),
        (_, Cell::Id(id)) => {
            let id = id.simple().to_string();
            json!(field.shown.map_or_else(|| id.clone(), |shown| shown(base, &id)))
        }
        (_, Cell::Text(text)) => Value::String(match field.shown {
            Some(shown) => shown(base, &text),
            None => text,
        }),
        (_, Cell::Int(number)) => json!(number),
        (_, Cell::Real(number)) => json!(number),
        (_, Cell::Bool(truth)) => json!(truth),
        (_, Cell::Json(json)) => json,
    }
}
