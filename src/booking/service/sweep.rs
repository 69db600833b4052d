//! What time does to bookings. Safe to run on several replicas at once.

use std::time::Duration;

use super::announce::Told;
use super::{Booking, HeldBooking};
use crate::booking::availability::{self, Fetcher};
use crate::booking::model::Booked;
use crate::booking::state::State;
use crate::booking::{hold_store, store};
use crate::db::Tx;
use crate::jobs::{self, Worker};
use crate::kernel::{BookingId, Ctx, Failure};
use crate::rooms::occupancy;

const DAY_S: i64 = 86_400;
const EVERY: Duration = Duration::from_secs(15);
const FORGET_EVERY: Duration = Duration::from_secs(6 * 3600);
/// How often public calendars are looked for that are due.
const READ_EVERY: Duration = Duration::from_secs(5);

impl Booking {
    /// Adds the tasks.
    pub fn tasks(&self, worker: &mut Worker) {
        worker.every("booking.sweep", EVERY, self, |booking| async move { booking.sweep().await.map(drop) });
        worker.every("booking.forget", FORGET_EVERY, self, |booking| async move { booking.forget_old().await });
        let reading = (self.clone(), Fetcher::new(self.config.allow_private_calendars));
        worker.every(
            "availability.read",
            READ_EVERY,
            &reading,
            |(booking, fetcher)| async move { booking.read_due_sources(&fetcher).await },
        );
    }

    /// Bookings whose guest never opened the mail expire; answers how many. One that fails does not stop the others.
    pub async fn sweep(&self) -> Result<usize, Failure> {
        let due = self.db.read(|tx| Box::pin(store::due(tx))).await?;
        let mut expired = 0;
        for (org, id) in due {
            match self.expire(Ctx::system(org, "sweep".to_owned()), id).await {
                Ok(has) => expired += usize::from(has),
                Err(failure) => jobs::worker::complain("booking.sweep", &failure),
            }
        }
        Ok(expired)
    }

    // Answers whether nobody was quicker: the guest after all, or another replica.
    async fn expire(&self, ctx: Ctx, id: BookingId) -> Result<bool, Failure> {
        let booking = self.clone();
        let unit = async move |tx: &mut Tx| {
            let before = Booked { state: State::Unverified, ..HeldBooking::hold(tx, &ctx, id).await?.booked };
            if !store::expire(tx, ctx.org, id).await? {
                return Ok(false);
            }
            occupancy::release_booking(tx, ctx.org, id).await?;
            let after = HeldBooking::find(tx, &ctx, id).await?.booked;
            booking.announce(tx, &ctx, Told::Expired, Some(&before), &after).await?;
            Ok(true)
        };
        self.db.unit(move |tx| Box::pin(async move { unit(tx).await })).await
    }

    /// Removes what is old, and says how much that was.
    pub async fn forget_old(&self) -> Result<(), Failure> {
        let (now, keep_days) = (self.db.clock().now(), i64::from(self.config.keep_days));
        let end = now.plus_secs(-keep_days * DAY_S);
        let holds = self.db.forget(hold_store::old(now.plus_secs(-DAY_S))).await?;
        let bookings = self.db.forget(store::old(end)).await?;
        let busy = self.db.forget(availability::store::old(end)).await?;
        tracing::info!(holds, bookings, busy, "Deleted {bookings} old bookings, {busy} busy times, {holds} holds");
        Ok(())
    }
}
