//! From facts to calls, intervals and people.

use std::collections::BTreeMap;

use crate::kernel::Timestamp;
use crate::meetings::LatestRun;
use crate::providers::facts::{Run, Step};

/// Somebody came or went, as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point {
    /// The call, where the provider names it.
    pub run: String,
    /// Who, as the provider names the connection.
    pub person: String,
    /// What they did.
    pub step: Step,
    /// When.
    pub at: Timestamp,
}

/// A stay in a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interval {
    /// Since when.
    pub from: Timestamp,
    /// Until when; absent while it goes on.
    pub to: Option<Timestamp>,
}

/// A call, complete or under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Call {
    /// Since when.
    pub from: Timestamp,
    /// Until when; absent while it goes on.
    pub to: Option<Timestamp>,
}

/// All calls in order, and everybody's stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Timeline {
    /// Calls, earliest first.
    pub calls: Vec<Call>,
    /// Stays by connection, earliest first.
    pub stays: BTreeMap<String, Vec<Interval>>,
}

impl Timeline {
    /// What `runs` and `points` say together, in whatever order they are given.
    pub fn new(runs: &[Run], points: &[Point]) -> Self {
        let mut calls = calls(runs, points);
        let mut stays: BTreeMap<String, Vec<Interval>> = BTreeMap::new();
        for point in points {
            stays.entry(point.person.clone()).or_default();
        }
        for (person, stays) in &mut stays {
            *stays = intervals(points.iter().filter(|point| point.person == *person), &calls);
        }
        stays.retain(|_, stays| !stays.is_empty());
        if let Some(call) = unreported(&calls, &stays) {
            calls.push(call);
        }
        Self { calls, stays }
    }

    /// When the first call began, of those that began at `since` or later.
    pub fn first_start(&self, since: Option<Timestamp>) -> Option<Timestamp> {
        self.calls_since(since).next().map(|call| call.from)
    }

    /// The latest call, of those that began at `since` or later.
    pub fn latest(&self, since: Option<Timestamp>) -> Option<LatestRun> {
        self.calls_since(since).last().map(|call| LatestRun { started_at: call.from, ended_at: call.to })
    }

    fn calls_since(&self, since: Option<Timestamp>) -> impl Iterator<Item = &Call> {
        self.calls.iter().filter(move |call| since.is_none_or(|since| call.from >= since))
    }
}

// A room has one call at a time: a later one says that those before it are over, whether or not their end was reported.
fn calls(runs: &[Run], points: &[Point]) -> Vec<Call> {
    let mut calls: Vec<Call> = runs.iter().filter_map(|run| call(run, points)).collect();
    calls.sort_by_key(|call| (call.from, call.to.is_none(), call.to));
    let starts: Vec<Timestamp> = calls.iter().skip(1).map(|call| call.from).collect();
    for (call, next) in calls.iter_mut().zip(starts) {
        call.to = Some(call.to.unwrap_or(next));
    }
    calls
}

fn call(run: &Run, points: &[Point]) -> Option<Call> {
    let seen = || {
        points.iter().filter(|point| !run.key.is_empty() && point.run == run.key && point.step == Step::Came).map(|point| point.at).min()
    };
    let from = run.started_at.or_else(seen).or(run.ended_at)?;
    Some(Call { from, to: run.ended_at.map(|to| to.max(from)) })
}

/// Stays of one person: a stay that nobody reported the end of ends with its call.
fn intervals<'a>(points: impl Iterator<Item = &'a Point>, calls: &[Call]) -> Vec<Interval> {
    let mut points: Vec<&Point> = points.filter(|point| matches!(point.step, Step::Came | Step::Went)).collect();
    points.sort_by_key(|point| (point.at, point.step == Step::Came));
    let mut stays: Vec<Interval> = Vec::new();
    let mut waiting_for_start: Option<Timestamp> = None;
    for point in points {
        let open = stays.last().is_some_and(|stay| stay.to.is_none());
        match point.step {
            Step::Came if !open => {
                // Left in the second they came: the two cannot be told apart by their times.
                let to = waiting_for_start.take().filter(|at| *at == point.at);
                stays.push(Interval { from: point.at, to });
            }
            Step::Went if open => {
                if let Some(stay) = stays.last_mut() {
                    stay.to = Some(point.at);
                }
            }
            Step::Went => waiting_for_start = Some(point.at),
            Step::Came | Step::Knocked | Step::LeftLobby => {}
        }
    }
    for stay in stays.iter_mut().filter(|stay| stay.to.is_none()) {
        stay.to = end_of_call(stay.from, calls);
    }
    stays
}

fn end_of_call(from: Timestamp, calls: &[Call]) -> Option<Timestamp> {
    calls.iter().find(|call| call.to.is_some_and(|to| to >= from)).filter(|call| call.from <= from.plus_secs(60)).and_then(|call| call.to)
}

/// People came after the last call that was reported: its beginning was lost on the way.
fn unreported(calls: &[Call], stays: &BTreeMap<String, Vec<Interval>>) -> Option<Call> {
    let last = calls.last().copied();
    if last.is_some_and(|call| call.to.is_none()) {
        return None;
    }
    let ended = last.and_then(|call| call.to);
    let later: Vec<&Interval> = stays.values().flatten().filter(|stay| ended.is_none_or(|ended| stay.from > ended)).collect();
    let from = later.iter().map(|stay| stay.from).min()?;
    let to = if later.iter().any(|stay| stay.to.is_none()) { None } else { later.iter().filter_map(|stay| stay.to).max() };
    Some(Call { from, to })
}
