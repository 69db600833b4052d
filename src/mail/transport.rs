//! The mail server.

use std::sync::Arc;
use std::time::Duration;

use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::{PoolConfig, extension::ClientId};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};
use secrecy::ExposeSecret as _;

use super::dkim::Signer;
use super::message;
use super::store::Parcel;
use crate::config::{self, MailSecurity};
use crate::kernel::Timestamp;

/// What the mail server made of a letter.
#[derive(Debug)]
pub(super) enum Verdict {
    /// It took it.
    Taken,
    /// Not now.
    Later(String),
    /// Never.
    Never(String),
}

/// Sends letters; clones share connections.
#[derive(Clone)]
pub struct Mailer(Option<Arc<Inner>>);

struct Inner {
    smtp: AsyncSmtpTransport<Tokio1Executor>,
    config: config::Mail,
    signer: Option<Signer>,
}

impl Mailer {
    /// From the configuration; without a host nothing is sent.
    ///
    /// # Errors
    /// When the DKIM key or the TLS settings cannot be used.
    pub fn new(config: &config::Mail) -> anyhow::Result<Self> {
        if !config.is_on() {
            return Ok(Self(None));
        }
        let timeout = Duration::from_secs(config.timeout_s);
        let mut smtp = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&config.host)
            .port(config.port)
            .tls(tls(config)?)
            .timeout(Some(timeout))
            .hello_name(ClientId::default())
            .pool_config(PoolConfig::new().max_size(config.connections).idle_timeout(Duration::from_secs(20)));
        if !config.user.is_empty() {
            smtp = smtp.credentials(Credentials::new(config.user.clone(), config.password.expose_secret().to_owned()));
        }
        let signer = Signer::new(config)?;
        Ok(Self(Some(Arc::new(Inner { smtp: smtp.build(), config: config.clone(), signer }))))
    }

    /// Connects, encrypts and signs in as a letter would, and sends none.
    ///
    /// # Errors
    /// What the mail server says, or why there is none.
    pub async fn greet(&self) -> Result<(), String> {
        let Some(inner) = &self.0 else { return Err("no mail server is configured (mail.host)".to_owned()) };
        match tokio::time::timeout(Duration::from_secs(inner.config.timeout_s), inner.smtp.test_connection()).await {
            Ok(Ok(true)) => Ok(()),
            Ok(Ok(false)) => Err("does not answer as a mail server".to_owned()),
            Ok(Err(error)) => Err(described(&error)),
            Err(_) => Err(format!("took longer than {} s", inner.config.timeout_s)),
        }
    }

    /// Sends a letter. lettre limits only the time to connect, so the whole is limited here; a letter that took too long may have
    /// arrived, and the next attempt has the same `Message-ID`.
    pub(super) async fn send(&self, parcel: &Parcel, now: Timestamp) -> Verdict {
        let Some(inner) = &self.0 else { return Verdict::Never("no mail server is configured (mail.host)".to_owned()) };
        let date = std::time::UNIX_EPOCH + Duration::from_secs(u64::try_from(now.secs()).unwrap_or(0));
        let message = match message::build(parcel, &inner.config, date) {
            Ok(message) => message,
            Err(why) => return Verdict::Never(why),
        };
        let (envelope, mut raw) = (message.envelope().clone(), message.formatted());
        if let Some(signer) = &inner.signer {
            match signer.sign(&raw, now) {
                Ok(header) => raw.splice(..0, header.into_bytes()).for_each(drop),
                Err(error) => return Verdict::Later(format!("DKIM: {error}")),
            }
        }
        match tokio::time::timeout(Duration::from_secs(inner.config.timeout_s), inner.smtp.send_raw(&envelope, &raw)).await {
            Ok(Ok(_)) => Verdict::Taken,
            Ok(Err(error)) if error.is_permanent() => Verdict::Never(error.to_string()),
            Ok(Err(error)) => Verdict::Later(described(&error)),
            Err(_) => Verdict::Later(format!("the mail server took longer than {} s", inner.config.timeout_s)),
        }
    }
}

fn described(error: &lettre::transport::smtp::Error) -> String {
    match std::error::Error::source(error) {
        Some(source) if !error.to_string().contains(&source.to_string()) => format!("{error}: {source}"),
        _ => error.to_string(),
    }
}

fn tls(config: &config::Mail) -> anyhow::Result<Tls> {
    let parameters = || TlsParameters::new(config.host.clone());
    Ok(match config.security {
        MailSecurity::None => Tls::None,
        MailSecurity::Tls => Tls::Wrapper(parameters()?),
        MailSecurity::Starttls => Tls::Required(parameters()?),
        MailSecurity::Opportunistic => Tls::Opportunistic(parameters()?),
    })
}
