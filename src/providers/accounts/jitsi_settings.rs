//! Checks of a Jitsi server's settings, and what follows from them.

use secrecy::ExposeSecret as _;

use super::checks::word;
use super::settings::{JitsiSettings, SigningAlgorithm, TokenIn};
use super::{address, checks};
use crate::kernel::Failure;
use crate::kernel::failure::invalid;
use crate::providers::jitsi::token::SigningKey;

/// Takes no tokens and cuts embedded calls.
const PUBLIC_JITSI: &str = "meet.jit.si";

impl JitsiSettings {
    /// A server without tokens; everything else may be added.
    pub(crate) fn at(server_url: &str) -> Self {
        Self {
            server_url: server_url.trim_end_matches('/').to_owned(),
            domain: None,
            app_id: None,
            app_secret: None,
            algorithm: None,
            private_key: None,
            key_id: None,
            audience: None,
            token_in: TokenIn::default(),
            embed: None,
            control_url: None,
            muc_domain: None,
            webhook_secret: None,
            webhook_secret_previous: None,
        }
    }

    pub(super) fn checked(mut self) -> Result<Self, Failure> {
        self.server_url = address::server("server_url", &self.server_url)?;
        self.domain = word("domain", self.domain.as_deref())?;
        self.app_id = word("app_id", self.app_id.as_deref())?;
        self.audience = word("audience", self.audience.as_deref())?;
        self.key_id = word("key_id", self.key_id.as_deref())?;
        self.control_url = checks::address("control_url", self.control_url.take())?;
        self.muc_domain = word("muc_domain", self.muc_domain.as_deref())?;
        self.check_public()?;
        match (&self.app_id, self.algorithm()) {
            (None, _) => self.check_without_tokens()?,
            (Some(_), SigningAlgorithm::Hs256) => self.check_hs256()?,
            (Some(_), SigningAlgorithm::Rs256) => self.check_rs256()?,
        }
        Ok(self)
    }

    fn check_public(&self) -> Result<(), Failure> {
        match self.is_public() {
            true if self.app_id.is_some() => Err(invalid("app_id", "must be absent: meet.jit.si takes no tokens")),
            true if self.embed == Some(true) => {
                Err(invalid("embed", "must be absent or false: meet.jit.si cuts embedded calls after five minutes"))
            }
            _ => Ok(()),
        }
    }

    fn check_without_tokens(&self) -> Result<(), Failure> {
        let signing = [
            ("app_secret", self.app_secret.is_some()),
            ("private_key", self.private_key.is_some()),
            ("algorithm", self.algorithm.is_some()),
            ("key_id", self.key_id.is_some()),
        ];
        match signing.iter().find(|(_, given)| *given) {
            Some((name, _)) => Err(invalid("app_id", format!("must be given, because {name} is; tokens are issued in its name"))),
            None => Ok(()),
        }
    }

    fn check_hs256(&self) -> Result<(), Failure> {
        if self.private_key.is_some() {
            return Err(invalid("private_key", "must be absent (null) with HS256; with algorithm RS256 it signs"));
        }
        if self.key_id.is_some() {
            return Err(invalid("key_id", "must be absent (null) with HS256"));
        }
        if self.app_secret.as_ref().is_none_or(|secret| secret.expose_secret().is_empty()) {
            return Err(invalid("app_secret", "must be the server's JWT_APP_SECRET, because app_id is given and the algorithm is HS256"));
        }
        Ok(())
    }

    fn check_rs256(&self) -> Result<(), Failure> {
        if self.app_secret.is_some() {
            return Err(invalid("app_secret", "must be absent (null) with RS256; with algorithm HS256 it signs"));
        }
        let key = self.private_key.as_ref();
        let key = key.ok_or_else(|| invalid("private_key", "must be an RSA private key in PEM, because the algorithm is RS256"))?;
        SigningKey::rs256("", key).map(drop)
    }

    /// How tokens are signed.
    pub fn algorithm(&self) -> SigningAlgorithm {
        let implied =
            if self.private_key.is_some() && self.app_secret.is_none() { SigningAlgorithm::Rs256 } else { SigningAlgorithm::Hs256 };
        self.algorithm.unwrap_or(implied)
    }

    /// Whether it is the public server that everybody may use.
    pub fn is_public(&self) -> bool {
        address::host(&self.server_url) == PUBLIC_JITSI
    }

    /// The token's `sub`.
    pub fn subject(&self) -> String {
        let tenant = || self.tenant().map(str::to_owned);
        self.domain.clone().or_else(tenant).unwrap_or_else(|| address::host(&self.server_url))
    }

    /// The tenant in the server's address.
    pub fn tenant(&self) -> Option<&str> {
        self.server_url.splitn(4, '/').nth(3).filter(|path| !path.is_empty())
    }

    /// The XMPP domain of the rooms.
    pub fn rooms_domain(&self) -> String {
        self.muc_domain.clone().unwrap_or_else(|| format!("conference.{}", address::host(&self.server_url)))
    }
}
