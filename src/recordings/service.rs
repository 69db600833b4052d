//! Use-cases of recordings.

use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::model::{Recording, RecordingState, RecordingView, Visibility};
use super::tickets::Ticket;
use super::{NOT_FOUND, Recordings, UNAVAILABLE, fetch, remove, store};
use crate::audit;
use crate::db::{SealedColumn, Tx};
use crate::events::{self, NewEvent};
use crate::jobs::{self, NewJob};
use crate::kernel::failure::invalid;
use crate::kernel::{Ctx, Failure, MeetingId, OrgId, Page, PageRequest, ProviderId, RecordingId, Timestamp, code};
use crate::meetings::NOT_FOUND as NO_MEETING;
use crate::providers::facts::FoundRecording;

/// Minutes that a download address works.
const TICKET_MIN: i64 = 60;
/// Longest life of a public link, in days.
const PUBLIC_DAYS: i64 = 365;
const BATCH: u32 = 100;

const HOST_SEES: [Visibility; 4] = [Visibility::Host, Visibility::Participants, Visibility::Organization, Visibility::Public];

/// Where a file can be fetched.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Source {
    pub url: String,
    pub token: Option<String>,
    /// Whether it is fetched with a token of the provider account.
    #[serde(default)]
    pub with_account: bool,
}

/// An address that works for a while.
#[derive(Debug, Clone, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Download {
    /// The recording.
    pub id: RecordingId,
    /// Where it can be fetched, without a key.
    pub url: String,
    /// Until when.
    pub expires_at: Timestamp,
}

impl Recordings {
    /// A provider has a recording of a meeting that is held in this unit. Told again, what is new counts.
    pub async fn found(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        meeting: MeetingId,
        provider: ProviderId,
        found: &FoundRecording,
    ) -> Result<(), Failure> {
        if let Some(known) = store::hold_external(tx, ctx.org, meeting, &found.external_id).await? {
            return self.found_again(tx, known, found).await;
        }
        let recording = self.as_found(tx, (ctx.org, meeting, provider), found)?;
        store::insert(tx, &recording).await?;
        let shown = recording.view(self.meetings.base(), false);
        audit::record(tx, ctx, "recording.found", recording.id, audit::changes(&json!({}), &shown)).await?;
        if recording.state == RecordingState::Fetching {
            self.fetch_soon(tx, &recording).await
        } else {
            self.announce(tx, "recording.ready", &recording).await
        }
    }

    // With a link it is fetched, where this installation does that.
    fn as_found(
        &self,
        tx: &Tx,
        (org_id, meeting_id, provider): (OrgId, MeetingId, ProviderId),
        found: &FoundRecording,
    ) -> Result<Recording, Failure> {
        let (id, now): (RecordingId, _) = (tx.new_id(), tx.now());
        let (keep_days, link) = (i64::from(self.keep_days), self.sealed(id, found)?);
        Ok(Recording {
            id,
            org_id,
            meeting_id,
            provider_id: Some(provider),
            external_id: found.external_id.clone(),
            kind: found.kind,
            state: if self.fetch && link.is_some() { RecordingState::Fetching } else { RecordingState::Linked },
            mime: found.mime.clone().unwrap_or_else(|| "application/octet-stream".to_owned()),
            size_bytes: found.size_bytes,
            sha256: None,
            link,
            link_expires_at: found.link_expires_at,
            file_key: None,
            started_at: found.started_at,
            ended_at: found.ended_at,
            visibility: Visibility::Host,
            public_token: None,
            public_until: None,
            expires_at: (keep_days > 0).then(|| now.plus_secs(keep_days * 86_400)),
            error: None,
            created_at: now,
            updated_at: now,
        })
    }

    // A newer link, for one that we do not have yet.
    async fn found_again(&self, tx: &mut Tx, mut known: Recording, found: &FoundRecording) -> Result<(), Failure> {
        if known.state == RecordingState::Stored || found.link.is_none() {
            return Ok(());
        }
        known.link = self.sealed(known.id, found)?;
        known.link_expires_at = found.link_expires_at;
        known.state = if self.fetch { RecordingState::Fetching } else { RecordingState::Linked };
        known.error = None;
        store::save(tx, &known).await?;
        if self.fetch { self.fetch_soon(tx, &known).await } else { Ok(()) }
    }

