//! From time to time: what the provider has is what it should have.

use super::Hosting;
use super::plan::{OVER_MIN, wanted};
use crate::db::Tx;
use crate::jobs::worker::complain;
use crate::kernel::{Failure, MeetingId, OrgId};
use crate::meetings::input::MAX_DURATION_MIN;
use crate::providers::calls::host::MadeRef;
use crate::providers::calls::{There, Trouble};
use crate::providers::links::{self, Link, LinkState};

const BATCH: u32 = 50;

impl Hosting {
    /// Compares what was not compared for a while, and has what differs put right. What failed is tried again.
    pub(super) async fn compare_stale(&self) -> Result<(), Failure> {
        if self.compare_every_min == 0 {
            return Ok(());
        }
        self.compare_before(self.compare_every_min).await
    }

    /// Compares everything that is not over, whenever it was last compared.
    pub async fn compare_all(&self) -> Result<(), Failure> {
        self.compare_before(-1).await
    }

    async fn compare_before(&self, min: i64) -> Result<(), Failure> {
        let now = self.meetings.db().clock().now();
        let (before, since) = (now.plus_min(-min), now.plus_min(-OVER_MIN));
        let stale = links::stale(&mut self.meetings.db().reader().await?, before, since.plus_min(-MAX_DURATION_MIN), since, BATCH).await?;
        for (org, meeting) in stale {
            self.compare(org, meeting).await.inspect_err(|failure| complain("provider.compare", failure)).ok();
        }
        Ok(())
    }

    /// Compares one meeting with what its providers have.
    async fn compare(&self, org: OrgId, meeting: MeetingId) -> Result<(), Failure> {
        let mut tx = self.meetings.db().reader().await?;
        let links = links::of_meeting(&mut tx, org, meeting).await?;
        drop(tx);
        for link in links {
            let same = link.state == LinkState::Ready && self.is_same(&link).await?;
            self.settle(link, same).await?;
        }
        Ok(())
    }

    async fn is_same(&self, link: &Link) -> Result<bool, Failure> {
        let Some(room) = self.meetings.room(link.meeting_id).await? else { return Ok(false) };
        let account = {
            let mut tx = self.meetings.db().reader().await?;
            crate::providers::for_messages(&mut tx, self.meetings.sealer(), link.provider_id).await?
        };
        let Some(account) = account else { return Ok(false) };
        let (Some(host), Some(external_id)) = (account.resolved.host(), link.external_id.as_deref()) else { return Ok(false) };
        let caller = self.calls.of(account.id, account.resolved.version);
        if link.adopted {
            return match host.adopt(&caller, external_id).await {
                Ok(made) => self.leads_to(link, &made),
                Err(trouble) => Ok(trouble != Trouble::Missing),
            };
        }
        let there = MadeRef { external_id, detail: &link.detail.0 };
        Ok(match host.compare(&caller, &there, &wanted(&room.meeting)).await {
            Ok(There::Same) => true,
            Ok(There::Other | There::Gone) | Err(Trouble::Missing) => false,
            // Who cannot be asked now is asked again.
            Err(_) => true,
        })
    }

    // Forgetting what the provider was told has the job tell it again; one that is gone is made again.
    async fn settle(&self, link: Link, same: bool) -> Result<(), Failure> {
        let unit = async move |tx: &mut Tx| {
            let mut link = link.clone();
            link.fetched_at = Some(tx.now());
            if !same {
                link.known = String::new();
            }
            links::save(tx, &link).await?;
            if same { Ok(()) } else { links::sync(tx, link.org_id, link.meeting_id).await }
        };
        self.meetings.db().unit(move |tx| Box::pin(async move { unit(tx).await })).await
    }
}
