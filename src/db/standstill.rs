//! Databases in simulations (R19). The database works in threads of its own, and simulated time would run on, or not, as they come along.
//! So it stands still: whoever asks holds up the whole simulation until the answer is there, and nothing else happens meanwhile.

use std::cell::RefCell;
use std::future::{Future, pending};
use std::rc::Rc;
use std::sync::LazyLock;

use tokio::runtime::{Builder, Runtime};
use tokio::task::coop::unconstrained;

/// What becomes of the simulated process that asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Lives,
    /// It is killed before the database hears of it.
    DiesBefore,
    /// It is killed when it was done, and never hears of it.
    DiesAfter,
}

type Deciding = Rc<dyn Fn() -> Fate>;

thread_local! {
    static FATE: RefCell<Option<Deciding>> = const { RefCell::new(None) };
}

/// Where time is real: databases of simulations are opened, and work, here.
pub(crate) static OUTSIDE: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap());

/// Asked from now on, in this thread, whenever a simulated process turns to its database.
pub(crate) fn decide_by(deciding: impl Fn() -> Fate + 'static) {
    FATE.set(Some(Rc::new(deciding)));
}

/// In a simulation `work` is done when this is first looked at; elsewhere it is itself.
pub(super) async fn at_once<F: Future>(work: F) -> F::Output {
    if !turmoil::in_simulation() {
        return work.await;
    }
    let fate = decided();
    if fate == Fate::DiesBefore {
        return pending().await;
    }
    let done = {
        let _outside = OUTSIDE.enter();
        futures_executor::block_on(unconstrained(work))
    };
    if fate == Fate::DiesAfter { pending().await } else { done }
}

fn decided() -> Fate {
    let deciding = FATE.with_borrow(Clone::clone);
    deciding.map_or(Fate::Lives, |decide| decide())
}
