//! What befalls the processes and their lines, drawn from the seed.

use rand::RngExt as _;
use rand::rngs::StdRng;

use super::{ERP, REPLICAS, TROUBLED_MS};

/// What happens to a process, or to the line between a replica and the ERP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    Kill,
    /// `kill -9` at its database: after so many more operations, before or after the one that follows is done.
    KillAtDatabase {
        operations: u32,
        done: bool,
    },
    /// SIGTERM.
    Stop,
    Start,
    /// What is sent is lost: both ways, on the way there, on the way back.
    Cut,
    CutThere,
    CutBack,
    /// What is sent arrives when the line is whole again.
    Hold,
    Mend,
}

/// To whom (a replica by its number, or [`ERP`]), and when.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    pub at_ms: u64,
    pub whom: usize,
    pub act: Act,
}

/// In order of time; at its end everybody runs and every line is whole.
pub fn plan(rng: &mut StdRng) -> Vec<Step> {
    let mut steps = Vec::new();
    for replica in 0..REPLICAS {
        befalls(&mut steps, rng, replica, 20_000, Act::Start, death);
        befalls(&mut steps, rng, replica, 40_000, Act::Mend, break_line);
    }
    befalls(&mut steps, rng, ERP, 60_000, Act::Start, |_| Act::Kill);
    steps.sort_by_key(|step| step.at_ms);
    steps
}

// One thing after another, each followed by its remedy and by at most so long a peace.
fn befalls(steps: &mut Vec<Step>, rng: &mut StdRng, whom: usize, peace_ms: u64, remedy: Act, mut draw: impl FnMut(&mut StdRng) -> Act) {
    let mut now_ms = rng.random_range(0..peace_ms);
    loop {
        let until_ms = now_ms + rng.random_range(500..15_000);
        if until_ms >= TROUBLED_MS {
            return;
        }
        steps.push(Step { at_ms: now_ms, whom, act: draw(rng) });
        steps.push(Step { at_ms: until_ms, whom, act: remedy });
        now_ms = until_ms + rng.random_range(1_000..peace_ms);
    }
}

fn death(rng: &mut StdRng) -> Act {
    match rng.random_range(0..10) {
        0..3 => Act::Kill,
        3..5 => Act::Stop,
        _ => Act::KillAtDatabase { operations: rng.random_range(0..8), done: rng.random() },
    }
}

fn break_line(rng: &mut StdRng) -> Act {
    [Act::Cut, Act::CutThere, Act::CutBack, Act::Hold, Act::Hold][rng.random_range(0..5)]
}
