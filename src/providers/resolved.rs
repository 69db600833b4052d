//! An account ready for use.

use secrecy::{ExposeSecret as _, SecretString};

use super::accounts::ProviderKind;
use super::accounts::settings::{JitsiSettings, Settings, SigningAlgorithm, TokenIn};
use super::calls::host::MadeRef;
use super::calls::{Caller, Feed, Host, Trouble};
use super::capabilities::Capabilities;
use super::facts::{Ask, Fact, Reading};
use super::jitsi::token::{Claims, Grant, Issuer, JaasClaims, MintedToken, ServerExpectation, SigningKey, mint};
use super::jitsi::{Control, RoomName};
use crate::config::JitsiDefaults;
use crate::kernel::{Failure, ProviderId, Timestamp};

/// Everything that joining needs to know of a provider account. Printing it shows no secret.
#[derive(Debug, Clone)]
pub struct Resolved {
    /// Absent for the installation's Jitsi.
    pub id: Option<ProviderId>,
    /// The account's version; with another one its tokens are others.
    pub version: i64,
    /// Settings with opened secrets.
    pub settings: Settings,
    /// What it can do.
    pub capabilities: Capabilities,
    /// Signs its tokens; absent where there are none.
    pub key: Option<SigningKey>,
    /// What a self-hosted Jitsi expects of every token.
    pub(super) issuer: Option<Issuer>,
}

impl Resolved {
    pub(super) fn new(id: Option<ProviderId>, settings: Settings) -> Result<Self, Failure> {
        let capabilities = settings.capabilities();
        let key = if capabilities.tokens { signing_key(id, &settings)? } else { None };
        let issuer = if let Settings::Jitsi(jitsi) = &settings { issuer(jitsi) } else { None };
        Ok(Self { id, version: 0, settings, capabilities, key, issuer })
    }

    /// The Jitsi of organizations without an account.
    pub fn of_installation(defaults: &JitsiDefaults) -> Result<Self, Failure> {
        let said = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let secret = Some(defaults.app_secret.clone()).filter(|secret| !secret.expose_secret().is_empty());
        let jitsi = JitsiSettings {
            domain: said(&defaults.xmpp_domain),
            app_id: said(&defaults.app_id),
            app_secret: secret,
            audience: said(&defaults.audience),
            ..JitsiSettings::at(defaults.server_url.as_str())
        };
        Self::new(None, Settings::Jitsi(jitsi))
    }

    /// How the provider is called, where it has to be.
    pub fn host(&self) -> Option<&dyn Host> {
        match &self.settings {
            Settings::Zoom(zoom) => Some(zoom),
            Settings::GoogleMeet(google) => Some(google),
            Settings::Teams(teams) => Some(teams),
            Settings::Jitsi(_) | Settings::Jaas(_) | Settings::Url(_) => None,
        }
    }

