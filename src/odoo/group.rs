//! `read_group` and `formatted_read_group`.
//!
//! The database groups instants by quarters of an hour, which every time zone is made of; days, weeks and months of the caller's zone are put
//! together here, so that both engines agree.

use std::collections::BTreeMap;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use super::asked::{Arguments, Asked, names, size, text};
use super::domain::normalized;
use super::fault::Fault;
use super::group_spec::{Aggregate, By, Granularity, Sum};
use super::model::Kind;
use super::models;
use super::numbers::Key;
use super::python;
use super::read::Record;
use super::shown::shown;
use crate::db::{Cell, Cells, Sql};
use crate::kernel::Timestamp;

const MAX_GROUPS: i64 = 100_000;
const QUARTER_MS: i64 = 900_000;

/// A group before it is shown.
struct Group {
    values: Vec<Cell<'static>>,
    count: i64,
    sums: Vec<Option<i64>>,
}

impl Asked<'_> {
    /// `formatted_read_group`.
    pub async fn formatted_read_group(&self, arguments: &Arguments) -> Result<Value, Fault> {
        let by = names(arguments, "groupby")?.iter().map(|spec| By::read(self.model, spec)).collect::<Result<Vec<_>, _>>()?;
        let aggregates =
            names(arguments, "aggregates")?.iter().map(|spec| Aggregate::read(self.model, spec)).collect::<Result<Vec<_>, _>>()?;
        if arguments.get("having").and_then(Value::as_array).is_some_and(|having| !having.is_empty()) {
            return Err(Fault::user("having is not supported"));
        }
        let groups = self.groups(arguments, &by, &aggregates).await?;
        let mut answer = Vec::new();
        for group in self.window(arguments, groups, &by)? {
            let mut record = Record::new();
            let mut extra = Vec::new();
            for (by, cell) in by.iter().zip(&group.values) {
                let (value, domain) = self.group_value(by, cell).await?;
                record.insert(by.spec.clone(), value);
                extra.extend(domain);
            }
            record.insert("__extra_domain".to_owned(), Value::Array(extra));
            for (aggregate, value) in aggregates.iter().zip(&group.sums) {
                record.insert(aggregate.name.clone(), aggregate.shown(*value, group.count));
            }
            answer.push(Value::Object(record));
        }
        Ok(Value::Array(answer))
    }

    /// `read_group`, as Odoo had it before 19 and still has it.
    pub async fn read_group(&self, arguments: &Arguments) -> Result<Value, Fault> {
        let specs = names(arguments, "groupby")?;
        let lazy = !matches!(arguments.get("lazy"), Some(Value::Bool(false)));
        let used = if lazy { specs.iter().take(1).collect::<Vec<_>>() } else { specs.iter().collect() };
        let by = used.iter().map(|spec| By::read(self.model, spec)).collect::<Result<Vec<_>, _>>()?;
        let aggregates = self.legacy_aggregates(&names(arguments, "fields")?)?;
        let groups = self.groups(arguments, &by, &aggregates).await?;
        let domain = arguments.get("domain").and_then(Value::as_array).cloned().unwrap_or_default();
        let mut answer = Vec::new();
        for group in self.window(arguments, groups, &by)? {
            let mut record = Record::new();
            let mut own = Vec::new();
            let mut ranges = Map::new();
            for (by, cell) in by.iter().zip(&group.values) {
                let (value, extra) = self.group_value(by, cell).await?;
                if by.granularity.is_some() {
                    ranges.insert(by.spec.clone(), range(&extra));
                    record.insert(by.spec.clone(), value.get(1).cloned().unwrap_or(json!(false)));
                } else {
                    record.insert(by.spec.clone(), value);
                }
                own.extend(extra);
            }
            let count = if lazy && by.len() == 1 { format!("{}_count", by[0].field.name) } else { "__count".to_owned() };
            record.insert(count, json!(group.count));
            for (aggregate, value) in aggregates.iter().zip(&group.sums) {
                record.insert(aggregate.name.clone(), aggregate.shown(*value, group.count));
            }
            if !ranges.is_empty() {
                record.insert("__range".to_owned(), Value::Object(ranges));
            }
            own.extend(domain.iter().cloned());
            record.insert("__domain".to_owned(), Value::Array(normalized(own)));
            if lazy && specs.len() > 1 {
                record.insert("__context".to_owned(), json!({ "group_by": specs[1..] }));
            }
            answer.push(Value::Object(record));
        }
        Ok(Value::Array(answer))
    }

    // `duration`, `duration:avg`, `total:sum(duration)`.
    fn legacy_aggregates(&self, named: &[String]) -> Result<Vec<Aggregate>, Fault> {
        let mut aggregates = Vec::new();
        for spec in named.iter().filter(|spec| *spec != "__count") {
            let (name, rest) = spec.split_once(':').map_or((spec.as_str(), None), |(name, rest)| (name, Some(rest)));
            let inner = match rest.and_then(|rest| rest.strip_suffix(')')).and_then(|rest| rest.split_once('(')) {
                Some((word, field)) => format!("{field}:{word}"),
                None => match (rest, self.model.field(name).map(|field| field.kind)) {
                    (Some(word), _) => format!("{name}:{word}"),
                    (None, Some(Kind::Integer)) => format!("{name}:sum"),
                    (None, Some(_)) => continue,
                    (None, None) => return Err(Fault::value(format!("Invalid field '{name}' on model '{}'", self.model.name))),
                },
            };
            aggregates.push(Aggregate { name: name.to_owned(), ..Aggregate::read(self.model, &inner)? });
        }
        Ok(aggregates)
    }

    async fn groups(&self, arguments: &Arguments, by: &[By], aggregates: &[Aggregate]) -> Result<Vec<Group>, Fault> {
        if by.iter().any(|by| by.granularity.is_some()) && aggregates.iter().any(|aggregate| aggregate.sum == Sum::Distinct) {
            return Err(Fault::user("count_distinct by dates is not supported"));
        }
        let condition = self.condition(arguments.get("domain")).await?;
        let mut tx = self.odoo.db.reader().await?;
        let mut sql = Sql::new("select count(*)");
        for by in by {
            let (before, after) = if by.granularity.is_some() { (", ", " / 900000") } else { (", ", "") };
            sql.push(before).expression(&self.ctx, by.field.column).push(after);
        }
        for aggregate in aggregates {
            sql.push(", ");
            aggregate.push(&mut sql, &self.ctx);
        }
        sql.rows_of(self.model.relation, tx.engine(), &self.ctx, &condition);
        for (at, _) in by.iter().enumerate() {
            sql.push(if at == 0 { " group by " } else { ", " }).push(POSITIONS.get(at).ok_or_else(|| Fault::value("At most 8 groups"))?);
        }
        sql.push(" limit ").bind(MAX_GROUPS + 1);
        let rows: Vec<Cells> = sql.fetch_all(&mut tx).await?;
        if i64::try_from(rows.len()).is_ok_and(|count| count > MAX_GROUPS) {
            return Err(Fault::user(format!("More than {MAX_GROUPS} groups: narrow the domain")));
        }
        Ok(self.folded(rows, by, aggregates))
    }

    fn zone(&self) -> TimeZone {
        let named = self.context.get("tz").and_then(Value::as_str).and_then(|name| TimeZone::get(name).ok());
        named.unwrap_or(TimeZone::UTC)
    }

    // Quarters of an hour become days and months.
    fn folded(&self, rows: Vec<Cells>, by: &[By], aggregates: &[Aggregate]) -> Vec<Group> {
        let zone = self.zone();
        let mut groups: Vec<Group> = Vec::new();
        let mut places: BTreeMap<String, usize> = BTreeMap::new();
        for row in rows {
            let mut cells = row.0.into_iter();
            let count = whole(cells.next()).unwrap_or(0);
            let values: Vec<Cell<'static>> = by.iter().map(|by| bucket(by, cells.next().unwrap_or(Cell::Null), &zone)).collect();
            let sums: Vec<Option<i64>> = cells.map(|cell| whole(Some(cell))).collect();
            let place = *places.entry(format!("{values:?}")).or_insert_with(|| {
                groups.push(Group { values, count: 0, sums: vec![None; aggregates.len()] });
                groups.len() - 1
            });
            if let Some(group) = groups.get_mut(place) {
                group.count += count;
                for ((aggregate, sum), value) in aggregates.iter().zip(group.sums.iter_mut()).zip(sums) {
                    *sum = aggregate.merge(*sum, value);
                }
            }
        }
        groups
    }

    // In the order of the values that they are grouped by, or as `order` says.
    fn window(&self, arguments: &Arguments, mut groups: Vec<Group>, by: &[By]) -> Result<Vec<Group>, Fault> {
        let order = text(arguments, "order").or_else(|| text(arguments, "orderby")).unwrap_or_default().to_owned();
        let descending = order.trim_end().to_lowercase().ends_with(" desc");
        let by_count = order.starts_with("__count");
        let key = |group: &Group| group.values.iter().zip(by).map(|(cell, _)| sort_key(cell)).collect::<Vec<_>>();
        if by_count {
            groups.sort_by_key(|group| (group.count, key(group)));
        } else {
            groups.sort_by_key(key);
        }
        if descending {
            groups.reverse();
        }
        let offset = usize::try_from(size(arguments, "offset")?.unwrap_or(0)).unwrap_or(usize::MAX);
        let limit = size(arguments, "limit")?.filter(|limit| *limit > 0).and_then(|limit| usize::try_from(limit).ok());
        Ok(groups.into_iter().skip(offset).take(limit.unwrap_or(usize::MAX)).collect())
    }

    // What a group shows, and the domain that finds its records again.
    async fn group_value(&self, by: &By, cell: &Cell<'_>) -> Result<(Value, Vec<Value>), Fault> {
        let name = by.field.name;
        if let (Some(granularity), Cell::Int(ms)) = (by.granularity, cell) {
            return Ok(self.period(name, granularity, *ms));
        }
        let value = match (by.field.kind, Key::from_cell(cell)) {
            (Kind::Many2one { link, .. }, Some(key)) => {
                let other = models::of(link.model)?;
                let number = self.odoo.numbers.one(self.ctx.org, other, key).await?;
                let asked = self.of(other);
                let shown = asked.read_records(&[number], &asked.fields(&["display_name".to_owned()])?, true).await;
                // Somebody may see a meeting and not the account of who called it.
                let label = shown.ok().and_then(|shown| shown.first().map(|shown| shown["display_name"].clone())).unwrap_or(json!(false));
                return Ok((json!([number, label]), vec![json!([name, "=", number])]));
            }
            (Kind::Id, Some(key)) => json!(self.odoo.numbers.one(self.ctx.org, self.model, key).await?),
            _ => json!(shown(by.field, cell, &self.odoo.base)),
        };
        Ok((value.clone(), vec![json!([name, "=", value])]))
    }

    fn period(&self, name: &str, granularity: Granularity, ms: i64) -> (Value, Vec<Value>) {
        let zone = self.zone();
        let local = instant(ms).to_jiff().to_zoned(zone.clone()).datetime();
        let utc = |local: DateTime| local.to_zoned(zone.clone()).ok().and_then(|at| Timestamp::from_ms(at.timestamp().as_millisecond()));
        let end = local.checked_add(granularity.step()).unwrap_or(local);
        let (from, to) = (python::datetime(instant(ms)), utc(end).map(python::datetime).unwrap_or_default());
        (json!([from, granularity.label(local)]), vec![json!("&"), json!([name, ">=", from]), json!([name, "<", to])])
    }
}

