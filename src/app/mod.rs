//! The composition root: the one folder that knows every capability.
//!
//! | file | holds |
//! |---|---|
//! | `capabilities` | what the service can do, whatever the door |
//! | `methods` | every method |
//! | `routes` | which address leads where |
//! | `work` | what runs beside calls |

mod capabilities;
mod methods;
mod routes;
mod work;

use std::ops::Deref;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

pub use capabilities::Capabilities;

use crate::admin::Admin;
use crate::config::{self, Config};
use crate::kernel::clock::{SharedClock, SystemEntropy};
use crate::kernel::{Clock, Entropy};
use crate::odoo::Odoo;
use crate::providers;
use crate::rpc::Dispatcher;
use crate::rpc::http::Doors;
use crate::rpc::openrpc::{Described, Discovery};

/// Everything that runs, built once.
pub struct App {
    capabilities: Capabilities,
    /// The Odoo dialect.
    pub odoo: Arc<Odoo>,
    doors: Doors,
    discovery: Discovery,
    base: Arc<str>,
    metrics: config::Metrics,
    admin: Admin,
}

impl Deref for App {
    type Target = Capabilities;

    fn deref(&self) -> &Capabilities {
        &self.capabilities
    }
}

impl App {
    /// Opens the database and puts everything together.
    ///
    /// # Errors
    /// When the database does not open or a setting does not fit.
    pub async fn build(config: &Config, base: &str, stop: CancellationToken) -> anyhow::Result<Self> {
        Self::build_with(config, base, stop, Arc::new(SharedClock::default()), Arc::new(SystemEntropy)).await
    }

    /// As [`App::build`], with a clock and randomness of the caller's.
    pub async fn build_with(
        config: &Config,
        base: &str,
        stop: CancellationToken,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> anyhow::Result<Self> {
        providers::jitsi::token::crypto::install();
        let of = Capabilities::open(config, base, clock, entropy.clone()).await?;
        let discovery = Discovery::default();
        let registry = methods::registry(&of, config, base, &discovery);
        let specs = discovery.methods().iter().map(|method| (method.spec.name, method.spec)).collect();
        let dispatcher = Arc::new(Dispatcher::new(registry, of.gate.clone(), entropy, config.limits.clone()));
        let odoo = Odoo::new(of.gate.clone(), of.meetings.clone(), of.joining.clone(), of.recordings.clone(), config.odoo.clone(), specs)?;
        Ok(Self {
            admin: Admin::new(&of.gate, &of.sealer, &config.admin, base.starts_with("https:")),
            odoo: Arc::new(odoo),
            doors: Doors { dispatcher, origins: Arc::new(origins(config, base)), stop },
            discovery,
            base: base.into(),
            metrics: config.metrics.clone(),
            capabilities: of,
        })
    }

    /// What every method says of itself.
    pub fn methods(&self) -> impl Iterator<Item = &Described> {
        self.discovery.methods().iter()
    }

    /// What stands behind every door.
    pub fn dispatcher(&self) -> &Arc<Dispatcher> {
        &self.doors.dispatcher
    }
}

fn origins(config: &Config, base: &str) -> Vec<String> {
    let own = url::Url::parse(base).map(|url| url.origin().ascii_serialization());
    own.into_iter().chain(config.server.origins()).collect()
}

/// The OpenRPC document of a service with this configuration; needs no database but one in memory.
///
/// # Errors
/// When a setting does not fit.
pub async fn describe(config: &Config) -> anyhow::Result<serde_json::Value> {
    let mut config = config.clone();
    config.database.url = "sqlite://?mode=memory".to_owned().into();
    config.secrets.master_key = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, [0_u8; 32]).into();
    let app = App::build(&config, &config.server.base(), CancellationToken::new()).await?;
    Ok(app.discovery.document().clone())
}
