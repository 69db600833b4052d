//! How models are described: once, for every method of every door.

use crate::db::{Column, Holds, Relation};

/// How rows of a relation are told apart, and so how they get their numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Identity {
    /// By an identifier of omeet's; numbers are given out and kept.
    Record,
    /// By a text; numbers are given out and kept.
    Word,
    /// By a number that the row brings.
    Number,
}

/// A model.
pub struct Model {
    /// As clients write it.
    pub name: &'static str,
    /// As people read it.
    pub description: &'static str,
    /// Where its rows are, with the scope of who asks.
    pub relation: &'static Relation,
    /// How its rows are numbered.
    pub identity: Identity,
    /// The relation's identity and ` in `.
    pub key_in: &'static str,
    /// The field that names a record.
    pub rec_name: &'static str,
    /// The order when none is asked for.
    pub order: &'static str,
    /// Its fields; `id`, `display_name` and the four of the log come by themselves.
    pub fields: Vec<Field>,
    /// Who may do what: the methods of `/rpc` whose rules hold.
    pub rights: Rights,
}

/// The methods of `/rpc` whose rules decide who may do what; none means that nobody may.
#[derive(Debug, Clone, Copy, Default)]
pub struct Rights {
    /// Reading and searching.
    pub read: &'static str,
    /// Creating.
    pub create: Option<&'static str>,
    /// Changing.
    pub write: Option<&'static str>,
    /// Deleting.
    pub unlink: Option<&'static str>,
    /// Methods beyond the usual ones, with the method of `/rpc` that each stands for.
    pub actions: &'static [(&'static str, &'static str)],
}

impl Rights {
    /// Only reading, under the rule of `method`.
    pub const fn read_only(method: &'static str) -> Self {
        Self { read: method, create: None, write: None, unlink: None, actions: &[] }
    }

    /// Every method of `/rpc` that is named.
    pub fn rules(&self) -> impl Iterator<Item = &'static str> {
        let plain = [Some(self.read), self.create, self.write, self.unlink].into_iter().flatten();
        plain.chain(self.actions.iter().map(|(_, rule)| *rule))
    }

    /// The method behind an operation of `check_access_rights`; `None` when there is no such operation.
    pub fn of(&self, operation: &str) -> Option<Option<&'static str>> {
        match operation {
            "read" => Some(Some(self.read)),
            "create" => Some(self.create),
            "write" => Some(self.write),
            "unlink" => Some(self.unlink),
            _ => None,
        }
    }
}

impl Model {
    /// The field of that name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The column that tells its rows apart.
    pub fn key_column(&self) -> Column {
        let holds = if self.identity == Identity::Record { Holds::Ids } else { Holds::Plain };
        Column { sql: self.relation.identity, holds }
    }

    /// Which column of the numbers holds the keys of this model.
    pub fn number_key(&self) -> &'static str {
        if self.identity == Identity::Word { "o.word" } else { "o.record" }
    }

    /// Begins the condition that a row's key is among others.
    pub fn key_in(&self) -> &'static str {
        self.key_in
    }
}

/// What a field holds.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// The number of the record.
    Id,
    /// One line.
    Char,
    /// Many lines.
    Text,
    /// A whole number.
    Integer,
    /// Yes or no.
    Boolean,
    /// An instant.
    Datetime,
    /// One of these keys.
    Selection(&'static [(&'static str, &'static str)]),
    /// JSON.
    Json,
    /// One record of another model; `label` is the column with its name.
    Many2one { link: Link, label: &'static str },
    /// Records of another model that point back by `inverse`.
    One2many { link: Link, inverse: &'static str },
    /// Records of another model.
    Many2many(Link),
}

impl Kind {
    /// The word for it in `fields_get`.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Id | Self::Integer => "integer",
            Self::Char => "char",
            Self::Text => "text",
            Self::Boolean => "boolean",
            Self::Datetime => "datetime",
            Self::Selection(_) => "selection",
            Self::Json => "json",
            Self::Many2one { .. } => "many2one",
            Self::One2many { .. } => "one2many",
            Self::Many2many(_) => "many2many",
        }
    }

    /// Where it leads, if anywhere.
    pub const fn link(&self) -> Option<&Link> {
        match self {
            Self::Many2one { link, .. } | Self::One2many { link, .. } | Self::Many2many(link) => Some(link),
            _ => None,
        }
    }

    /// Several records.
    pub const fn is_x2many(&self) -> bool {
        matches!(self, Self::One2many { .. } | Self::Many2many(_))
    }
}

/// The way from one model to another.
#[derive(Debug, Clone, Copy)]
pub struct Link {
    /// The other model.
    pub model: &'static str,
    /// `before (select key from other where ...) after` holds for the records that lead to such others.
    pub before: &'static str,
    /// See `before`.
    pub after: &'static str,
    /// See `before`.
    pub key: &'static str,
    /// For several that are not found by `key`: `select owner, other from ... where owner in`, to be followed by owners.
    pub pairs: &'static str,
}

/// A field.
pub struct Field {
    /// As clients write it.
    pub name: &'static str,
    /// As people read it.
    pub string: &'static str,
    /// What the name leaves open.
    pub help: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// The column; empty for what is only written (passwords), or made from another column.
    pub column: &'static str,
    /// Whether a record cannot be without it.
    pub required: bool,
    /// Where its value goes in the parameters of `/rpc`; empty when it cannot be written.
    pub rpc: &'static str,
    /// Makes what is shown out of the column; such a field can be neither searched nor sorted by.
    pub shown: Option<fn(base: &str, column: &str) -> String>,
}

impl Field {
    /// A field that is read from `column`.
    pub const fn new(name: &'static str, string: &'static str, kind: Kind, column: &'static str) -> Self {
        Self { name, string, help: "", kind, column, required: false, rpc: "", shown: None }
    }

    /// With an explanation.
    #[must_use]
    pub const fn help(self, help: &'static str) -> Self {
        Self { help, ..self }
    }

    /// Without which a record cannot be.
    #[must_use]
    pub const fn required(self) -> Self {
        Self { required: true, ..self }
    }

    /// Written as this parameter.
    #[must_use]
    pub const fn rpc(self, rpc: &'static str) -> Self {
        Self { rpc, ..self }
    }

    /// Shown as something made from its column.
    #[must_use]
    pub const fn shown(self, shown: fn(&str, &str) -> String) -> Self {
        Self { shown: Some(shown), ..self }
    }

    /// Whether conditions and orders can name it.
    pub fn is_stored(&self) -> bool {
        self.shown.is_none() && (!self.column.is_empty() || self.kind.is_x2many())
    }
}
