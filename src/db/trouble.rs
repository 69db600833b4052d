//! When the database cannot do what it could do before: what callers are told, and how it is known that it can again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::dialect::is_passing;
use crate::kernel::failure::{Failure, UNAVAILABLE};

/// It answers, and could not keep what was tried.
pub(super) fn unwritable(failure: Failure) -> Failure {
    let why = "The database takes nothing: is its disk full, or may it only be read?";
    UNAVAILABLE.because(why).caused_by(failure)
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed => {
                Self::unavailable(error)
            }
            sqlx::Error::Database(said) if is_passing(&**said) => Self::unavailable(error),
            _ => Self::internal(error),
        }
    }
}

/// Whether the last unit of work could not be kept.
#[derive(Clone, Default)]
pub(super) struct Troubled(Arc<AtomicBool>);

impl Troubled {
    /// Takes note of how a unit ended. One that its own rules refused says nothing of the database.
    pub fn note<T>(&self, outcome: &Result<T, Failure>) {
        match outcome {
            Ok(_) => self.0.store(false, Ordering::Relaxed),
            Err(failure) if *failure.kind() == UNAVAILABLE => self.0.store(true, Ordering::Relaxed),
            Err(_) => {}
        }
    }

    pub fn is(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
