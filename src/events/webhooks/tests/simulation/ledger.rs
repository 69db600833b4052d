//! What was sent and what the ERP applied, and whether that is right.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

use secrecy::SecretString;
use serde_json::Value;

use super::{BEGIN_MS, REPLICAS};
use crate::events::webhooks::signature;

/// Where an endpoint's messages arrive: what is wanted there, and what belongs there.
pub struct Door {
    pub path: &'static str,
    pub org: usize,
    pub secret: SecretString,
    pub wanted: BTreeSet<i64>,
}

/// A message as it arrived.
pub struct Arrived {
    pub path: String,
    pub headers: hyper::HeaderMap,
    pub body: Vec<u8>,
}

impl Arrived {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// Shared by everybody in a simulated world.
#[derive(Clone, Default)]
pub struct Ledger(Arc<Mutex<Pages>>);

#[derive(Default)]
pub struct Pages {
    pub doors: Vec<Door>,
    /// Everything that happened, with its time.
    pub log: Vec<String>,
    /// What must not have.
    pub wrong: Vec<String>,
    /// Messages that were sent.
    pub sent: usize,
    applied: BTreeMap<String, BTreeSet<i64>>,
    ids: HashMap<(String, String), i64>,
    last: HashMap<(String, String), i64>,
    sending: HashMap<(String, String), usize>,
}

/// A message is on its way as long as this is.
pub struct Sending(Ledger, (String, String));

impl Drop for Sending {
    fn drop(&mut self) {
        self.0.with(|pages| pages.sending.remove(&self.1));
    }
}

impl Ledger {
    pub fn with<T>(&self, write: impl FnOnce(&mut Pages) -> T) -> T {
        write(&mut self.0.lock().unwrap())
    }

    pub fn note(&self, what: &str) {
        let at = turmoil::sim_elapsed().map_or_else(String::new, |at| format!("{:>8.3} ", at.as_secs_f64()));
        self.with(|pages| pages.log.push(format!("{at}{what}")));
    }

    pub fn wrong(&self, what: String) {
        self.note(&format!("WRONG: {what}"));
        self.with(|pages| pages.wrong.push(what));
    }

    /// A replica begins to send. Of a subject one message is on its way at a time, whoever sends it.
    pub fn begin(&self, replica: usize, path: &str, body: &str) -> Sending {
        assert!(replica < REPLICAS);
        let subject = serde_json::from_str::<Value>(body).unwrap()["subject"].as_str().unwrap().to_owned();
        let key = (path.to_owned(), subject);
        let other = self.with(|pages| {
            pages.sent += 1;
            pages.sending.insert(key.clone(), replica)
        });
        if let Some(other) = other {
            self.wrong(format!("{key:?} is on its way from replica {other} and from replica {replica}"));
        }
        Sending(self.clone(), key)
    }

    /// The ERP applies a message, unless it has done so before.
    pub fn apply(&self, arrived: &Arrived) {
        let body: Value = serde_json::from_slice(&arrived.body).unwrap_or_default();
        let (path, id) = (arrived.path.clone(), arrived.header("webhook-id").to_owned());
        let (seq, subject) = (body["seq"].as_i64().unwrap_or(0), body["subject"].as_str().unwrap_or_default().to_owned());
        if let Err(why) = self.with(|pages| pages.check(arrived, &body)) {
            self.wrong(format!("{path} {seq}: {why}"));
        }
        let known = self.with(|pages| pages.ids.insert((path.clone(), id), seq));
        if known.is_some() {
            return;
        }
        let before = self.with(|pages| {
            pages.applied.entry(path.clone()).or_default().insert(seq);
            pages.last.insert((path.clone(), subject.clone()), seq)
        });
        if before.is_some_and(|before| before >= seq) {
            self.wrong(format!("{path} {subject}: {seq} after {before:?}"));
        }
    }

    /// Everything that is wanted anywhere was applied there.
    pub fn is_complete(&self) -> bool {
        self.with(|pages| pages.doors.iter().all(|door| pages.applied.get(door.path).map_or(0, BTreeSet::len) == door.wanted.len()))
    }

    pub fn is_wrong(&self) -> bool {
        self.with(|pages| !pages.wrong.is_empty())
    }

    /// What is missing, and what should not be there.
    pub fn settle(&self) {
        let wrong = self.with(|pages| {
            let applied = |door: &Door| pages.applied.get(door.path).cloned().unwrap_or_default();
            let differs = pages.doors.iter().filter(|door| applied(door) != door.wanted);
            differs.map(|door| format!("{}: applied {:?} of {:?}", door.path, applied(door), door.wanted)).collect::<Vec<_>>()
        });
        wrong.into_iter().for_each(|what| self.wrong(what));
    }
}

impl Pages {
    fn check(&self, arrived: &Arrived, body: &Value) -> Result<(), &'static str> {
        let door = self.doors.iter().find(|door| door.path == arrived.path).ok_or("nobody's")?;
        let (id, text) = (arrived.header("webhook-id"), std::str::from_utf8(&arrived.body).unwrap_or_default());
        let timestamp_s: i64 = arrived.header("webhook-timestamp").parse().map_err(|_| "no timestamp")?;
        let signed = signature::header(std::slice::from_ref(&door.secret), id, timestamp_s, text).map_err(|_| "no secret")?;
        let is = |right: bool, otherwise| if right { Ok(()) } else { Err(otherwise) };
        is(signed == arrived.header("webhook-signature"), "not signed with the secret of this endpoint")?;
        is(body["id"] == id, "another event than its webhook-id says")?;
        is(body["data"]["org"] == door.org, "another organization's")?;
        let now_s = (BEGIN_MS + i64::try_from(turmoil::sim_elapsed().unwrap_or_default().as_millis()).unwrap_or(0)) / 1000;
        is((now_s - timestamp_s).abs() < 300, "its timestamp would be refused")
    }
}
