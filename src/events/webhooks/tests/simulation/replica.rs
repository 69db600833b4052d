//! One of several processes on one database.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::{Arc, Mutex};

use rand::rngs::StdRng;
use tokio_util::sync::CancellationToken;

use super::CONFIG;
use super::fates::Fates;
use super::ledger::Ledger;
use super::line::Line;
use crate::db::Db;
use crate::events::webhooks::delivery::Deliverer;
use crate::events::webhooks::fanout;
use crate::events::webhooks::sender::Sender;
use crate::kernel::Sealer;

/// What outlives its lives.
#[derive(Clone)]
pub struct Replica {
    pub number: usize,
    pub db: Db,
    pub sealer: Arc<Sealer>,
    pub ledger: Ledger,
    pub rng: Arc<Mutex<StdRng>>,
    pub fates: Rc<Fates>,
    /// Of the present life.
    pub stop: Rc<RefCell<CancellationToken>>,
}

impl Replica {
    pub async fn live(self) -> turmoil::Result {
        self.fates.born(self.number);
        let stop = CancellationToken::new();
        self.stop.replace(stop.clone());
        let Self { number: replica, db, sealer, ledger, rng, .. } = self;
        let sender = Sender::by(Line { replica, ledger, rng });
        let deliverer = Deliverer::sending(sender, db.clone(), sealer, i64::try_from(CONFIG.timeout_s)?);
        let delivering = tokio::spawn(deliverer.serve(stop.clone()));
        let fanning_out = tokio::spawn(fanout::serve(db, stop));
        delivering.await?;
        Ok(fanning_out.await?)
    }
}