    fn sealed(&self, id: RecordingId, found: &FoundRecording) -> Result<Option<Vec<u8>>, Failure> {
        let Some(url) = found.link.clone() else { return Ok(None) };
        let source = serde_json::to_string(&Source { url, token: found.token.clone(), with_account: found.with_account })?;
        self.meetings.sealer().seal(&place(id), &source).map(Some)
    }

    pub(super) fn source(&self, recording: &Recording) -> Result<Option<Source>, Failure> {
        let Some(sealed) = &recording.link else { return Ok(None) };
        Ok(Some(serde_json::from_str(self.meetings.sealer().open(&place(recording.id), sealed)?.expose_secret())?))
    }

    async fn fetch_soon(&self, tx: &mut Tx, recording: &Recording) -> Result<(), Failure> {
        let run_at = tx.now();
        let payload = json!({ "recording": recording.id });
        let unique_key = Some(recording.id.to_string());
        jobs::enqueue(tx, NewJob { org: Some(recording.org_id), kind: fetch::FETCH, payload, run_at, unique_key }).await
    }

    pub(super) async fn announce(&self, tx: &mut Tx, kind: &'static str, recording: &Recording) -> Result<(), Failure> {
        if matches!(kind, "recording.ready" | "recording.updated") {
            self.tell(tx, recording).await?;
        }
        let data = json!(recording.view(self.meetings.base(), false));
        events::append(tx, recording.org_id, NewEvent::new(kind, recording.meeting_id, data)).await
    }

