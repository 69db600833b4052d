//! Domains: Odoo's conditions in prefix notation, read into the conditions that stores understand.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::fault::Fault;
use super::leaf::{Leaf, argument, comparison, falsy, is_empty, joined, like, negated, nothing, within};
use super::model::{Field, Identity, Kind, Link, Model};
use super::models;
use super::number_store;
use super::python::short_repr;
use crate::db::{Arg, Comparison, Condition};

/// How deep a domain may nest, `&`, `|`, `!`, dots and `any` together.
pub const MAX_DEPTH: usize = 100;
/// How many conditions and values a domain may hold: engines have limits, too.
pub const MAX_LEAVES: usize = 400;
const MAX_VALUES: usize = 20_000;

const OPERATORS: [&str; 22] = [
    "=",
    "!=",
    "<>",
    "==",
    "<",
    "<=",
    ">",
    ">=",
    "=?",
    "in",
    "not in",
    "like",
    "not like",
    "ilike",
    "not ilike",
    "=like",
    "not =like",
    "=ilike",
    "not =ilike",
    "any",
    "not any",
    "child_of",
];

/// Reads one domain.
#[derive(Default)]
pub struct Reader {
    leaves: usize,
    values: usize,
    /// Models whose numbers are compared by size: all of their records have to be numbered first.
    pub settle: BTreeSet<&'static str>,
}

impl Reader {
    /// The condition that `domain` puts on records of `model`.
    pub fn read(&mut self, model: &'static Model, domain: &Value) -> Result<Condition, Fault> {
        self.nested(model, domain, 0)
    }

    fn nested(&mut self, model: &'static Model, domain: &Value, outer: usize) -> Result<Condition, Fault> {
        let items = match domain {
            Value::Array(items) => items,
            Value::Null => return Ok(Condition::Is(true)),
            other => return Err(Fault::arguments(format!("Domain() invalid argument type for domain: {}", short_repr(other)))),
        };
        let mut stack: Vec<(Condition, usize)> = Vec::new();
        for item in items.iter().rev() {
            let read = match item {
                Value::Array(leaf) if leaf.len() == 3 => (self.leaf(model, leaf, outer + 1)?, 0),
                Value::String(sign) if sign == "!" => {
                    let (inner, depth) = stack.pop().ok_or_else(|| malformed(domain))?;
                    (negated(inner), depth + 1)
                }
                Value::String(sign) if sign == "&" || sign == "|" => {
                    let (left, deep) = stack.pop().ok_or_else(|| malformed(domain))?;
                    let (right, deeper) = stack.pop().ok_or_else(|| malformed(domain))?;
                    (joined(sign == "&", left, right), deep.max(deeper) + 1)
                }
                other => return Err(Fault::value(format!("Domain() invalid item in domain: {}", short_repr(other)))),
            };
            if outer + read.1 > MAX_DEPTH {
                return Err(too_deep());
            }
            stack.push(read);
        }
        Ok(stack
            .into_iter()
            .rev()
            .map(|(condition, _)| condition)
            .reduce(|all, next| joined(true, all, next))
            .unwrap_or(Condition::Is(true)))
    }

    fn leaf(&mut self, model: &'static Model, leaf: &[Value], depth: usize) -> Result<Condition, Fault> {
        self.leaves += 1;
        if self.leaves > MAX_LEAVES {
            return Err(Fault::value(format!("Domain() is too large: at most {MAX_LEAVES} conditions")));
        }
        let (Some(name), operator, value) = (leaf.first(), leaf.get(1).unwrap_or(&Value::Null), leaf.get(2).unwrap_or(&Value::Null)) else {
            return Err(malformed(&json!(leaf)));
        };
        match (name, operator, value) {
            (Value::Number(_), Value::String(sign), Value::Number(_)) if sign == "=" && *value == 1 && (*name == 1 || *name == 0) => {
                Ok(Condition::Is(*name == 1))
            }
            (Value::String(name), Value::String(operator), _) if !name.is_empty() => {
                self.test(model, Leaf { whole: leaf, operator: &operator.to_lowercase(), value }, name, depth)
            }
            (Value::String(name), _, _) if name.is_empty() => {
                Err(Fault::arguments(format!("Empty field name in condition {}", short_repr(&json!(leaf)))))
            }
            (Value::String(_), _, _) => Err(Leaf { whole: leaf, operator: "", value }.refused("Invalid operator")),
            _ => Err(Fault::arguments(format!("Domain() invalid arguments: {}", short_repr(&json!(leaf))))),
        }
    }

