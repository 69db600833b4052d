//! Closing the gap between a meeting here and at its provider.

use std::sync::Arc;
use std::time::Duration;

use secrecy::ExposeSecret as _;
use serde::Deserialize;
use serde_json::json;
use sqlx::types::Json;

use super::Hosting;
use super::plan::{Step, fingerprint, is_over, is_wanted, step, wanted};
use crate::audit;
use crate::db::Tx;
use crate::egress;
use crate::jobs::{Job, JobOutcome, MAX_ATTEMPTS};
use crate::kernel::{Ctx, Failure, MeetingId, OrgId, ProviderId};
use crate::meetings::Meeting;
use crate::providers::calls::Feed;
use crate::providers::calls::host::MadeRef;
use crate::providers::calls::{Made, Trouble, Wanted};
use crate::providers::links::{self, Link, LinkState};
use crate::providers::{self, Account, Resolved, subscriptions, usage};

/// A wait that is asked for is believed up to a day: quotas begin anew every day.
const LONGEST_S: i64 = 86_400;
/// A conference that is being made is there in a moment.
const MOMENT: Duration = Duration::from_secs(1);

#[derive(Deserialize)]
struct Payload {
    meeting: MeetingId,
}

/// What a meeting is, here and there.
struct Situation {
    meeting: Option<Meeting>,
    target: Option<Arc<Resolved>>,
    links: Vec<Link>,
}

/// Why a round did not close the gap.
enum Halt {
    Ours(Failure),
    Theirs(Trouble),
}

impl From<Failure> for Halt {
    fn from(failure: Failure) -> Self {
        Self::Ours(failure)
    }
}

impl Hosting {
    /// Brings every provider to what the meeting is now.
    pub(super) async fn sync(&self, job: Job) -> JobOutcome {
        let (Some(org), Ok(Payload { meeting })) = (job.org, serde_json::from_value(job.payload)) else {
            return JobOutcome::Dead("not a meeting".to_owned());
        };
        let is_last = job.attempt >= MAX_ATTEMPTS;
        match self.round(org, meeting, is_last).await {
            Ok(()) => JobOutcome::Done,
            Err(Halt::Ours(failure)) => JobOutcome::Retry { after: None, why: failure.to_string() },
            Err(Halt::Theirs(Trouble::Pending)) => JobOutcome::Retry { after: Some(MOMENT), why: "it is being made".to_owned() },
            // Whoever was told how long to wait comes back then, and has lost no attempt by it.
            Err(Halt::Theirs(Trouble::Later { after_s: Some(after_s), unknown: false, .. })) => {
                JobOutcome::Again(Duration::from_secs(after_s.clamp(1, LONGEST_S).unsigned_abs()))
            }
            Err(Halt::Theirs(Trouble::Later { why, .. })) => JobOutcome::Retry { after: None, why },
            // It stands in the meeting, in words; the comparison tries again after somebody may have put it right.
            Err(Halt::Theirs(Trouble::Settings(_) | Trouble::Refused(_) | Trouble::Missing)) => JobOutcome::Done,
        }
    }

    async fn round(&self, org: OrgId, id: MeetingId, is_last: bool) -> Result<(), Halt> {
        let situation = self.situation(org, id).await?;
        let is_wanted = is_wanted(situation.meeting.as_ref());
        let target = situation.target.as_ref().filter(|target| target.capabilities.needs_call).and_then(|target| target.id);
        let should = situation.meeting.as_ref().map(wanted);
        let known = should.as_ref().map(fingerprint).transpose()?.unwrap_or_default();
        let mut halted = Ok(());
        // One provider that does not answer keeps no other from being told.
        for link in &situation.links {
            let step = step(link, is_wanted, target, &known);
            let outcome = self.take(link.clone(), step, should.as_ref(), &known).await;
            if let Err(Halt::Theirs(trouble)) = &outcome {
                self.note(link, trouble, is_last).await?;
            }
            halted = halted.and(outcome);
        }
        halted
    }

    // A row for where it should be, if there is none yet.
    async fn situation(&self, org: OrgId, id: MeetingId) -> Result<Situation, Failure> {
        let hosting = self.clone();
        let unit = async move |tx: &mut Tx| {
            let meetings = &hosting.meetings;
            let meeting = meetings.held_in(tx, org, id).await?.map(|(meeting, _)| meeting);
            let target = match &meeting {
                Some(meeting) => Some(providers::resolve(tx, meetings.sealer(), org, meeting.provider_id, &hosting.jitsi).await?),
                None => None,
            };
            if let (Some(true), Some(target)) =
                (is_wanted(meeting.as_ref()), target.as_ref().filter(|target| target.capabilities.needs_call))
                && let Some(provider) = target.id
            {
                let fresh = Link::wanted(tx.new_id(), org, id, provider, tx.now());
                links::insert(tx, &fresh).await?;
            }
            let links = links::of_meeting(tx, org, id).await?;
            Ok(Situation { meeting, target, links })
        };
        self.meetings.db().unit(move |tx| Box::pin(async move { unit(tx).await })).await
    }

