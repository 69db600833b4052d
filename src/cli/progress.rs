//! What a person sees while something takes its time.

use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget};

/// Nothing is shown of what is done sooner.
const PATIENCE: Duration = Duration::from_secs(2);

/// On a terminal a line that moves, once it takes longer than two seconds; elsewhere a plain line for each step from then on.
pub(super) struct Progress {
    bar: ProgressBar,
    began: Instant,
    terminal: bool,
}

impl Progress {
    /// Begins; the moving line appears by itself.
    pub(super) fn begin() -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        let terminal = std::io::stderr().is_terminal();
        if terminal {
            let waiting = bar.clone();
            tokio::spawn(async move {
                tokio::time::sleep(PATIENCE).await;
                if waiting.is_finished() {
                    return;
                }
                waiting.set_draw_target(ProgressDrawTarget::stderr());
                waiting.enable_steady_tick(Duration::from_millis(120));
            });
        }
        Self { bar, began: Instant::now(), terminal }
    }

    /// What is being done now.
    pub(super) fn say(&self, what: &str) {
        self.bar.set_message(what.to_owned());
        if !self.terminal && self.began.elapsed() > PATIENCE {
            eprintln!("omeet: {what} ({} s)", self.began.elapsed().as_secs());
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
