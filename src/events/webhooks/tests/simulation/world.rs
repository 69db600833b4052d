//! A world from its seed to its end.

use std::path::Path;
use std::rc::Rc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, UNIX_EPOCH};

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use turmoil::{Builder, Sim};

use super::calls::Calls;
use super::database::{database, folder_with_database};
use super::erp::Erp;
use super::fates::{Fates, ReplicaClock};
use super::ledger::Ledger;
use super::plan::{Act, Step, plan};
use super::replica::Replica;
use super::{BEGIN_MS, ERP, REPLICAS, SETTLED_MS};
use crate::db::standstill::{OUTSIDE, decide_by};
use crate::kernel::Sealer;

const NAMES: [&str; REPLICAS + 1] = ["replica-0", "replica-1", "replica-2", "erp"];
const TICK: Duration = Duration::from_millis(100);
/// Clocks of replicas are off by so much at the most.
const OFF_MS: i64 = 4_000;

/// What became of a world.
pub struct Outcome {
    pub log: Vec<String>,
    pub wrong: Vec<String>,
    /// Events to deliver, messages sent, deaths.
    pub met: [usize; 3],
}

/// Lives through the world of `seed`.
pub fn live(seed: u64) -> Outcome {
    let folder = folder_with_database();
    let mut world = World::new(seed, folder.path());
    world.run();
    world.end()
}

struct World {
    sim: Sim<'static>,
    simulated_ms: Arc<AtomicI64>,
    replicas: Vec<Replica>,
    calls: Calls,
    fates: Rc<Fates>,
    ledger: Ledger,
    plan: std::vec::IntoIter<Step>,
    next: Option<Step>,
    deaths: usize,
}

impl World {
    fn new(seed: u64, folder: &Path) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let (ledger, fates, simulated_ms) = (Ledger::default(), Rc::new(Fates::default()), Arc::new(AtomicI64::new(BEGIN_MS)));
        let deciding = fates.clone();
        decide_by(move || deciding.decide());
        let mut sim = simulation(&mut rng);
        let sealer = Arc::new(Sealer::new(&"BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=".into()).unwrap());
        let replicas: Vec<Replica> = (0..REPLICAS)
            .map(|number| {
                let clock = ReplicaClock { simulated_ms: simulated_ms.clone(), ahead_ms: rng.random_range(-OFF_MS..OFF_MS) };
                let db = OUTSIDE.block_on(database(folder, clock, rng.random()));
                let (sealer, ledger, fates) = (sealer.clone(), ledger.clone(), fates.clone());
                Replica { number, db, sealer, ledger, rng: own(&mut rng), fates, stop: Rc::default() }
            })
            .collect();
        let calls = Calls::new(&mut rng, &replicas[0].db, &sealer, &ledger);
        for replica in &replicas {
            let replica = replica.clone();
            sim.host(NAMES[replica.number], move || replica.clone().live());
        }
        let erp = Erp { ledger: ledger.clone(), rng: own(&mut rng) };
        sim.host(NAMES[ERP], move || erp.clone().serve());
        let dbs = replicas.iter().map(|replica| replica.db.clone()).collect();
        sim.client("calls", calls.clone().make(dbs, ledger.clone()));
        let mut plan = plan(&mut rng).into_iter();
        let next = plan.next();
        Self { sim, simulated_ms, replicas, calls, fates, ledger, plan, next, deaths: 0 }
    }

    fn run(&mut self) {
        loop {
            let now_ms = u64::try_from(self.sim.elapsed().as_millis()).unwrap();
            self.simulated_ms.store(BEGIN_MS + i64::try_from(now_ms).unwrap(), Ordering::SeqCst);
            while let Some(step) = self.next.filter(|step| step.at_ms <= now_ms) {
                self.act(step);
                self.next = self.plan.next();
            }
            let called = self.sim.step().unwrap();
            for replica in self.fates.bury() {
                self.kill(replica);
            }
            if now_ms > SETTLED_MS {
                self.ledger.wrong("not everything is delivered".to_owned());
            }
            let done = called && self.next.is_none() && self.ledger.is_complete() && self.calls.is_delivered(&self.replicas[0].db);
            if done || self.ledger.is_wrong() {
                return self.ledger.settle();
            }
        }
    }

    fn end(self) -> Outcome {
        drop(self.sim);
        for replica in &self.replicas {
            OUTSIDE.block_on(replica.db.close());
        }
        let deaths = self.deaths;
        self.ledger.with(|pages| {
            let (log, wrong) = (std::mem::take(&mut pages.log), std::mem::take(&mut pages.wrong));
            let wanted = pages.doors.iter().map(|door| door.wanted.len()).sum();
            Outcome { log, wrong, met: [wanted, pages.sent, deaths] }
        })
    }

    fn note(&self, what: &str) {
        self.ledger.with(|pages| pages.log.push(format!("{:>8.3} {what}", self.sim.elapsed().as_secs_f64())));
    }

    fn kill(&mut self, whom: usize) {
        self.note(&format!("{} is killed", NAMES[whom]));
        self.deaths += 1;
        self.sim.crash(NAMES[whom]);
    }

    fn act(&mut self, Step { whom, act, .. }: Step) {
        let (name, erp) = (NAMES[whom], NAMES[ERP]);
        self.note(&format!("{name}: {act:?}"));
        match act {
            Act::Kill => self.kill(whom),
            Act::KillAtDatabase { operations, done } => self.fates.doom(whom, operations, done),
            Act::Stop => self.replicas[whom].stop.borrow().cancel(),
            Act::Start => self.start(whom),
            Act::Cut => self.sim.partition(name, erp),
            Act::CutThere => self.sim.partition_oneway(name, erp),
            Act::CutBack => self.sim.partition_oneway(erp, name),
            Act::Hold => self.sim.hold(name, erp),
            Act::Mend => {
                self.sim.release(name, erp);
                self.sim.repair(name, erp);
            }
        }
    }

    // Who was to be killed and was not is spared; who does not stop in time is killed.
    fn start(&mut self, whom: usize) {
        let stopping = whom < REPLICAS && self.replicas[whom].stop.borrow().is_cancelled();
        if whom < REPLICAS {
            self.fates.spare(whom);
        }
        if stopping || !self.sim.is_host_running(NAMES[whom]) {
            self.sim.bounce(NAMES[whom]);
        }
    }
}

fn own(rng: &mut StdRng) -> Arc<Mutex<StdRng>> {
    Arc::new(Mutex::new(StdRng::seed_from_u64(rng.random())))
}

// Networks are quick or slow.
fn simulation(rng: &mut StdRng) -> Sim<'static> {
    let begin = UNIX_EPOCH + Duration::from_millis(u64::try_from(BEGIN_MS).unwrap());
    let slowest = Duration::from_millis([10, 100, 800][rng.random_range(0..3)]);
    let mut builder = Builder::new();
    builder.epoch(begin).rng_seed(rng.random()).tick_duration(TICK).enable_random_order();
    builder.simulation_duration(Duration::from_secs(3600)).max_message_latency(slowest);
    builder.build()
}