const POSITIONS: [&str; 8] = ["2", "3", "4", "5", "6", "7", "8", "9"];

fn instant(ms: i64) -> Timestamp {
    Timestamp::from_ms(ms).unwrap_or(Timestamp::from_secs(0))
}

fn bucket(by: &By, cell: Cell<'static>, zone: &TimeZone) -> Cell<'static> {
    match (by.granularity, cell) {
        (Some(granularity), Cell::Int(quarters)) => {
            let local = instant(quarters * QUARTER_MS).to_jiff().to_zoned(zone.clone()).datetime();
            let begin = granularity.begin(local).to_zoned(zone.clone());
            Cell::Int(begin.map_or(quarters * QUARTER_MS, |begin| begin.timestamp().as_millisecond()))
        }
        (_, cell) => cell,
    }
}

fn whole(cell: Option<Cell<'_>>) -> Option<i64> {
    match cell? {
        Cell::Int(number) => Some(number),
        #[expect(clippy::cast_possible_truncation, reason = "sums of whole numbers")]
        Cell::Real(number) => Some(number as i64),
        Cell::Null | Cell::Text(_) | Cell::Bool(_) | Cell::Id(_) | Cell::Json(_) => None,
    }
}

// Nothing comes last, as PostgreSQL has it.
fn sort_key(cell: &Cell<'_>) -> (bool, i64, String) {
    match cell {
        Cell::Null => (true, 0, String::new()),
        Cell::Int(number) => (false, *number, String::new()),
        Cell::Bool(truth) => (false, i64::from(*truth), String::new()),
        Cell::Text(text) => (false, 0, text.to_string()),
        Cell::Id(id) => (false, 0, id.to_string()),
        Cell::Real(_) | Cell::Json(_) => (false, 0, String::new()),
    }
}

fn range(extra: &[Value]) -> Value {
    let bound = |sign: &str| extra.iter().find(|leaf| leaf[1] == sign).map(|leaf| leaf[2].clone());
    match (bound(">="), bound("<")) {
        (Some(from), Some(to)) => json!({ "from": from, "to": to }),
        _ => json!(false),
    }
}
