//! Where time and randomness come from. A lint (`clippy.toml`) forbids reading either anywhere else.

use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::Timestamp;

/// Tells the time. Units of work read it once, at their beginning.
pub trait Clock: Send + Sync + 'static {
    /// The present instant.
    fn now(&self) -> Timestamp;

    /// Goes so much further ahead (or back, when negative) from now on, if it is a clock that others may set.
    fn shift(&self, _ms: i64) {}
}

/// The machine's clock.
#[derive(Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(jiff::Timestamp::now().as_millisecond()).unwrap_or(Timestamp::from_secs(0))
    }
}

/// The machine's clock, set right by the one that several machines share: they have to agree on what is due, and on whose lease is over.
#[derive(Debug, Default)]
pub struct SharedClock {
    ahead_ms: AtomicI64,
}

impl Clock for SharedClock {
    fn now(&self) -> Timestamp {
        SystemClock.now().plus_ms(self.ahead_ms.load(Ordering::Relaxed))
    }

    fn shift(&self, ms: i64) {
        self.ahead_ms.fetch_add(ms, Ordering::Relaxed);
    }
}

/// A clock that stands still until it is told to move.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// Starts at `now`.
    pub fn at(now: Timestamp) -> Self {
        Self(AtomicI64::new(now.ms()))
    }

    /// Moves forward (or back, when negative).
    pub fn advance_secs(&self, secs: i64) {
        self.0.fetch_add(secs * 1000, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.0.load(Ordering::SeqCst)).unwrap_or(Timestamp::from_secs(0))
    }
}

/// Random bytes fit for secrets.
pub trait Entropy: Send + Sync + 'static {
    /// Fills `bytes`.
    fn fill(&self, bytes: &mut [u8]);
}

/// rand's thread generator: ChaCha seeded and reseeded by the operating system.
#[derive(Debug, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[expect(clippy::disallowed_methods, reason = "the one place that draws the machine's randomness")]
    fn fill(&self, bytes: &mut [u8]) {
        rand::rng().fill_bytes(bytes);
    }
}

/// The same bytes for the same seed: for tests only.
#[derive(Debug)]
pub struct SeededEntropy(Mutex<StdRng>);

impl SeededEntropy {
    /// Starts the sequence of `seed`.
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(StdRng::seed_from_u64(seed)))
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).fill_bytes(bytes);
    }
}