    async fn take(&self, link: Link, step: Step, should: Option<&Wanted>, known: &str) -> Result<(), Halt> {
        match (step, should) {
            (Step::Rest, _) => Ok(()),
            (Step::Forget, _) => Ok(self.forget(link).await?),
            (Step::Remove, _) => self.remove(link, should).await,
            (Step::Create, Some(should)) => self.create(link, should, known, false).await,
            (Step::FindOrCreate, Some(should)) => self.create(link, should, known, true).await,
            (Step::Update, Some(should)) => self.update(link, should, known).await,
            (Step::Adopt, _) => self.adopt(link, known).await,
            (Step::Create | Step::FindOrCreate | Step::Update, None) => Ok(()),
        }
    }

    async fn account(&self, id: ProviderId) -> Result<Option<Account>, Failure> {
        providers::for_messages(&mut self.meetings.db().reader().await?, self.meetings.sealer(), id).await
    }

    // That it was sent is written down before it is: then it is looked for if nobody hears what became of it.
    async fn create(&self, mut link: Link, should: &Wanted, known: &str, may_be_there: bool) -> Result<(), Halt> {
        let Some(account) = self.account(link.provider_id).await? else { return Ok(self.forget(link).await?) };
        let Some(host) = account.resolved.host() else { return Ok(()) };
        let caller = self.calls.of(account.id, account.resolved.version);
        let marker = link.marker();
        let found = if may_be_there { host.find(&caller, should, &marker).await.map_err(Halt::Theirs)? } else { None };
        let made = match found {
            Some(made) => made,
            None => {
                link.attempted = true;
                self.save(link.clone()).await?;
                host.create(&caller, should, &marker).await.map_err(Halt::Theirs)?
            }
        };
        let reports = account.resolved.feed().is_some_and(Feed::is_on);
        Ok(self.made(link, made, if may_be_there { "" } else { known }, reports).await?)
    }

    // What was found may be what was wanted some changes ago: it is brought up to date by the next round.
    async fn made(&self, mut link: Link, made: Made, known: &str, reports: bool) -> Result<(), Failure> {
        link.seal_link(self.meetings.sealer(), &made.link)?;
        (link.state, link.error, link.external_id, link.attempted) = (LinkState::Ready, None, Some(made.external_id), false);
        link.detail = Json(made.detail);
        link.known = known.to_owned();
        let is_stale = known.is_empty();
        let meetings = self.meetings.clone();
        let unit = async move |tx: &mut Tx| {
            let link = Link { fetched_at: Some(tx.now()), ..link.clone() };
            links::save(tx, &link).await?;
            if !link.adopted {
                usage::created(tx, link.org_id, link.provider_id).await?;
            }
            let ctx = Ctx::system(link.org_id, "hosting".to_owned());
            let change = json!({ "provider_meeting_id": { "before": null, "after": link.external_id } });
            let action = if link.adopted { "provider.meeting_adopted" } else { "provider.meeting_created" };
            audit::record(tx, &ctx, action, link.meeting_id, change).await?;
            meetings.linked_in(tx, &ctx, link.meeting_id).await?;
            if reports {
                subscriptions::soon(tx, link.org_id, link.provider_id).await?;
            }
            if is_stale { links::sync(tx, link.org_id, link.meeting_id).await } else { Ok(()) }
        };
        self.meetings.db().unit(move |tx| Box::pin(async move { unit(tx).await })).await
    }

    async fn update(&self, mut link: Link, should: &Wanted, known: &str) -> Result<(), Halt> {
        let Some(account) = self.account(link.provider_id).await? else { return Ok(self.forget(link).await?) };
        let Some(host) = account.resolved.host() else { return Ok(()) };
        let caller = self.calls.of(account.id, account.resolved.version);
        let external_id = link.external_id.clone().unwrap_or_default();
        let there = MadeRef { external_id: &external_id, detail: &link.detail.0 };
        match host.update(&caller, &there, should).await {
            Ok(()) => {
                (link.known, link.state, link.error) = (known.to_owned(), LinkState::Ready, None);
                Ok(self.save(link).await?)
            }
            // Providers drop what is long over, and nobody will come any more. Whoever moves it to another time has it made again.
            Err(Trouble::Missing) if is_over(should, caller.now()) => {
                (link.known, link.error) = (known.to_owned(), None);
                Ok(self.save(link).await?)
            }
            Err(Trouble::Missing) => self.make_again(link, should, known).await,
            Err(trouble) => Err(Halt::Theirs(trouble)),
        }
    }

    // Only its link is read: what somebody else made is theirs.
    async fn adopt(&self, mut link: Link, known: &str) -> Result<(), Halt> {
        let Some(account) = self.account(link.provider_id).await? else { return Ok(self.forget(link).await?) };
        let Some(host) = account.resolved.host() else { return Ok(()) };
        let caller = self.calls.of(account.id, account.resolved.version);
        let external_id = link.external_id.clone().unwrap_or_default();
        let made = host.adopt(&caller, &external_id).await.map_err(|trouble| Halt::Theirs(unknown(trouble, &external_id)))?;
        if link.state == LinkState::Ready && self.leads_to(&link, &made)? {
            (link.known, link.error) = (known.to_owned(), None);
            return Ok(self.save(link).await?);
        }
        let made = Made { external_id, ..made };
        Ok(self.made(link, made, known, false).await?)
    }

