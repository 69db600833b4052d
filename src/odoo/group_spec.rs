//! By what rows are put together, and what is made out of them, as callers write it.

use jiff::civil::{Date, DateTime, Time};
use jiff::{Span, ToSpan as _};
use serde_json::{Value, json};

use super::fault::Fault;
use super::model::{Field, Kind, Model};
use super::python;
use super::shown::shown;
use crate::db::{Cell, Sql};
use crate::kernel::Ctx;

/// By what rows are put together.
pub(super) struct By {
    pub spec: String,
    pub field: &'static Field,
    pub granularity: Option<Granularity>,
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Granularity {
    Hour,
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

/// What is made out of the rows of a group.
#[derive(Clone)]
pub(super) struct Aggregate {
    /// As it is answered.
    pub name: String,
    pub field: Option<&'static Field>,
    pub sum: Sum,
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Sum {
    Count,
    Distinct,
    Total,
    Average,
    Least,
    Most,
}

impl By {
    pub fn read(model: &'static Model, spec: &str) -> Result<Self, Fault> {
        let (name, granularity) = spec.split_once(':').map_or((spec, None), |(name, granularity)| (name, Some(granularity)));
        let field = model.field(name).ok_or_else(|| Fault::value(format!("Invalid field '{name}' on model '{}'", model.name)))?;
        if !field.is_stored() || field.kind.is_x2many() || matches!(field.kind, Kind::Json) {
            return Err(Fault::value(format!("Cannot group by {}.{name}: it is not stored as one value", model.name)));
        }
        let granularity = match (field.kind, granularity) {
            (Kind::Datetime, None) => Some(Granularity::Month),
            (Kind::Datetime, Some(word)) => {
                Some(Granularity::read(word).ok_or_else(|| Fault::value(format!("Invalid granularity in {spec}")))?)
            }
            (_, None) => None,
            (_, Some(_)) => return Err(Fault::value(format!("Granularity set on a no-datetime field: {spec}"))),
        };
        Ok(Self { spec: spec.to_owned(), field, granularity })
    }
}

impl Granularity {
    pub fn read(word: &str) -> Option<Self> {
        Some(match word {
            "hour" => Self::Hour,
            "day" => Self::Day,
            "week" => Self::Week,
            "month" => Self::Month,
            "quarter" => Self::Quarter,
            "year" => Self::Year,
            _ => return None,
        })
    }

    pub fn begin(self, at: DateTime) -> DateTime {
        let date = at.date();
        let first = |month: i8| Date::new(date.year(), month, 1).unwrap_or(date);
        let date = match self {
            Self::Hour => return date.to_datetime(Time::constant(at.hour(), 0, 0, 0)),
            Self::Day => date,
            Self::Week => date.checked_sub(i64::from(date.weekday().to_monday_zero_offset()).days()).unwrap_or(date),
            Self::Month => first(date.month()),
            Self::Quarter => first((date.month() - 1) / 3 * 3 + 1),
            Self::Year => first(1),
        };
        date.to_datetime(Time::midnight())
    }

    pub fn step(self) -> Span {
        match self {
            Self::Hour => 1.hour(),
            Self::Day => 1.day(),
            Self::Week => 1.week(),
            Self::Month => 1.month(),
            Self::Quarter => 3.months(),
            Self::Year => 1.year(),
        }
    }

    pub fn label(self, begin: DateTime) -> String {
        match self {
            Self::Hour => begin.strftime("%H:00 %d %b").to_string(),
            Self::Day => begin.strftime("%d %b %Y").to_string(),
            Self::Week => {
                let week = begin.date().iso_week_date();
                format!("W{} {}", week.week(), week.year())
            }
            Self::Month => begin.strftime("%B %Y").to_string(),
            Self::Quarter => format!("Q{} {}", (begin.month() - 1) / 3 + 1, begin.year()),
            Self::Year => begin.year().to_string(),
        }
    }
}

impl Aggregate {
    pub fn read(model: &'static Model, spec: &str) -> Result<Self, Fault> {
        if spec == "__count" {
            return Ok(Self { name: spec.to_owned(), field: None, sum: Sum::Count });
        }
        let refuse = || Fault::value(format!("Invalid aggregate {}", python::repr(&json!(spec))));
        let (name, word) = spec.split_once(':').ok_or_else(refuse)?;
        let field = model.field(name).filter(|field| field.is_stored() && !field.kind.is_x2many());
        let field = field.ok_or_else(|| Fault::value(format!("Invalid field '{name}' on model '{}'", model.name)))?;
        let sum = match word {
            "count" => Sum::Count,
            "count_distinct" => Sum::Distinct,
            "sum" => Sum::Total,
            "avg" => Sum::Average,
            "min" => Sum::Least,
            "max" => Sum::Most,
            _ => return Err(refuse()),
        };
        let is_number = matches!(field.kind, Kind::Integer);
        let is_instant = matches!(field.kind, Kind::Datetime);
        match sum {
            Sum::Total | Sum::Average if !is_number => Err(refuse()),
            Sum::Least | Sum::Most if !is_number && !is_instant => Err(refuse()),
            sum => Ok(Self { name: spec.to_owned(), field: Some(field), sum }),
        }
    }

    pub fn push(&self, sql: &mut Sql, ctx: &Ctx) {
        let column = self.field.map_or("*", |field| field.column);
        let (before, after) = match self.sum {
            Sum::Count => ("count(", ")"),
            Sum::Distinct => ("count(distinct ", ")"),
            Sum::Total | Sum::Average => ("cast(sum(", ") as bigint)"),
            Sum::Least => ("min(", ")"),
            Sum::Most => ("max(", ")"),
        };
        sql.push(before).expression(ctx, column).push(after);
    }

    pub fn merge(&self, left: Option<i64>, right: Option<i64>) -> Option<i64> {
        match (left, right) {
            (Some(left), Some(right)) => Some(match self.sum {
                Sum::Least => left.min(right),
                Sum::Most => left.max(right),
                Sum::Count | Sum::Distinct | Sum::Total | Sum::Average => left.saturating_add(right),
            }),
            (one, other) => one.or(other),
        }
    }

    pub fn shown(&self, value: Option<i64>, count: i64) -> Value {
        match (self.sum, value, self.field) {
            (Sum::Count | Sum::Distinct, value, _) => json!(value.unwrap_or(0)),
            (_, None, _) => json!(false),
            #[expect(clippy::cast_precision_loss, reason = "an average is a fraction anyway")]
            (Sum::Average, Some(total), _) => json!(total as f64 / count.max(1) as f64),
            (_, Some(value), Some(field)) => json!(shown(field, &Cell::Int(value), "")),
            (_, Some(value), None) => json!(value),
        }
    }
}
