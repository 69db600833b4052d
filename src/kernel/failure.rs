//! What goes wrong, as callers see it.
//!
//! A [`Class`] is one JSON-RPC code; a [`Kind`] is one cause with a stable name that clients may switch on. Kinds are
//! constants beside the rule that raises them, methods list those they may answer, and the reference is made from both.

use std::fmt;

use serde_json::{Map, Value};

/// A class of errors: one JSON-RPC code each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// The text is no JSON.
    Parse,
    /// The JSON is no JSON-RPC request.
    InvalidRequest,
    /// No such method.
    MethodNotFound,
    /// A parameter is missing, unknown or out of range; `data.field` names it.
    InvalidParams,
    /// Our fault; `data.request_id` finds it in the log.
    Internal,
    /// No key, or one that is unknown, expired or revoked.
    Unauthenticated,
    /// The key or the user may not do this.
    Forbidden,
    /// Nothing of that identifier in this organization.
    NotFound,
    /// It took longer than the configured limit.
    Timeout,
    /// Somebody else was first (version, unique name).
    Conflict,
    /// Not possible in the present state.
    State,
    /// The message is larger than the configured limit.
    TooLarge,
    /// The idempotency key belongs to another request.
    Idempotency,
    /// Too many; `data.retry_after_s` says when again.
    RateLimited,
    /// Something that is needed does not answer; trying again is right.
    Unavailable,
}

impl Class {
    /// Every class, for the reference.
    pub const ALL: [Self; 15] = [
        Self::Parse,
        Self::InvalidRequest,
        Self::MethodNotFound,
        Self::InvalidParams,
        Self::Internal,
        Self::Unauthenticated,
        Self::Forbidden,
        Self::NotFound,
        Self::Timeout,
        Self::Conflict,
        Self::State,
        Self::TooLarge,
        Self::Idempotency,
        Self::RateLimited,
        Self::Unavailable,
    ];

    /// The JSON-RPC code: section 5.1 of the specification, then -32001 and below for our own.
    pub const fn code(self) -> i32 {
        match self {
            Self::Parse => -32700,
            Self::InvalidRequest => -32600,
            Self::MethodNotFound => -32601,
            Self::InvalidParams => -32602,
            Self::Internal => -32603,
            Self::Unauthenticated => -32001,
            Self::Forbidden => -32003,
            Self::NotFound => -32004,
            Self::Timeout => -32008,
            Self::Conflict => -32009,
            Self::State => -32010,
            Self::TooLarge => -32013,
            Self::Idempotency => -32022,
            Self::RateLimited => -32029,
            Self::Unavailable => -32050,
        }
    }
}

/// One cause of failure.
#[derive(Debug, PartialEq, Eq)]
pub struct Kind {
    /// The stable name in `data.kind`.
    pub name: &'static str,
    /// Decides the code.
    pub class: Class,
    /// What callers read when nothing more precise is known.
    pub message: &'static str,
}

impl Kind {
    /// A kind; `name` is `<capability>.<cause>`.
    pub const fn new(class: Class, name: &'static str, message: &'static str) -> Self {
        Self { name, class, message }
    }

    /// A failure of this kind with its own message.
    pub fn because(&'static self, message: impl Into<String>) -> Failure {
        let mut failure = Failure::from(self);
        failure.0.message = message.into();
        failure
    }
}

/// A parameter does not fit.
pub static INVALID: Kind = Kind::new(Class::InvalidParams, "params.invalid", "A parameter does not fit");
/// Our fault.
pub static INTERNAL: Kind = Kind::new(Class::Internal, "internal", "Something went wrong on our side");
/// The database does not answer in time, or has no room, or may not write.
pub static UNAVAILABLE: Kind =
    Kind::new(Class::Unavailable, "database.unavailable", "The database does not answer, or cannot write; try again");
/// No key was sent, or it is unknown, expired or revoked.
pub static UNAUTHENTICATED: Kind = Kind::new(Class::Unauthenticated, "key.missing", "Send an API key: Authorization: Bearer omk_...");
/// The caller may not do this.
pub static FORBIDDEN: Kind = Kind::new(Class::Forbidden, "access.denied", "Access denied");

/// A refused call: kind, message and what else helps the caller. The source, if any, is for the log only.
#[derive(Debug)]
pub struct Failure(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: &'static Kind,
    message: String,
    data: Map<String, Value>,
    source: Option<anyhow::Error>,
}

/// `field` does not fit, because `why` ("must be ..."); the message names the field and what would be right.
pub fn invalid(field: &str, why: impl fmt::Display) -> Failure {
    INVALID.because(format!("{field}: {why}")).with("field", field)
}

impl Failure {
    /// An internal failure with its cause, which never reaches the caller.
    pub fn internal(source: impl Into<anyhow::Error>) -> Self {
        Self::from(&INTERNAL).caused_by(source)
    }

    /// The database cannot do it at the moment; the cause is for the log.
    pub fn unavailable(source: impl Into<anyhow::Error>) -> Self {
        Self::from(&UNAVAILABLE).caused_by(source)
    }

    /// Adds a cause for the log.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<anyhow::Error>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Adds `data.<name>`.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.data.insert(name.to_owned(), value.into());
        self
    }

    /// Puts `prefix` before the named field: `email` becomes `participants[2].email`.
    #[must_use]
    pub fn under(mut self, prefix: &str) -> Self {
        if let Some(Value::String(field)) = self.0.data.get_mut("field") {
            *field = format!("{prefix}.{field}");
            self.0.message = format!("{prefix}.{}", self.0.message);
        }
        self
    }

    /// The kind.
    pub fn kind(&self) -> &'static Kind {
        self.0.kind
    }

    /// What the caller reads.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The JSON-RPC code.
    pub fn code(&self) -> i32 {
        self.0.kind.class.code()
    }

    /// `data` as it goes over the wire.
    pub fn data(&self) -> Value {
        let mut data = self.0.data.clone();
        data.insert("kind".into(), self.0.kind.name.into());
        Value::Object(data)
    }

    /// The cause, for the log.
    pub fn source(&self) -> Option<&anyhow::Error> {
        self.0.source.as_ref()
    }
}

impl From<&'static Kind> for Failure {
    fn from(kind: &'static Kind) -> Self {
        Self(Box::new(Inner { kind, message: kind.message.to_owned(), data: Map::new(), source: None }))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.0.message, self.0.kind.name)?;
        self.0.source.as_ref().map_or(Ok(()), |source| write!(f, ": {source:#}"))
    }
}

impl std::error::Error for Failure {}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::internal(error)
    }
}
