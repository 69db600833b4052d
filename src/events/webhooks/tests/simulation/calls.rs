//! What is asked of omeet meanwhile: things happen to several subjects of two organizations.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use rand::RngExt as _;
use rand::rngs::StdRng;
use secrecy::SecretString;
use serde_json::json;

use super::ledger::{Door, Ledger};
use crate::db::Db;
use crate::db::standstill::OUTSIDE;
use crate::db::testing::organization;
use crate::events::webhooks::model::NewEndpoint;
use crate::events::webhooks::store::deliveries;
use crate::events::webhooks::{DeliveryFilter, DeliveryState, service};
use crate::events::{NewEvent, append, latest_seq};
use crate::kernel::{Ctx, Failure, OrgId, Sealer};

/// Where messages go: the path at the ERP, whose, and which.
const DOORS: [(&str, usize, &str); 3] = [("/0/all", 0, "*"), ("/0/bookings", 0, "booking.*"), ("/1/all", 1, "*")];
const KINDS: [&str; 2] = ["meeting.updated", "booking.created"];
const SUBJECTS: usize = 4;

/// Something that happens after a pause, by way of a replica.
#[derive(Clone, Copy)]
struct Call {
    pause_ms: u64,
    replica: usize,
    org: usize,
    kind: &'static str,
    subject: usize,
    length: usize,
}

/// Everything that happens.
#[derive(Clone)]
pub struct Calls {
    orgs: [OrgId; 2],
    calls: Rc<Vec<Call>>,
}

impl Calls {
    pub fn new(rng: &mut StdRng, db: &Db, sealer: &Arc<Sealer>, ledger: &Ledger) -> Self {
        let orgs = OUTSIDE.block_on(async { [organization(db).await, organization(db).await] });
        for (path, org, types) in DOORS {
            let secret = OUTSIDE.block_on(endpoint(db, sealer.clone(), orgs[org], path, types)).unwrap();
            ledger.with(|pages| pages.doors.push(Door { path, org, secret, wanted: BTreeSet::new() }));
        }
        let calls = (0..rng.random_range(20..50)).map(|_| Call {
            // Some come at once, some after a while.
            pause_ms: if rng.random() { 0 } else { rng.random_range(0..4_000) },
            replica: rng.random_range(0..super::REPLICAS),
            org: rng.random_range(0..2),
            kind: KINDS[rng.random_range(0..2)],
            subject: rng.random_range(0..SUBJECTS),
            length: if rng.random_bool(0.1) { rng.random_range(0..20_000) } else { 10 },
        });
        Self { orgs, calls: Rc::new(calls.collect()) }
    }

    pub async fn make(self, dbs: Vec<Db>, ledger: Ledger) -> turmoil::Result {
        for call in &*self.calls {
            tokio::time::sleep(Duration::from_millis(call.pause_ms)).await;
            let seq = happens(&dbs[call.replica], self.orgs[call.org], *call).await?;
            ledger.with(|pages| {
                let doors = pages.doors.iter_mut().zip(DOORS);
                let wanting = doors.filter(|(_, (_, org, types))| *org == call.org && (*types == "*" || call.kind == KINDS[1]));
                wanting.for_each(|(door, _)| door.wanted.extend([seq]));
            });
        }
        Ok(())
    }

    /// Whether omeet knows of everything that it was taken.
    pub fn is_delivered(&self, db: &Db) -> bool {
        let filter = DeliveryFilter { state: Some(DeliveryState::Pending), ..DeliveryFilter::default() };
        self.orgs.iter().all(|org| {
            let ctx = Ctx::system(*org, "test".into());
            let pending = OUTSIDE.block_on(async { deliveries::list(&mut db.reader().await.unwrap(), &ctx, &filter).await.unwrap() });
            pending.items.is_empty()
        })
    }
}

async fn endpoint(db: &Db, sealer: Arc<Sealer>, org: OrgId, path: &str, types: &str) -> Result<SecretString, Failure> {
    let new = NewEndpoint { url: format!("http://erp{path}"), description: None, event_types: Some(vec![types.to_owned()]) };
    let (ctx, sealing) = (Ctx::system(org, "test".into()), sealer.clone());
    let created = db.unit(move |tx| Box::pin(async move { service::create(tx, &ctx, &sealing, new).await })).await?;
    Ok(created.open(&sealer)?.secret.into())
}

async fn happens(db: &Db, org: OrgId, call: Call) -> Result<i64, Failure> {
    let subject = format!("{}-{}", call.org, call.subject);
    let event = NewEvent::new(call.kind, subject, json!({ "org": call.org, "text": "ü".repeat(call.length) }));
    db.unit(move |tx| {
        Box::pin(async move {
            append(tx, org, event).await?;
            latest_seq(tx, org).await
        })
    })
    .await
}
