//! What follows from a message.

use secrecy::ExposeSecret as _;
use serde::Deserialize;
use serde_json::{Value, json};

use super::intake::body_place;
use super::model::ReceiptState;
use super::{Inbox, UNANSWERED, store};
use crate::attendance;
use crate::db::Tx;
use crate::jobs::{self, Job, JobOutcome, MAX_ATTEMPTS, NewJob};
use crate::kernel::{Ctx, Failure, MeetingId, OrgId, ProviderId, ReceiptId};
use crate::providers::accounts::settings::Settings;
use crate::providers::calls::Trouble;
use crate::providers::facts::{CallRef, Fact, PlaceRef, Reading};
use crate::providers::{Account, Resolved, for_messages, google_meet, jaas, jitsi, links, subscriptions, teams, zoom};

/// The kind of job that works on messages.
pub(super) const HANDLE: &str = "webhook.handle";

#[derive(Deserialize)]
struct Payload {
    receipt: ReceiptId,
    provider: ProviderId,
}

impl Inbox {
    /// Works on one message; again and again until it succeeds, without any other effect than once.
    pub(super) async fn handle(&self, job: Job) -> JobOutcome {
        let (Some(org), Ok(payload)) = (job.org, serde_json::from_value::<Payload>(job.payload)) else {
            return JobOutcome::Dead("not a message".to_owned());
        };
        match self.try_handle(org, &payload).await {
            Err(failure) if job.attempt >= MAX_ATTEMPTS => {
                self.give_up(org, payload.receipt, &failure).await;
                JobOutcome::Retry { after: None, why: failure.to_string() }
            }
            outcome => outcome.into(),
        }
    }

    async fn try_handle(&self, org: OrgId, payload: &Payload) -> Result<(), Failure> {
        let Some((account, body)) = self.stored(org, payload).await? else { return Ok(()) };
        let reading = read(&account.resolved, &body);
        let reading = self.completed(&account, reading).await?;
        let (inbox, receipt) = (self.clone(), payload.receipt);
        let unit = async move |tx: &mut Tx| inbox.apply(tx, &account, receipt, reading).await;
        self.meetings.db().unit(move |tx| Box::pin(async move { unit(tx).await })).await
    }

    async fn stored(&self, org: OrgId, payload: &Payload) -> Result<Option<(Account, Value)>, Failure> {
        let mut tx = self.meetings.db().reader().await?;
        let Some(sealed) = store::body(&mut tx, org, payload.receipt).await? else { return Ok(None) };
        let Some(account) = for_messages(&mut tx, self.meetings.sealer(), payload.provider).await? else { return Ok(None) };
        let body = self.meetings.sealer().open(&body_place(payload.receipt), &sealed)?;
        Ok(Some((account, serde_json::from_str(body.expose_secret())?)))
    }

    // A message that only names things: what they are is asked for outside of any transaction.
    async fn completed(&self, account: &Account, mut reading: Reading) -> Result<Reading, Failure> {
        let caller = self.calls.of(account.id, account.resolved.version);
        for ask in std::mem::take(&mut reading.ask) {
            match account.resolved.follow(&caller, &ask).await {
                Ok(more) => {
                    reading.place = reading.place.or(more.place);
                    reading.facts.extend(more.facts);
                }
                // What is gone says nothing.
                Err(Trouble::Missing) => {}
                Err(trouble) => return Err(UNANSWERED.because(trouble.says())),
            }
        }
        Ok(reading)
    }

    async fn apply(&self, tx: &mut Tx, account: &Account, receipt: ReceiptId, reading: Reading) -> Result<(), Failure> {
        let note = async |tx: &mut Tx, state, why, meeting| store::note(tx, account.org, receipt, state, why, meeting).await;
        if !reading.notices.is_empty() {
            for missed in subscriptions::noticed(tx, account.org, account.id, &reading.notices).await? {
                links::reconcile(tx, account.org, missed).await?;
            }
            if reading.facts.is_empty() {
                return note(tx, ReceiptState::Applied, None, None).await;
            }
        }
        if reading.facts.is_empty() {
            return note(tx, ReceiptState::Ignored, Some("nothing follows from this event"), None).await;
        }
        if let (true, Some(PlaceRef::External(id))) = (reading.facts.contains(&Fact::Drifted), &reading.place) {
            links::doubt(tx, account.org, account.id, id).await?;
        }
        let Some(meeting) = self.meeting(tx, account, &reading).await? else {
            return note(tx, ReceiptState::Ignored, Some("no meeting of this account"), None).await;
        };
        let ctx = Ctx::system(account.org, receipt.to_string());
        attendance::keep(tx, &ctx, &self.meetings, meeting, &reading.facts).await?;
        for fact in &reading.facts {
            match fact {
                Fact::Recording(found) => self.recordings.found(tx, &ctx, meeting, account.id, found).await?,
                Fact::Run(_) | Fact::Mark(_) | Fact::Spoke { .. } | Fact::Drifted => {}
            }
        }
        note(tx, ReceiptState::Applied, None, Some(meeting)).await
    }

    // Only meetings of the account that proved itself.
    async fn meeting(&self, tx: &mut Tx, account: &Account, reading: &Reading) -> Result<Option<MeetingId>, Failure> {
        match &reading.place {
            None => Ok(None),
            Some(PlaceRef::Room(room)) => {
                let held = self.meetings.of_room(tx, account.org, account.id, room).await?;
                Ok(held.map(|(meeting, _)| meeting.id))
            }
            Some(PlaceRef::External(id)) => {
                let began_at = reading.call.began_at.or_else(|| reading.facts.iter().filter_map(Fact::at).min());
                let call = CallRef { began_at, ..reading.call.clone() };
                match attendance::owner(tx, account.org, account.id, id, &call).await? {
                    Some(meeting) => Ok(self.meetings.held_in(tx, account.org, meeting).await?.map(|(meeting, _)| meeting.id)),
                    None => Ok(None),
                }
            }
        }
    }

    async fn give_up(&self, org: OrgId, receipt: ReceiptId, failure: &Failure) {
        let why = crate::egress::shorten(failure.message());
        let noted = self
            .meetings
            .db()
            .unit(move |tx| Box::pin(async move { store::note(tx, org, receipt, ReceiptState::Failed, Some(&why), None).await }));
        noted.await.inspect_err(|failure| tracing::error!(%failure, "a message could not be given up")).ok();
    }

    /// Works on a message once more.
    pub(super) async fn replay(&self, tx: &mut Tx, ctx: &Ctx, receipt: ReceiptId, provider: ProviderId) -> Result<(), Failure> {
        store::note(tx, ctx.org, receipt, ReceiptState::Received, None, None).await?;
        let run_at = tx.now();
        let payload = json!({ "receipt": receipt, "provider": provider });
        jobs::enqueue(tx, NewJob { org: Some(ctx.org), kind: HANDLE, payload, run_at, unique_key: Some(receipt.to_string()) }).await
    }
}

fn read(account: &Resolved, body: &Value) -> Reading {
    match &account.settings {
        Settings::Jitsi(_) => jitsi::webhook::read(body),
        Settings::Jaas(jaas) => jaas::webhook::read(&jaas.app_id, body),
        Settings::Zoom(_) => zoom::webhook::read(body),
        Settings::Teams(teams) => teams::webhook::read(teams.encryption_key.as_ref(), body),
        Settings::GoogleMeet(_) => google_meet::webhook::read(body),
        Settings::Url(_) => Reading::default(),
    }
}
