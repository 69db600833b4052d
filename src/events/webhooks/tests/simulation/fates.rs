//! Simulated processes: their clocks, and how they are killed at their database.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use tokio::runtime::{Handle, Id};

use super::REPLICAS;
use crate::db::standstill::Fate;
use crate::kernel::{Clock, Timestamp};

/// The simulated time, as a machine reads it that is somewhat ahead, or behind.
pub struct ReplicaClock {
    pub simulated_ms: Arc<AtomicI64>,
    pub ahead_ms: i64,
}

impl Clock for ReplicaClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.simulated_ms.load(Ordering::SeqCst) + self.ahead_ms).unwrap()
    }
}

/// Who is to be killed at the database, and who was.
#[derive(Default)]
pub struct Fates(RefCell<State>);

#[derive(Default)]
struct State {
    // Every life of a replica has a runtime of its own.
    replicas: HashMap<Id, usize>,
    doomed: [Option<(u32, bool)>; REPLICAS],
    dead: [bool; REPLICAS],
}

impl Fates {
    /// `replica` begins to live, in the runtime that asks.
    pub fn born(&self, replica: usize) {
        self.0.borrow_mut().replicas.insert(Handle::current().id(), replica);
    }

    /// Kills `replica` after so many operations, before or after the next one is `done`.
    pub fn doom(&self, replica: usize, operations: u32, done: bool) {
        self.0.borrow_mut().doomed[replica] = Some((operations, done));
    }

    /// What becomes of whoever turns to its database now.
    pub fn decide(&self) -> Fate {
        let mut state = self.0.borrow_mut();
        let who = Handle::try_current().ok().and_then(|runtime| state.replicas.get(&runtime.id()).copied());
        let Some(replica) = who else { return Fate::Lives };
        if state.dead[replica] {
            return Fate::DiesBefore;
        }
        let (fate, doomed) = match state.doomed[replica] {
            None => (Fate::Lives, None),
            Some((0, done)) => (if done { Fate::DiesAfter } else { Fate::DiesBefore }, None),
            Some((operations, done)) => (Fate::Lives, Some((operations - 1, done))),
        };
        state.doomed[replica] = doomed;
        state.dead[replica] = fate != Fate::Lives;
        fate
    }

    /// Replicas that were killed since this was last asked: nothing that they do counts any more.
    pub fn bury(&self) -> Vec<usize> {
        let dead = std::mem::take(&mut self.0.borrow_mut().dead);
        (0..REPLICAS).filter(|replica| dead[*replica]).collect()
    }

    /// `replica` begins anew, whatever was to become of it.
    pub fn spare(&self, replica: usize) {
        self.0.borrow_mut().doomed[replica] = None;
    }
}