    fn test(&mut self, model: &'static Model, leaf: Leaf<'_>, path: &str, depth: usize) -> Result<Condition, Fault> {
        if depth > MAX_DEPTH {
            return Err(too_deep());
        }
        if matches!(leaf.operator, "child_of" | "parent_of") {
            return Err(Fault::user(format!("{} is not supported: {} has no hierarchy", leaf.operator, model.name)));
        }
        if !OPERATORS.contains(&leaf.operator) {
            return Err(leaf.refused("Invalid operator"));
        }
        let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
        let name = if name == "display_name" { model.rec_name } else { name };
        let field = model.field(name).ok_or_else(|| leaf.refused(&format!("Invalid field {}.{name}", model.name)))?;
        if !field.is_stored() {
            return Err(Fault::user(format!("{}.{name} is computed and cannot be searched by", model.name)));
        }
        match (field.kind.link(), rest) {
            (Some(link), Some(rest)) => {
                let inner = self.test(models::of(link.model)?, leaf, rest, depth + 1)?;
                Ok(within(field, link, inner))
            }
            (Some(link), None) => self.related(field, link, leaf, depth),
            (None, Some(_)) => Err(leaf.refused(&format!("Invalid field {}.{path}", model.name))),
            (None, None) if matches!(field.kind, Kind::Id) => self.number(model, model.key_in, leaf),
            (None, None) => self.plain(field, leaf),
        }
    }

    // any, names, numbers, nothing.
    fn related(&mut self, field: &Field, link: &'static Link, leaf: Leaf<'_>, depth: usize) -> Result<Condition, Fault> {
        let other = models::of(link.model)?;
        match (leaf.operator, leaf.value) {
            ("any" | "not any", domain) => {
                let inner = self.nested(other, domain, depth + 1)?;
                Ok(leaf.signed(within(field, link, inner)))
            }
            ("=" | "!=" | "==" | "<>", Value::Bool(false) | Value::Null) => Ok(leaf.opposite(within(field, link, Condition::Is(true)))),
            ("=?", value) if falsy(value) => Ok(Condition::Is(true)),
            ("in" | "not in" | "=" | "!=" | "==" | "<>" | "=?", _) => self.among(field, link, leaf, depth),
            (operator, Value::String(_)) if operator.ends_with("like") => {
                let positive = operator.trim_start_matches("not ").to_owned();
                let inner =
                    self.test(other, Leaf { whole: leaf.whole, operator: &positive, value: leaf.value }, other.rec_name, depth + 1)?;
                Ok(leaf.signed(within(field, link, inner)))
            }
            (_, Value::Number(_)) if matches!(field.kind, Kind::Many2one { .. }) => {
                Ok(within(field, link, self.number(other, other.key_in, leaf)?))
            }
            _ => Err(leaf.refused("Inequality not supported for relational field using a string")),
        }
    }

    // One of these: numbers, names, or nothing.
    fn among(&mut self, field: &Field, link: &'static Link, leaf: Leaf<'_>, depth: usize) -> Result<Condition, Fault> {
        let other = models::of(link.model)?;
        let mut any = Vec::new();
        let (texts, numbers): (Vec<_>, Vec<_>) = leaf.listed().into_iter().partition(|value| value.is_string());
        if numbers.iter().any(|value| falsy(value)) {
            any.push(negated(within(field, link, Condition::Is(true))));
        }
        let numbers: Vec<Value> = numbers.into_iter().filter(|value| !falsy(value)).cloned().collect();
        if !numbers.is_empty() {
            let inner = self.number(other, other.key_in, Leaf { whole: leaf.whole, operator: "in", value: &json!(numbers) })?;
            any.push(within(field, link, inner));
        }
        for text in texts {
            let inner = self.test(other, Leaf { whole: leaf.whole, operator: "=", value: text }, other.rec_name, depth + 1)?;
            any.push(within(field, link, inner));
        }
        Ok(leaf.signed(Condition::Any(any)))
    }

