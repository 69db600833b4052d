//! What a key is.

use schemars::JsonSchema;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::kernel::{KeyId, Role, Timestamp, UserId};

/// Whose key it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum KeyKind {
    /// The ERP's: may name an actor.
    Service,
    /// One user's.
    User,
}

/// A key without its secret.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ApiKey {
    /// Identifier, which is also the visible part of the key.
    pub id: KeyId,
    /// Whose key it is.
    pub kind: KeyKind,
    /// The user, for a user key.
    pub user_id: Option<UserId>,
    /// What it is for.
    pub name: String,
    /// The highest role it acts with.
    pub role: Role,
    /// Namespaces it may use, such as `meeting:read` or `meeting:*`; empty means all.
    pub scopes: Vec<String>,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked, or will be, after a rotation with overlap.
    pub revoked_at: Option<Timestamp>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// When it was created.
    pub created_at: Timestamp,
}

/// What a new key is to be.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewKey {
    /// `service` or `user`.
    pub kind: KeyKind,
    /// The login of the user, for a user key; created when there is none of that login.
    pub user: Option<String>,
    /// What it is for.
    pub name: Option<String>,
    /// The highest role it acts with.
    pub role: Role,
    /// Namespaces it may use, such as `meeting:read` or `meeting:*`; all when absent. A key with scopes gives none beyond its own.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// When it ends by itself; never when absent.
    pub expires_at: Option<Timestamp>,
}

/// A new key with the text that is shown this once.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct CreatedKey {
    /// The key to send as `Authorization: Bearer`. It cannot be shown again.
    pub key: String,
    /// What it is.
    #[serde(flatten)]
    pub details: ApiKey,
}

/// Takes `omk_<id>_<secret>` apart.
pub fn split(key: &str) -> Option<(KeyId, SecretString)> {
    let (id, secret) = key.strip_prefix("omk_")?.split_at_checked(32)?;
    let id = Uuid::try_parse(id).ok().filter(|_| id.bytes().all(|b| !b.is_ascii_uppercase() && b != b'-'))?;
    let secret = secret.strip_prefix('_').filter(|secret| secret.len() == 43)?;
    Some((KeyId::from(id), secret.to_owned().into()))
}

/// The text of a key.
pub(super) fn compose(id: KeyId, secret: &str) -> String {
    format!("omk_{}_{secret}", Uuid::from(id).simple())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::clock::SeededEntropy;
    use crate::kernel::{IdSource, code};

    #[test]
    fn keys_are_taken_apart_as_they_were_made() {
        let entropy = SeededEntropy::new(5);
        let id: KeyId = IdSource::default().next(Timestamp::from_secs(1_800_000_000), &entropy);
        let key = compose(id, &code::secret(&entropy));
        assert_eq!(split(&key).unwrap().0, id);
        for wrong in ["", "omk_", &key[..key.len() - 1], &key.to_uppercase(), &format!("{key}x"), &key.replace("omk", "sk")] {
            assert!(split(wrong).is_none(), "{wrong}");
        }
    }
}
