//! Definitions, and what makes one right.

use std::collections::HashSet;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::value;
use crate::kernel::failure::invalid;
use crate::kernel::{Failure, FieldId, Timestamp, text};

const MAX_KEY: usize = 40;
const MAX_CHOICES: usize = 200;
const MAX_POSITION: u32 = 1_000_000;

/// What the field is added to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Model {
    /// Meetings.
    #[default]
    Meeting,
}

impl Model {
    /// The word in the database.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Meeting => "meeting",
        }
    }
}

/// What values may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum FieldType {
    /// Up to 4096 characters, line breaks allowed.
    Text,
    /// A whole number between -2^53 and 2^53, which every JSON reader keeps exact.
    Integer,
    /// Any number.
    Number,
    /// True or false.
    Boolean,
    /// A day: `2026-11-21`.
    Date,
    /// An instant: RFC 3339, kept in UTC.
    Datetime,
    /// The key of one of the choices.
    Choice,
    /// A record elsewhere: `{"model": "res.partner", "id": "7"}`.
    Reference,
}

impl FieldType {
    /// The word in the database.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Date => "date",
            Self::Datetime => "datetime",
            Self::Choice => "choice",
            Self::Reference => "reference",
        }
    }
}

/// One of the values of a `choice`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// What is stored, 1 to 64 characters.
    pub key: String,
    /// What people read.
    pub label: String,
}

/// A custom field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Definition {
    /// Identifier.
    pub id: FieldId,
    /// What the field is added to.
    pub model: Model,
    /// The name of the field inside `custom`.
    pub key: String,
    /// What people read.
    pub label: String,
    /// What values may be.
    #[serde(rename = "type")]
    pub field_type: FieldType,
    /// Whether a record cannot be created without it.
    pub required: bool,
    /// What a new record gets when nothing is said.
    pub default: Option<Value>,
    /// What can be chosen, for the type `choice`.
    pub choices: Vec<Choice>,
    /// Where the field stands among the others, small ones first.
    pub position: u32,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// What a new field is to be.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDefinition {
    /// What the field is added to; `meeting` when absent.
    #[serde(default)]
    pub model: Model,
    /// The name of the field inside `custom`: a letter a-z, then up to 39 letters, digits or underscores.
    #[schemars(regex(pattern = "^[a-z][a-z0-9_]{0,39}$"))]
    pub key: String,
    /// What people read, 1 to 120 characters.
    pub label: String,
    /// What values may be.
    #[serde(rename = "type")]
    pub field_type: FieldType,
    /// Whether a record cannot be created without it; false when absent.
    #[serde(default)]
    pub required: bool,
    /// What a new record gets when nothing is said.
    pub default: Option<Value>,
    /// What can be chosen, for the type `choice` only.
    #[serde(default)]
    pub choices: Vec<Choice>,
    /// Where the field stands among the others; last when absent.
    #[schemars(range(max = 1_000_000))]
    pub position: Option<u32>,
}

/// What `custom_field.update` may change.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Changes {
    /// Identifier.
    pub id: FieldId,
    /// What people read.
    pub label: Option<String>,
    /// Whether a record cannot be created without it.
    pub required: Option<bool>,
    /// What a new record gets when nothing is said; null for nothing.
    #[serde(default, deserialize_with = "said")]
    #[schemars(with = "Option<Value>")]
    pub default: Option<Option<Value>>,
    /// All that can be chosen from now on.
    pub choices: Option<Vec<Choice>>,
    /// Where the field stands among the others.
    #[schemars(range(max = 1_000_000))]
    pub position: Option<u32>,
}

// Null is something else than absent.
fn said<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<Value>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

impl Changes {
    /// The definition that `before` becomes; not checked yet.
    pub(super) fn applied_to(self, before: &Definition) -> Definition {
        Definition {
            label: self.label.unwrap_or_else(|| before.label.clone()),
            required: self.required.unwrap_or(before.required),
            default: self.default.unwrap_or_else(|| before.default.clone()),
            choices: self.choices.unwrap_or_else(|| before.choices.clone()),
            position: self.position.unwrap_or(before.position),
            ..before.clone()
        }
    }
}

impl Definition {
    /// The same with every field checked.
    pub(super) fn checked(mut self) -> Result<Self, Failure> {
        check_key(&self.key)?;
        self.label = text::line("label", &self.label, 120)?;
        self.choices = checked_choices(self.field_type, self.choices)?;
        if let Some(default) = self.default.take() {
            self.default = Some(value::checked(&self, "default", default)?);
        }
        if self.position > MAX_POSITION {
            return Err(invalid("position", format!("must be at most {MAX_POSITION}")));
        }
        Ok(self)
    }
}

fn check_key(key: &str) -> Result<(), Failure> {
    let begins = key.starts_with(|c: char| c.is_ascii_lowercase());
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    if begins && key.len() <= MAX_KEY && key.bytes().all(fits) {
        return Ok(());
    }
    Err(invalid("key", "must be a letter a-z, then up to 39 letters a-z, digits or underscores, for example cost_center"))
}

fn checked_choices(field_type: FieldType, choices: Vec<Choice>) -> Result<Vec<Choice>, Failure> {
    match (field_type, choices.len()) {
        (FieldType::Choice, 0) => return Err(invalid("choices", "must hold at least one choice")),
        (FieldType::Choice, 1..=MAX_CHOICES) | (_, 0) => {}
        (FieldType::Choice, _) => return Err(invalid("choices", format!("must hold at most {MAX_CHOICES} choices"))),
        _ => return Err(invalid("choices", "must be absent: only the type choice has them")),
    }
    let mut seen = HashSet::new();
    let numbered = choices.into_iter().enumerate();
    numbered.map(|(at, choice)| checked_choice(choice, &mut seen).map_err(|failure| failure.under(&format!("choices[{at}]")))).collect()
}

fn checked_choice(choice: Choice, seen: &mut HashSet<String>) -> Result<Choice, Failure> {
    let choice = Choice { key: text::line("key", &choice.key, 64)?, label: text::line("label", &choice.label, 120)? };
    if seen.insert(choice.key.clone()) { Ok(choice) } else { Err(invalid("key", "must not be that of an earlier choice")) }
}
