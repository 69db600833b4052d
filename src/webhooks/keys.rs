//! Public keys of those who sign with tokens, fetched when they are needed and kept for an hour.

use std::time::Duration;

use crate::config;
use crate::egress::{self, LazyClient};
use crate::kernel::Timestamp;
use jsonwebtoken::jwk::JwkSet;

/// Well within the time that providers wait for an answer.
const TIMEOUT: Duration = Duration::from_secs(2);
const KEPT_MS: i64 = 3_600_000;
/// A key that is not among those kept may be new; but not more often than this is looked for it.
const AGAIN_MS: i64 = 60_000;
const MAX_BYTES: usize = 256 * 1024;

pub(super) struct KeySets {
    client: LazyClient,
    kept: quick_cache::sync::Cache<String, (Timestamp, JwkSet)>,
}

impl KeySets {
    pub(super) fn new(providers: &config::Providers) -> Self {
        let allow_private = providers.allow_private_addresses;
        Self { client: LazyClient::new(move || egress::client(allow_private, TIMEOUT)), kept: quick_cache::sync::Cache::new(100) }
    }

    /// The keys at `address`; `token` is about to be checked with them. Old keys where new ones cannot be had.
    pub(super) async fn get(&self, address: &str, token: &str, now: Timestamp) -> Option<JwkSet> {
        let kept = self.kept.get(address);
        if let Some((at, keys)) = &kept {
            let age_ms = now.since_ms(*at);
            let is_known =
                jsonwebtoken::decode_header(token).ok().and_then(|header| header.kid).is_none_or(|kid| keys.find(&kid).is_some());
            if (is_known && age_ms < KEPT_MS) || age_ms < AGAIN_MS {
                return Some(keys.clone());
            }
        }
        match self.fetch(address).await {
            Ok(keys) => {
                self.kept.insert(address.to_owned(), (now, keys.clone()));
                Some(keys)
            }
            Err(why) => {
                tracing::warn!(why, "public keys cannot be fetched");
                kept.map(|(_, keys)| keys)
            }
        }
    }

    async fn fetch(&self, address: &str) -> Result<JwkSet, String> {
        let mut response = self.client.get()?.get(address).send().await.map_err(egress::reason)?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(egress::reason)? {
            body.extend_from_slice(&chunk);
            if body.len() > MAX_BYTES {
                return Err("the answer is too long".to_owned());
            }
        }
        serde_json::from_slice(&body).map_err(|error| egress::shorten(&error.to_string()))
    }
}
