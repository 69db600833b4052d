//! The user a service key acts for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernel::{Failure, Role, text};

/// The reserved parameter `actor`: the ERP's user, as the ERP knows them. The user is created or refreshed from it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Actor {
    /// The ERP's identifier of the user, 1 to 128 characters.
    pub id: String,
    /// Name that people read.
    pub name: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// At most the role of the key; `user` for a new user when absent.
    pub role: Option<Role>,
    /// IANA time zone.
    pub tz: Option<String>,
    /// Language tag such as id_ID.
    pub lang: Option<String>,
}

impl Actor {
    /// The same with every field checked; failures name `actor.<field>`.
    pub fn checked(self) -> Result<Self, Failure> {
        let id = text::line("id", &self.id, 128);
        let check = || -> Result<Self, Failure> {
            Ok(Self {
                id: id?,
                name: text::optional_line("name", self.name.as_deref(), 255)?,
                email: self.email.filter(|email| !email.trim().is_empty()).map(|email| text::email("email", &email)).transpose()?,
                role: self.role,
                tz: self.tz.filter(|tz| !tz.is_empty()).map(|tz| text::time_zone("tz", &tz)).transpose()?,
                lang: text::optional_line("lang", self.lang.as_deref(), 20)?,
            })
        };
        check().map_err(|failure| failure.under("actor"))
    }
}
