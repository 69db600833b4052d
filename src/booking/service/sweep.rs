//! What time does to bookings. Safe to run on several replicas at once.

use std::time::Duration;

use super::announce::Told;
use super::{Booking, HeldBooking};
use crate::booking::availability::{self, Fetcher};
use crate::booking::{hold_store, store};
use crate::db::Tx;
use crate::jobs::Worker;
use crate::kernel::{Ctx, Failure};
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

    /// Bookings whose guest never opened the mail expire; answers how many.
    pub async fn sweep(&self) -> Result<usize, Failure> {
        let booking = self.clone();
        let unit = async move |tx: &mut Tx| {
            let expired = store::expire(tx).await?;
            for (org, id) in &expired {
                let ctx = Ctx::system(*org, "sweep".to_owned());
                occupancy::release_booking(tx, *org, *id).await?;
                let booked = HeldBooking::find(tx, &ctx, *id).await?.booked;
                booking.announce(tx, &ctx, Told::Expired, Some(&booked), &booked).await?;
            }
            Ok(expired.len())
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