    /// What of a meeting's recordings the caller may see.
    async fn visible(&self, ctx: &Ctx, meeting: MeetingId) -> Result<&'static [Visibility], Failure> {
        if self.meetings.require_host(ctx, meeting).await.is_ok() {
            return Ok(&HOST_SEES);
        }
        match self.meetings.get(ctx, meeting).await {
            Ok(_) => Ok(&HOST_SEES[1..]),
            Err(failure) if failure.kind() == &NO_MEETING => Ok(&HOST_SEES[2..]),
            Err(failure) => Err(failure),
        }
    }

    /// A page of recordings of a meeting, or of the whole organization.
    pub(super) async fn list(&self, ctx: &Ctx, meeting: Option<MeetingId>, page: &PageRequest) -> Result<Page<RecordingView>, Failure> {
        let (limit, before) = (page.limit()?, page.after::<RecordingId>()?);
        let visible = match meeting {
            Some(meeting) => self.visible(ctx, meeting).await?,
            None if ctx.sees_all() => &HOST_SEES,
            None => &HOST_SEES[2..],
        };
        let found = store::list(&mut self.meetings.db().reader().await?, ctx.org, meeting, visible, before, limit).await?;
        let page = Page::cut(found, limit, |recording| recording.id)?;
        Ok(page.map(|recording| recording.view(self.meetings.base(), visible.len() == HOST_SEES.len())))
    }

    pub(super) async fn get(&self, ctx: &Ctx, id: RecordingId) -> Result<RecordingView, Failure> {
        let (recording, needs) = self.seen(ctx, id).await?;
        Ok(recording.view(self.meetings.base(), needs == Visibility::Host))
    }

    // And the least visibility with which the caller sees it.
    async fn seen(&self, ctx: &Ctx, id: RecordingId) -> Result<(Recording, Visibility), Failure> {
        let found = store::find(&mut self.meetings.db().reader().await?, ctx.org, id).await?.ok_or(&NOT_FOUND)?;
        let visible = self.visible(ctx, found.meeting_id).await?;
        if visible.contains(&found.visibility) { Ok((found, visible[0])) } else { Err(Failure::from(&NOT_FOUND)) }
    }

    async fn managed(&self, ctx: &Ctx, id: RecordingId) -> Result<Recording, Failure> {
        let (recording, _) = self.seen(ctx, id).await?;
        self.meetings.require_host(ctx, recording.meeting_id).await?;
        Ok(recording)
    }

    /// An address of ours that works for an hour, or the provider's link while it lives.
    pub async fn download_url(&self, ctx: &Ctx, id: RecordingId) -> Result<Download, Failure> {
        let (recording, needs) = self.seen(ctx, id).await?;
        let now = self.meetings.db().clock().now();
        if recording.state == RecordingState::Stored {
            let expires_at = now.plus_min(TICKET_MIN);
            let ticket = Ticket { org: ctx.org, recording: id, needs }.seal(self.meetings.sealer(), expires_at)?;
            return Ok(Download { id, url: format!("{}/recordings/{ticket}", self.meetings.base()), expires_at });
        }
        let expires_at = recording.link_expires_at.unwrap_or_else(|| now.plus_min(TICKET_MIN));
        match self.source(&recording)? {
            // A link that needs a token opens for nobody but us.
            Some(Source { url, token: None, with_account: false }) if now < expires_at => Ok(Download { id, url, expires_at }),
            _ => Err(UNAVAILABLE.because(format!("The recording is {}: it cannot be downloaded now", recording.state.name()))),
        }
    }

    /// Decides who may see a recording.
    pub(super) async fn set_visibility(
        &self,
        ctx: &Ctx,
        id: RecordingId,
        visibility: Visibility,
        days: Option<i64>,
    ) -> Result<RecordingView, Failure> {
        let days = days.unwrap_or(7);
        if !(1..=PUBLIC_DAYS).contains(&days) {
            return Err(invalid("public_days", format!("must be between 1 and {PUBLIC_DAYS}")));
        }
        self.managed(ctx, id).await?;
        let (recordings, caller) = (self.clone(), ctx.clone());
        let unit = async move |tx: &mut Tx| {
            let before = store::hold(tx, caller.org, id).await?.ok_or(&NOT_FOUND)?;
            let mut after = before.clone();
            after.visibility = visibility;
            (after.public_token, after.public_until) = match visibility {
                Visibility::Public => (Some(code::token(tx.entropy())), Some(tx.now().plus_secs(days * 86_400))),
                Visibility::Host | Visibility::Participants | Visibility::Organization => (None, None),
            };
            store::save(tx, &after).await?;
            let base = recordings.meetings.base();
            audit::record(tx, &caller, "recording.set_visibility", id, audit::changes(&before.view(base, false), &after.view(base, false)))
                .await?;
            recordings.announce(tx, "recording.updated", &after).await?;
            Ok(after.view(base, true))
        };
        self.meetings.db().write(ctx, move |tx| Box::pin(async move { unit(tx).await })).await
    }

    /// Removes a recording with its file; what the provider still has is not touched.
    pub(super) async fn delete(&self, ctx: &Ctx, id: RecordingId) -> Result<RecordingId, Failure> {
        self.managed(ctx, id).await?;
        let (recordings, caller) = (self.clone(), ctx.clone());
        let unit =
            async move |tx: &mut Tx| if recordings.delete_in(tx, &caller, id).await? { Ok(id) } else { Err(Failure::from(&NOT_FOUND)) };
        self.meetings.db().write(ctx, move |tx| Box::pin(async move { unit(tx).await })).await
    }

    // Answers whether there was one: of several who delete it at once, one does.
    pub(super) async fn delete_in(&self, tx: &mut Tx, ctx: &Ctx, id: RecordingId) -> Result<bool, Failure> {
        let Some(recording) = &store::hold(tx, ctx.org, id).await? else { return Ok(false) };
        store::delete(tx, ctx.org, recording.id).await?;
        remove::soon(tx, recording).await?;
        let shown = recording.view(self.meetings.base(), false);
        audit::record(tx, ctx, "recording.delete", recording.id, audit::changes(&shown, &serde_json::Value::Null)).await?;
        self.announce(tx, "recording.deleted", recording).await?;
        Ok(true)
    }

    /// Deletes what is past its time, and notes links that died.
    pub(super) async fn expire(&self) -> Result<(), Failure> {
        let now = self.meetings.db().clock().now();
        self.meetings.db().unit(move |tx| Box::pin(store::expire_links(tx, now))).await?;
        let due = store::due(&mut self.meetings.db().reader().await?, now, BATCH).await?;
        for Recording { id, org_id, .. } in due {
            let recordings = self.clone();
            let unit = async move |tx: &mut Tx| recordings.delete_in(tx, &Ctx::system(org_id, "retention".to_owned()), id).await;
            self.meetings.db().unit(move |tx| Box::pin(async move { unit(tx).await })).await?;
        }
        Ok(())
    }
}

/// Where the providers keep all recordings.
pub const SEALED: SealedColumn = SealedColumn { table: "recording", column: "link", place: |id| place(id.into()) };

fn place(id: RecordingId) -> String {
    format!("recording.link/{id}")
}
