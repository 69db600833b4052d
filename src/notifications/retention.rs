//! S4.6, S4.15: what is old goes, each kind after its own time, with a line that says how many.

use super::{Notifications, store};
use crate::calendar::entry;
use crate::kernel::Failure;

impl Notifications {
    /// Removes what is older than the configuration keeps.
    pub(super) async fn forget_old(&self) -> Result<(), Failure> {
        let now = self.meetings.db().clock().now();
        let before = |days: u32| now.plus_min(-i64::from(days) * 24 * 60);
        let (reminders, entries) = (before(self.retention.activity_days), before(self.retention.ics_days));
        let reminders = self.meetings.db().forget(store::old_reminders(reminders)).await?;
        tracing::info!(reminders, days = self.retention.activity_days, "Deleted {reminders} Stale Reminders");
        let entries = entry::forget(self.meetings.db(), entries).await?;
        tracing::info!(entries, days = self.retention.ics_days, "Deleted {entries} old ICS entries");
        Ok(())
    }
}
