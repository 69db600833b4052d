//! Organizations as callers see them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernel::failure::invalid;
use crate::kernel::{Failure, OrgId, Timestamp, text};

/// A tenant.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, sqlx::FromRow)]
pub struct Organization {
    /// Identifier.
    pub id: OrgId,
    /// Short name in lower case, unique in the installation.
    pub slug: String,
    /// Name that people read.
    pub name: String,
    /// IANA zone for whoever has none of their own.
    pub tz: String,
    /// Language tag for whoever has none of their own.
    pub lang: String,
    /// When it was created.
    pub created_at: Timestamp,
}

/// What `organization.update` may change.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Update {
    /// Name that people read.
    pub name: Option<String>,
    /// IANA zone.
    pub tz: Option<String>,
    /// Language tag, for example en, id, fr.
    pub lang: Option<String>,
}

impl Update {
    /// `before` with the fields that are given.
    ///
    /// # Errors
    /// A field that does not fit, by name.
    pub fn applied_to(self, before: &Organization) -> Result<Organization, Failure> {
        let mut after = before.clone();
        if let Some(name) = self.name {
            after.name = text::line("name", &name, 120)?;
        }
        if let Some(tz) = self.tz {
            after.tz = text::time_zone("tz", &tz)?;
        }
        if let Some(lang) = self.lang {
            after.lang = text::line("lang", &lang, 20)?;
        }
        Ok(after)
    }
}

/// A slug from a name: lower-case letters and digits with single dashes between.
pub(super) fn slug_of(from: &str) -> Result<String, Failure> {
    let dashed: String = from.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let slug = dashed.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-");
    if slug.is_empty() || slug.len() > 60 {
        return Err(invalid("slug", "must hold 1 to 60 letters or digits"));
    }
    Ok(slug)
}