    pub(super) fn leads_to(&self, link: &Link, made: &Made) -> Result<bool, Failure> {
        Ok(link.open_link(self.meetings.sealer())?.is_some_and(|there| there.expose_secret() == made.link))
    }

    // Somebody removed it there; the link of ours leads to the new one. Its marker stays, so what is there is looked for first.
    pub(super) async fn again(&self, mut link: Link) -> Result<Link, Failure> {
        (link.state, link.external_id, link.link, link.attempted) = (LinkState::Creating, None, None, false);
        let renewed = Link { id: self.meetings.db().new_id(), ..link.clone() };
        let (old, fresh) = (link, renewed.clone());
        let unit = async move |tx: &mut Tx| {
            links::remove(tx, old.org_id, old.id).await?;
            links::insert(tx, &fresh).await
        };
        self.meetings.db().unit(move |tx| Box::pin(async move { unit(tx).await })).await?;
        Ok(renewed)
    }

    async fn make_again(&self, link: Link, should: &Wanted, known: &str) -> Result<(), Halt> {
        let link = self.again(link).await?;
        Box::pin(self.create(link, should, known, false)).await
    }

    async fn remove(&self, mut link: Link, should: Option<&Wanted>) -> Result<(), Halt> {
        let Some(account) = self.account(link.provider_id).await? else { return Ok(self.forget(link).await?) };
        let Some(host) = account.resolved.host() else { return Ok(self.forget(link).await?) };
        let caller = self.calls.of(account.id, account.resolved.version);
        if link.external_id.is_none() {
            let nothing = Wanted {
                name: String::new(),
                description: String::new(),
                start: link.created_at,
                end: link.created_at,
                tz: "UTC".to_owned(),
                waiting_room: false,
                may_record: false,
            };
            let found = host.find(&caller, should.unwrap_or(&nothing), &link.marker()).await.map_err(Halt::Theirs)?;
            let Some(made) = found else { return Ok(self.forget(link).await?) };
            (link.external_id, link.detail) = (Some(made.external_id), Json(made.detail));
        }
        let external_id = link.external_id.clone().unwrap_or_default();
        match host.cancel(&caller, &MadeRef { external_id: &external_id, detail: &link.detail.0 }).await {
            Ok(()) | Err(Trouble::Missing) => Ok(self.forget(link).await?),
            Err(trouble) => Err(Halt::Theirs(trouble)),
        }
    }

    async fn forget(&self, link: Link) -> Result<(), Failure> {
        let meetings = self.meetings.clone();
        let unit = async move |tx: &mut Tx| {
            links::remove(tx, link.org_id, link.id).await?;
            meetings.forget_room(tx, link.meeting_id);
            Ok(())
        };
        self.meetings.db().unit(move |tx| Box::pin(async move { unit(tx).await })).await
    }

    pub(super) async fn save(&self, link: Link) -> Result<(), Failure> {
        let meetings = self.meetings.clone();
        let unit = async move |tx: &mut Tx| {
            links::save(tx, &link).await?;
            meetings.forget_room(tx, link.meeting_id);
            Ok(())
        };
        self.meetings.db().unit(move |tx| Box::pin(async move { unit(tx).await })).await
    }

    // What went wrong stands in the meeting, and is told once.
    async fn note(&self, link: &Link, trouble: &Trouble, is_last: bool) -> Result<(), Failure> {
        let says = egress::shorten(&trouble.says());
        let (org, meeting_id, id) = (link.org_id, link.meeting_id, link.id);
        let is_final = is_last || matches!(trouble, Trouble::Settings(_) | Trouble::Refused(_));
        let is_pending = matches!(trouble, Trouble::Pending);
        let (meetings, trouble) = (self.meetings.clone(), trouble.clone());
        let unit = async move |tx: &mut Tx| {
            let Some(mut link) = links::of_meeting(tx, org, meeting_id).await?.into_iter().find(|link| link.id == id) else {
                return Ok(());
            };
            let (state, is_news) = (link.state, link.error.as_deref() != Some(&says));
            if is_final && (link.link.is_none() || link.adopted && matches!(trouble, Trouble::Refused(_))) {
                link.state = LinkState::Failed;
            }
            link.error = Some(says).filter(|_| !is_pending);
            link.fetched_at = Some(tx.now());
            links::save(tx, &link).await?;
            if is_final && is_news || link.state != state {
                meetings.linked_in(tx, &Ctx::system(org, "hosting".to_owned()), meeting_id).await?;
            }
            meetings.forget_room(tx, meeting_id);
            Ok(())
        };
        self.meetings.db().unit(move |tx| Box::pin(async move { unit(tx).await })).await
    }
}

// What somebody else made and removed cannot be made again.
fn unknown(trouble: Trouble, external_id: &str) -> Trouble {
    match trouble {
        Trouble::Missing => Trouble::Refused(format!("the provider knows no meeting {external_id} in this account")),
        other => other,
    }
}
