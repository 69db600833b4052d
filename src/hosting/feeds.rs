//! Providers that report only to those who asked are asked: for what is near, again before it ends, and no longer than needed.

use std::collections::HashSet;
use std::time::Duration;

use serde::Deserialize;
use serde_json::json;

use super::Hosting;
use crate::audit;
use crate::db::Tx;
use crate::egress;
use crate::jobs::{Job, JobOutcome, MAX_ATTEMPTS};
use crate::kernel::{Ctx, Failure, OrgId, ProviderId, Timestamp};
use crate::providers::calls::feed::{Held, Wish};
use crate::providers::calls::{Caller, Feed, Trouble};
use crate::providers::subscriptions::{self, Leaving, Subscription};
use crate::providers::{Account, accounts};

/// How long before its begin a meeting is subscribed to; meetings are looked for more often than that.
const AHEAD_S: i64 = 25 * 3600;
/// How long after its end: files are made later.
const AFTER_S: i64 = 24 * 3600;
const LOOKED_EVERY_S: i64 = 3600;
/// Steps of one run; the rest is done by the next, so that none takes too long.
const AT_ONCE: usize = 20;

#[derive(Deserialize)]
struct Payload {
    provider: ProviderId,
}

/// What has to be done about one topic.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    /// It is not wanted any more, or not as it is.
    End(Subscription),
    /// It has to be asked for.
    Subscribe(Subscription, Wish),
    /// It ends soon.
    Renew(Subscription, Wish),
}

/// What has to be done, given what is and what should be. What was asked for otherwise is ended first.
fn steps(rows: &[Subscription], wishes: &[Wish], now: Timestamp) -> Vec<Step> {
    let wish_of = |row: &Subscription| wishes.iter().find(|wish| wish.topic == row.topic);
    let is_over = |row: &&Subscription| wish_of(row).is_none_or(|wish| wish.known != row.known);
    let ends = rows.iter().filter(is_over).map(|row| Step::End(row.clone()));
    let goes_on = rows.iter().filter_map(|row| {
        let wish = wish_of(row)?.clone();
        match (&row.external_id, row.renew_at) {
            _ if wish.known != row.known => Some(Step::Subscribe(row.clone().lost(None), wish)),
            (None, _) => Some(Step::Subscribe(row.clone(), wish)),
            (Some(_), at) if at.is_none_or(|at| at <= now) => Some(Step::Renew(row.clone(), wish)),
            (Some(_), _) => None,
        }
    });
    // What failed before keeps nothing waiting that was not tried yet.
    let mut all: Vec<Step> = ends.chain(goes_on).collect();
    all.sort_by_key(|step| matches!(step, Step::Subscribe(row, _) | Step::Renew(row, _) if row.error.is_some()));
    all
}

/// What an account's subscriptions are and should be.
struct Situation {
    account: Account,
    rows: Vec<Subscription>,
    wishes: Vec<Wish>,
    address: String,
    /// Whether it was deleted here.
    is_gone: bool,
    /// Whether its webhooks are on.
    is_on: bool,
}

impl Hosting {
    /// Has every account looked at that may have to be asked for reports.
    pub(super) async fn subscribe_all(&self) -> Result<(), Failure> {
        let all = subscriptions::called(&mut self.meetings.db().reader().await?).await?;
        for (org, provider) in all {
            self.meetings.db().unit(move |tx| Box::pin(subscriptions::soon(tx, org, provider))).await?;
        }
        Ok(())
    }

    /// Brings an account's subscriptions to what they should be.
    pub(super) async fn subscribe(&self, job: Job) -> JobOutcome {
        let (Some(org), Ok(Payload { provider })) = (job.org, serde_json::from_value(job.payload)) else {
            return JobOutcome::Dead("not an account".to_owned());
        };
        match self.bring(org, provider, job.attempt >= MAX_ATTEMPTS).await {
            Ok(Ok(Some(next))) => JobOutcome::Again(next),
            Ok(Ok(None)) => JobOutcome::Done,
            Ok(Err(Trouble::Later { after_s: Some(after_s), why, .. })) => {
                JobOutcome::Retry { after: u64::try_from(after_s).ok().map(Duration::from_secs), why }
            }
            Ok(Err(trouble)) => JobOutcome::Retry { after: None, why: trouble.says() },
            Err(failure) => JobOutcome::Retry { after: None, why: failure.to_string() },
        }
    }