    /// The server's own API, where the account knows its address.
    pub fn control(&self) -> Option<Control<'_>> {
        match &self.settings {
            Settings::Jitsi(jitsi) => Control::of(jitsi, self.key.as_ref(), self.issuer.as_ref()),
            Settings::Jaas(_) | Settings::Url(_) | Settings::Zoom(_) | Settings::GoogleMeet(_) | Settings::Teams(_) => None,
        }
    }

    /// How the provider is asked for reports, where it has to be.
    pub fn feed(&self) -> Option<&dyn Feed> {
        match &self.settings {
            Settings::GoogleMeet(google) => Some(google),
            Settings::Teams(teams) => Some(teams),
            Settings::Zoom(_) | Settings::Jitsi(_) | Settings::Jaas(_) | Settings::Url(_) => None,
        }
    }

    /// What a message of the provider only names.
    pub async fn follow(&self, caller: &Caller, ask: &Ask) -> Result<Reading, Trouble> {
        match &self.settings {
            Settings::GoogleMeet(google) => google.follow(caller, ask).await,
            Settings::Teams(teams) => teams.follow(caller, ask).await,
            Settings::Zoom(_) | Settings::Jitsi(_) | Settings::Jaas(_) | Settings::Url(_) => Ok(Reading::default()),
        }
    }

    /// What the provider knows of a meeting's calls that began at `since` or later.
    pub async fn calls_since(&self, caller: &Caller, there: &MadeRef<'_>, since: Timestamp) -> Result<Vec<Fact>, Trouble> {
        match &self.settings {
            Settings::GoogleMeet(google) => google.calls_since(caller, there.external_id, since).await,
            Settings::Teams(teams) => teams.calls_since(caller, there, since).await,
            Settings::Zoom(zoom) => zoom.calls_since(caller, there.external_id, since).await,
            Settings::Jitsi(_) | Settings::Jaas(_) | Settings::Url(_) => Ok(Vec::new()),
        }
    }

    /// A token that files are fetched with, where the provider gives them to the account only.
    pub async fn file_token(&self, caller: &Caller) -> Result<Option<SecretString>, Trouble> {
        match &self.settings {
            Settings::GoogleMeet(google) => caller.bearer("files", &google.files()).await.map(Some),
            Settings::Teams(teams) => caller.bearer("", teams).await.map(Some),
            Settings::Zoom(_) | Settings::Jitsi(_) | Settings::Jaas(_) | Settings::Url(_) => Ok(None),
        }
    }

    /// Calls per day that the provider allows, where it says so.
    pub fn daily_calls(&self) -> Option<i64> {
        match &self.settings {
            Settings::Zoom(zoom) => Some(zoom.daily_calls.map_or(2_000, i64::from)),
            Settings::GoogleMeet(google) => Some(google.daily_calls.map_or(10_000, i64::from)),
            Settings::Teams(teams) => Some(teams.daily_calls.map_or(10_000, i64::from)),
            Settings::Jitsi(_) | Settings::Jaas(_) | Settings::Url(_) => None,
        }
    }

    /// Who runs the calls: for people and answers. What differs is in the capabilities.
    pub fn kind(&self) -> ProviderKind {
        match self.settings {
            Settings::Jitsi(_) => ProviderKind::Jitsi,
            Settings::Jaas(_) => ProviderKind::Jaas,
            Settings::Url(_) => ProviderKind::Url,
            Settings::Zoom(_) => ProviderKind::Zoom,
            Settings::GoogleMeet(_) => ProviderKind::GoogleMeet,
            Settings::Teams(_) => ProviderKind::Teams,
        }
    }

    /// A token for `grant`; none where nobody needs one.
    pub fn mint(&self, grant: &Grant) -> Result<Option<MintedToken>, Failure> {
        let Some(key) = &self.key else { return Ok(None) };
        match &self.settings {
            Settings::Jitsi(_) => self.issuer.as_ref().map(|issuer| mint(key, &Claims::new(issuer, grant))).transpose(),
            Settings::Jaas(jaas) => mint(key, &JaasClaims::new(&jaas.app_id, grant)).map(Some),
            Settings::Url(_) | Settings::Zoom(_) | Settings::GoogleMeet(_) | Settings::Teams(_) => Ok(None),
        }
    }

    /// Whether the token goes into the query of the address.
    pub fn token_in_query(&self) -> bool {
        matches!(&self.settings, Settings::Jitsi(jitsi) if jitsi.token_in == TokenIn::Query)
    }

    /// What the server is expected to accept; nothing where there are no tokens.
    pub fn expectation(&self, room: Option<RoomName>) -> Option<ServerExpectation> {
        let key = Some(self.key.clone()?);
        match &self.settings {
            Settings::Jitsi(jitsi) => {
                let app_id = jitsi.app_id.clone()?;
                let audiences = vec![jitsi.audience.clone().unwrap_or_else(|| "*".to_owned())];
                Some(ServerExpectation { audiences, subject: Some(jitsi.subject()), room, ..ServerExpectation::self_hosted(app_id, key) })
            }
            Settings::Jaas(jaas) => Some(ServerExpectation { room, ..ServerExpectation::jaas(&jaas.app_id, key) }),
            Settings::Url(_) | Settings::Zoom(_) | Settings::GoogleMeet(_) | Settings::Teams(_) => None,
        }
    }
}

fn issuer(jitsi: &JitsiSettings) -> Option<Issuer> {
    let issuer = jitsi.app_id.clone()?;
    Some(Issuer { audience: jitsi.audience.clone().unwrap_or_else(|| issuer.clone()), subject: jitsi.subject(), issuer })
}

fn signing_key(id: Option<ProviderId>, settings: &Settings) -> Result<Option<SigningKey>, Failure> {
    match settings {
        Settings::Jitsi(jitsi) => match jitsi.algorithm() {
            SigningAlgorithm::Hs256 => Ok(jitsi.app_secret.as_ref().map(SigningKey::hs256)),
            SigningAlgorithm::Rs256 => jitsi.private_key.as_ref().map(|pem| SigningKey::rs256(kid(id, jitsi), pem)).transpose(),
        },
        Settings::Jaas(jaas) => SigningKey::rs256(&jaas.key_id, &jaas.private_key).map(Some),
        Settings::Url(_) | Settings::Zoom(_) | Settings::GoogleMeet(_) | Settings::Teams(_) => Ok(None),
    }
}

fn kid(id: Option<ProviderId>, jitsi: &JitsiSettings) -> String {
    jitsi.key_id.clone().unwrap_or_else(|| format!("omeet/{}", id.map(|id| id.to_string()).unwrap_or_default()))
}
