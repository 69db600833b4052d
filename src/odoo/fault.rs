//! What goes wrong, under the names that Odoo gives it.

use serde_json::{Value, json};

use crate::kernel::Failure;
use crate::kernel::failure::Class;

/// An exception as Odoo's clients know it.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    /// Module and class in Python.
    pub name: &'static str,
    /// What people read.
    pub message: String,
    /// The status over HTTP where Odoo answers with real ones (`/json/2`).
    pub status: u16,
    /// JSON-RPC's code: Odoo uses 0 for everything but sessions that ended (100) and paths that do not exist (404).
    pub code: u16,
}

impl Fault {
    const fn new(name: &'static str, message: String, status: u16) -> Self {
        Self { name, message, status, code: 0 }
    }

    /// Wrong login, wrong key.
    pub fn denied() -> Self {
        Self::new("odoo.exceptions.AccessDenied", "Access Denied".to_owned(), 403)
    }

    /// A right is missing.
    pub fn access(message: impl Into<String>) -> Self {
        Self::new("odoo.exceptions.AccessError", message.into(), 403)
    }

    /// The record is not there, or not for this user.
    pub fn missing(message: impl Into<String>) -> Self {
        Self::new("odoo.exceptions.MissingError", message.into(), 404)
    }

    /// A value does not fit.
    pub fn validation(message: impl Into<String>) -> Self {
        Self::new("odoo.exceptions.ValidationError", message.into(), 422)
    }

    /// Not now, not so.
    pub fn user(message: impl Into<String>) -> Self {
        Self::new("odoo.exceptions.UserError", message.into(), 422)
    }

    /// A value that Python could not use.
    pub fn value(message: impl Into<String>) -> Self {
        Self::new("builtins.ValueError", message.into(), 422)
    }

    /// Arguments that do not fit a method.
    pub fn arguments(message: impl Into<String>) -> Self {
        Self::new("builtins.TypeError", message.into(), 422)
    }

    /// A method that does not exist.
    pub fn attribute(message: impl Into<String>) -> Self {
        Self::new("builtins.AttributeError", message.into(), 404)
    }

    /// A key that does not exist.
    pub fn key(message: impl Into<String>) -> Self {
        Self::new("builtins.KeyError", message.into(), 422)
    }

    /// Anything else that Odoo raises as a plain exception.
    pub fn plain(name: &'static str, message: impl Into<String>) -> Self {
        Self::new(name, message.into(), 422)
    }

    /// An answer of the HTTP layer.
    pub fn http(name: &'static str, status: u16, message: impl Into<String>) -> Self {
        Self::new(name, message.into(), status)
    }

    /// The session is over.
    pub fn session_expired() -> Self {
        Self { code: 100, ..Self::new("odoo.http.SessionExpiredException", "Session expired".to_owned(), 403) }
    }

    /// There is nothing under this path.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self { code: 404, ..Self::new("werkzeug.exceptions.NotFound", message.into(), 404) }
    }

    /// What metrics count it as: a refusal, or a failure of ours.
    pub const fn result(&self) -> &'static str {
        if self.status >= 500 { "failed" } else { "refused" }
    }

    /// The exception as `data` of an error, and as the body of `/json/2`.
    pub fn data(&self) -> Value {
        json!({
            "name": self.name,
            "message": self.message,
            "arguments": [self.message],
            "context": {},
            // Odoo shows its stack here; clients print it, so it says what they would look for.
            "debug": format!("{}: {}", self.name, self.message),
        })
    }

    /// The `error` of a JSON-RPC answer.
    pub fn error(&self) -> Value {
        let message = match self.code {
            100 => "Odoo Session Expired",
            404 => "404: Not Found",
            _ => "Odoo Server Error",
        };
        json!({ "code": self.code, "message": message, "data": self.data() })
    }
}

impl From<Failure> for Fault {
    fn from(failure: Failure) -> Self {
        let message = failure.message().to_owned();
        match failure.kind().class {
            Class::Unauthenticated => Self::denied(),
            Class::Forbidden => Self::access(message),
            Class::NotFound => Self::missing(message),
            Class::InvalidParams => Self::validation(message),
            Class::Conflict | Class::State | Class::Idempotency => Self::user(message),
            Class::RateLimited => Self { status: 429, ..Self::user(message) },
            Class::Timeout | Class::Unavailable => Self { status: 503, ..Self::user(message) },
            Class::TooLarge => Self { status: 413, ..Self::user(message) },
            Class::Parse | Class::InvalidRequest | Class::MethodNotFound => Self::value(message),
            Class::Internal => {
                tracing::error!(%failure, "a call of the Odoo dialect failed");
                Self { status: 500, ..Self::plain("builtins.Exception", message) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::failure::Kind;
    use crate::kernel::failure::UNAVAILABLE;
    use crate::rpc::dispatch::TIMEOUT;

    // S2.31: whoever watches sees a database that takes nothing, and is not woken by wrong keys.
    #[test]
    fn failures_of_ours_are_counted_apart() {
        let result = |kind: &'static Kind| Fault::from(Failure::from(kind)).result();
        assert_eq!([result(&UNAVAILABLE), result(&TIMEOUT), Fault::from(Failure::internal(anyhow::anyhow!("x"))).result()], ["failed"; 3]);
        let refused = [Fault::denied(), Fault::missing("x"), Fault::session_expired(), Fault::validation("x"), Fault::not_found("x")];
        assert!(refused.iter().all(|fault| fault.result() == "refused"));
    }
}