    // Numbers of records: by value, or by size.
    fn number(&mut self, model: &'static Model, key_in: &'static str, leaf: Leaf<'_>) -> Result<Condition, Fault> {
        let column = if model.identity == Identity::Number { model.relation.identity } else { "o.number" };
        let test = match leaf.operator {
            "=" | "==" | "!=" | "<>" | "in" | "not in" | "=?" => {
                if leaf.operator == "=?" && falsy(leaf.value) {
                    return Ok(Condition::Is(true));
                }
                let numbers = leaf.listed().into_iter().filter_map(Value::as_i64).map(Arg::from).collect();
                Condition::In(column, self.counted(numbers)?)
            }
            operator => {
                let comparison = comparison(operator).ok_or_else(|| leaf.refused("Invalid operator"))?;
                let number = leaf.value.as_i64().ok_or_else(|| leaf.refused("Invalid value"))?;
                self.settle.insert(model.name);
                Condition::Compare(column, comparison, number.into())
            }
        };
        if model.identity == Identity::Number {
            return Ok(leaf.signed(test));
        }
        let named = Condition::Compare("o.model", Comparison::Equal, model.name.into());
        let inner = Box::new(Condition::All(vec![named, test]));
        let relation = &number_store::RELATION;
        Ok(leaf.signed(Condition::Within { before: key_in, after: "", key: model.number_key(), relation, inner }))
    }

    fn plain(&mut self, field: &Field, leaf: Leaf<'_>) -> Result<Condition, Fault> {
        let column = field.column;
        match leaf.operator {
            "any" | "not any" => Err(leaf.refused("Cannot use 'any' with non-relational fields")),
            "=?" if falsy(leaf.value) => Ok(Condition::Is(true)),
            "=" | "==" | "!=" | "<>" | "in" | "not in" | "=?" => {
                let mut any = Vec::new();
                let (empty, values): (Vec<_>, Vec<_>) = leaf.listed().into_iter().partition(|value| is_empty(field, value));
                if !empty.is_empty() {
                    any.push(nothing(field));
                }
                let values = values.into_iter().map(|value| argument(field, &leaf, value)).collect::<Result<Vec<_>, _>>()?;
                if !values.is_empty() {
                    any.push(Condition::In(column, self.counted(values)?));
                }
                Ok(leaf.signed(Condition::Any(any)))
            }
            operator if operator.ends_with("like") => like(field, &leaf),
            operator => {
                let comparison = comparison(operator).ok_or_else(|| leaf.refused("Invalid operator"))?;
                if falsy(leaf.value) && !leaf.value.is_number() {
                    return Ok(Condition::Is(false));
                }
                Ok(Condition::Compare(column, comparison, argument(field, &leaf, leaf.value)?))
            }
        }
    }

    fn counted(&mut self, values: Vec<Arg>) -> Result<Vec<Arg>, Fault> {
        self.values += values.len();
        if self.values > MAX_VALUES { Err(Fault::value(format!("Domain() is too large: at most {MAX_VALUES} values"))) } else { Ok(values) }
    }
}

/// The same with every `&` written out, as Odoo answers domains.
pub fn normalized(domain: Vec<Value>) -> Vec<Value> {
    let (mut written, mut expected) = (Vec::with_capacity(domain.len() * 2), 1_i64);
    for item in domain {
        if expected == 0 {
            written.insert(0, json!("&"));
            expected = 1;
        }
        match item.as_str() {
            Some("&" | "|") => expected += 1,
            Some(_) => {}
            None => expected -= 1,
        }
        written.push(item);
    }
    written
}

fn malformed(domain: &Value) -> Fault {
    Fault::value(format!("Domain() malformed domain {}", short_repr(domain)))
}

fn too_deep() -> Fault {
    Fault::value(format!("Domain() is nested too deeply: at most {MAX_DEPTH} levels of operators, dots and 'any'"))
}