    /// Answers when it has to be looked at again, or what kept it from being done if trying again soon may help.
    async fn bring(&self, org: OrgId, provider: ProviderId, is_last: bool) -> Result<Result<Option<Duration>, Trouble>, Failure> {
        let Some(situation) = self.subscribed(org, provider).await? else { return Ok(Ok(None)) };
        let (kept_from, taken) = self.take_steps(&situation).await?;
        let has_more = steps(&situation.rows, &situation.wishes, self.meetings.db().clock().now()).len() > AT_ONCE;
        match kept_from {
            Some(trouble) if !is_last => Ok(Err(trouble)),
            None if has_more && taken > 0 => Ok(Ok(Some(Duration::ZERO))),
            _ => self.next_look(&situation).await.map(Ok),
        }
    }

    async fn subscribed(&self, org: OrgId, provider: ProviderId) -> Result<Option<Situation>, Failure> {
        let (mut tx, sealer) = (self.meetings.db().reader().await?, self.meetings.sealer());
        let (account, is_active, is_gone) = match accounts::whether_active(&mut tx, sealer, org, provider).await? {
            Some((account, is_active)) => (account, is_active, false),
            None => match Leaving::find(&mut tx, org, provider).await? {
                Some(left) => (accounts::left(sealer, org, provider, &left)?, false, true),
                None => return Ok(None),
            },
        };
        let address = format!("{}/webhooks/{}/{provider}", self.meetings.base(), account.resolved.kind().name());
        let is_on = is_active && account.resolved.feed().is_some_and(Feed::is_on);
        let wishes = match account.resolved.feed().filter(|_| is_on) {
            Some(feed) => {
                let now = self.meetings.db().clock().now();
                feed.wishes(&address, &subscriptions::near(&mut tx, org, provider, now.plus_secs(-AFTER_S), now.plus_secs(AHEAD_S)).await?)
            }
            None => Vec::new(),
        };
        let rows = subscriptions::of_account(&mut tx, org, provider).await?;
        let now = self.meetings.db().clock().now();
        let fresh = wishes.iter().filter(|wish| rows.iter().all(|row| row.topic != wish.topic));
        let fresh: Vec<_> = fresh.map(|wish| Subscription::wanted(self.meetings.db().new_id(), (org, provider), wish, now)).collect();
        Ok(Some(Situation { account, rows: [rows, fresh].concat(), wishes, address, is_gone, is_on }))
    }

    // One topic that cannot be had keeps no other from being asked for. Answers how many steps succeeded, too.
    async fn take_steps(&self, situation: &Situation) -> Result<(Option<Trouble>, usize), Failure> {
        let Some(feed) = situation.account.resolved.feed() else { return Ok((None, 0)) };
        let caller = self.calls.of(situation.account.id, situation.account.resolved.version);
        let (mut kept_from, mut taken, mut stays) = (None, 0, HashSet::new());
        for step in steps(&situation.rows, &situation.wishes, self.meetings.db().clock().now()).into_iter().take(AT_ONCE) {
            let troubled = match step {
                Step::End(row) => {
                    let trouble = self.end(feed, &caller, &row).await?;
                    stays.extend(trouble.is_some().then_some(row.topic));
                    trouble
                }
                Step::Subscribe(row, _) | Step::Renew(row, _) if stays.contains(&row.topic) => continue,
                Step::Subscribe(row, wish) => self.ask(feed, &caller, row, &wish, &situation.address).await?,
                Step::Renew(row, wish) => self.renew(feed, &caller, row, &wish, &situation.address).await?,
            };
            taken += usize::from(troubled.is_none());
            kept_from = kept_from.or(troubled.filter(|trouble| matches!(trouble, Trouble::Later { .. } | Trouble::Pending)));
        }
        Ok((kept_from, taken))
    }

    async fn end(&self, feed: &dyn Feed, caller: &Caller, row: &Subscription) -> Result<Option<Trouble>, Failure> {
        if let Some(id) = &row.external_id
            && let Err(trouble) = feed.unsubscribe(caller, &row.topic, id).await
        {
            return Ok(Some(trouble));
        }
        let row = row.clone();
        let unit = async move |tx: &mut Tx| {
            subscriptions::remove(tx, row.org_id, row.id).await?;
            noted(tx, "provider.unsubscribed", &row).await
        };
        self.meetings.db().unit(move |tx| Box::pin(async move { unit(tx).await })).await?;
        Ok(None)
    }

