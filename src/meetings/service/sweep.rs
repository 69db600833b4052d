//! What time does to meetings: reservations expire, forgotten meetings end. Safe to run on several replicas at once.

use std::time::Duration;

use super::super::state::Action;
use super::super::{NOT_FOUND, store};
use super::Meetings;
use crate::db::Tx;
use crate::jobs::Worker;
use crate::jobs::worker::complain;
use crate::kernel::{Ctx, Failure, MeetingId, OrgId};

/// Meetings handled in one go.
const BATCH: u32 = 100;
const EVERY: Duration = Duration::from_secs(15);
/// How often it is looked whether series need more meetings.
const EXTEND_EVERY: Duration = Duration::from_secs(3600);

impl Meetings {
    /// Adds the tasks.
    pub fn tasks(&self, worker: &mut Worker) {
        worker.every("meeting.sweep", EVERY, self, |meetings| async move { meetings.sweep().await.map(drop) });
        worker.every("series.extend", EXTEND_EVERY, self, |meetings| async move { meetings.extend_series().await.map(drop) });
    }

    /// Ends and expires what is due; answers how many. One that fails keeps no other from its turn.
    pub async fn sweep(&self) -> Result<usize, Failure> {
        Ok(self.settle_all(false).await? + self.settle_all(true).await?)
    }

    async fn settle_all(&self, is_over: bool) -> Result<usize, Failure> {
        let (now, mut settled, mut after) = (self.db.clock().now(), 0, None);
        loop {
            let mut tx = self.db.reader().await?;
            let due = if is_over {
                store::overdue(&mut tx, now, after, BATCH).await?
            } else {
                store::expired(&mut tx, now, after, BATCH).await?
            };
            drop(tx);
            for (org, id) in &due {
                match self.settle(*org, *id, is_over).await {
                    Ok(()) => settled += 1,
                    Err(failure) => complain("meeting.sweep", &failure),
                }
            }
            after = due.last().map(|(_, id)| *id);
            if due.len() < BATCH as usize {
                return Ok(settled);
            }
        }
    }

    async fn settle(&self, org: OrgId, id: MeetingId, is_over: bool) -> Result<(), Failure> {
        let meetings = self.clone();
        let unit = async move |tx: &mut Tx| {
            let ctx = Ctx::system(org, "sweep".to_owned());
            // Another replica may have been first, or somebody claimed it meanwhile: look again, holding the row.
            let held = match meetings.hold(tx, &ctx, id).await {
                Err(failure) if failure.kind() == &NOT_FOUND => return Ok(()),
                held => held?.meeting,
            };
            let now = tx.now();
            if is_over && held.state == super::super::State::Started && held.closes_at() <= now {
                meetings.transition_in(tx, &ctx, id, Action::End, None).await?;
            } else if !is_over && held.reserved_until.is_some_and(|until| until <= now) {
                meetings.delete_in(tx, &ctx, id).await?;
            }
            Ok(())
        };
        self.db.unit(move |tx| Box::pin(async move { unit(tx).await })).await
    }
}
