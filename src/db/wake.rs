//! Waiting for work: signals wake at once, a poll finds what other processes wrote.

use std::time::Duration;

use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::time::{Instant, sleep_until};

use super::{Db, Signal};

/// How long something that another process wrote may go unseen.
const POLL: Duration = Duration::from_secs(1);

/// Wakes whoever waits for matching signals, and once a second besides.
pub struct Wakeups<F> {
    signals: Receiver<Signal>,
    matches: F,
}

impl Db {
    /// Listens from now on: make one before reading what the signals are about, or a change in between is seen late.
    pub fn wakeups<F: Fn(&Signal) -> bool>(&self, matches: F) -> Wakeups<F> {
        Wakeups { signals: self.signals(), matches }
    }
}

impl<F: Fn(&Signal) -> bool> Wakeups<F> {
    /// Returns when there may be something new. Many signals that wait together wake once.
    pub async fn next(&mut self) {
        let poll = Instant::now() + POLL;
        loop {
            // In this order: chance is handed in, so that a simulation repeats itself.
            tokio::select! {
                biased;
                () = sleep_until(poll) => return,
                signal = self.signals.recv() => match signal {
                    Ok(signal) if !(self.matches)(&signal) => {}
                    Ok(_) | Err(RecvError::Lagged(_)) => return self.skip_waiting(),
                    Err(RecvError::Closed) => return sleep_until(poll).await,
                }
            }
        }
    }

    fn skip_waiting(&mut self) {
        while matches!(self.signals.try_recv(), Ok(_) | Err(TryRecvError::Lagged(_))) {}
    }
}