    async fn ask(
        &self,
        feed: &dyn Feed,
        caller: &Caller,
        row: Subscription,
        wish: &Wish,
        address: &str,
    ) -> Result<Option<Trouble>, Failure> {
        match feed.subscribe(caller, wish, address).await {
            Ok(held) => self.has(row, held, &wish.known, true).await.map(|()| None),
            Err(trouble) => self.has_not(row.lost(Some(egress::shorten(&trouble.says()))), trouble).await,
        }
    }

    async fn renew(
        &self,
        feed: &dyn Feed,
        caller: &Caller,
        row: Subscription,
        wish: &Wish,
        address: &str,
    ) -> Result<Option<Trouble>, Failure> {
        match feed.renew(caller, &row.topic, row.external_id.as_deref().unwrap_or_default()).await {
            Ok(held) => self.has(row, held, &wish.known, false).await.map(|()| None),
            Err(Trouble::Missing) => self.ask(feed, caller, row.lost(None), wish, address).await,
            Err(trouble) => self.has_not(Subscription { error: Some(egress::shorten(&trouble.says())), ..row }, trouble).await,
        }
    }

    async fn has(&self, row: Subscription, held: Held, known: &str, is_new: bool) -> Result<(), Failure> {
        let row = row.held(held, known, self.meetings.db().clock().now());
        let unit = async move |tx: &mut Tx| {
            subscriptions::put(tx, &row).await?;
            if is_new { noted(tx, "provider.subscribed", &row).await } else { Ok(()) }
        };
        self.meetings.db().unit(move |tx| Box::pin(async move { unit(tx).await })).await
    }

    async fn has_not(&self, row: Subscription, trouble: Trouble) -> Result<Option<Trouble>, Failure> {
        tracing::warn!(provider.id = %row.provider_id, why = row.error, "a provider does not report");
        self.meetings.db().unit(move |tx| Box::pin(async move { subscriptions::put(tx, &row).await })).await?;
        Ok(Some(trouble))
    }

    // Whose webhooks are off is looked at when they are switched on; what a deleted account left behind ends by itself.
    async fn next_look(&self, situation: &Situation) -> Result<Option<Duration>, Failure> {
        let (org, provider) = (situation.account.org, situation.account.id);
        if situation.is_gone {
            self.meetings.db().unit(move |tx| Box::pin(subscriptions::forget(tx, org, provider))).await?;
        }
        if !situation.is_on {
            return Ok(None);
        }
        let mut tx = self.meetings.db().reader().await?;
        let (now, rows) = (tx.now(), subscriptions::of_account(&mut tx, org, provider).await?);
        let soonest = rows.iter().filter_map(|row| row.renew_at).map(|at| at.since_ms(now)).filter(|ms| *ms > 0).min();
        let ms = soonest.unwrap_or(i64::MAX).min(LOOKED_EVERY_S * 1000);
        Ok(u64::try_from(ms).ok().map(Duration::from_millis))
    }
}

async fn noted(tx: &mut Tx, action: &'static str, row: &Subscription) -> Result<(), Failure> {
    let ctx = Ctx::system(row.org_id, "hosting".to_owned());
    let changes = json!({ "topic": { "before": null, "after": row.topic } });
    audit::record(tx, &ctx, action, row.provider_id, changes).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_gap_has_its_step() {
        let (now, id) = (Timestamp::from_secs(1_000_000), uuid::Uuid::from_u128);
        let wish = |parts: &str| Wish::new("topic".to_owned(), None, &[parts]);
        let fresh = Subscription::wanted(id(1).into(), (id(2).into(), id(3).into()), &wish("a"), now);
        let held = fresh.clone().held(Held { id: "x".into(), until: now.plus_secs(100) }, &fresh.known, now);
        let due = Subscription { renew_at: Some(now), ..held.clone() };
        for (row, wishes, expected) in [
            (&fresh, vec![wish("a")], vec![Step::Subscribe(fresh.clone(), wish("a"))]),
            (&held, vec![wish("a")], vec![]),
            (&due, vec![wish("a")], vec![Step::Renew(due.clone(), wish("a"))]),
            (&held, vec![], vec![Step::End(held.clone())]),
            (&held, vec![wish("b")], vec![Step::End(held.clone()), Step::Subscribe(held.clone().lost(None), wish("b"))]),
        ] {
            assert_eq!(steps(std::slice::from_ref(row), &wishes, now), expected);
        }
        assert_eq!(held.renew_at, Some(now.plus_secs(50)), "half of its life is left for trying");
    }
}
