use std::sync::Arc;

use super::model::{Recording, RecordingState, Visibility};
use super::{NOT_FOUND, Recordings, store};
use crate::config::Config;
use crate::db::testing::{engines, organization, overlapping};
use crate::db::{Db, Tx};
use crate::kernel::{Ctx, MeetingId, OrgId, Sealer};
use crate::meetings::Meetings;
use crate::meetings::input::NewMeeting;
use crate::providers::calls::caller::Calls;
use crate::providers::facts::{FoundRecording, RecordingKind};

struct House {
    db: Db,
    org: OrgId,
    meeting: MeetingId,
    recordings: Recordings,
    found: Recording,
}

fn sealer() -> Arc<Sealer> {
    Arc::new(Sealer::new(&"BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=".into()).unwrap())
}

fn ctx(org: OrgId) -> Ctx {
    Ctx::system(org, String::new())
}

fn call(link: &str) -> FoundRecording {
    FoundRecording {
        external_id: "one".to_owned(),
        kind: RecordingKind::Video,
        link: Some(link.to_owned()),
        token: None,
        with_account: false,
        link_expires_at: None,
        started_at: None,
        ended_at: None,
        size_bytes: None,
        mime: None,
    }
}

impl House {
    /// An organization with a meeting that was recorded; everybody may see it, and its time is over.
    async fn new(db: Db) -> Self {
        let (org, mut config) = (organization(&db).await, Config::load(None).unwrap());
        config.recordings.fetch = false;
        let meetings = Meetings::new(db.clone(), sealer(), config.meetings.clone(), "https://meet.example.org", &[]);
        let new = NewMeeting { name: "Review".into(), ..NewMeeting::default() };
        let meeting = meetings.create(&ctx(org), new).await.unwrap().id;
        let calls = Arc::new(Calls::new(&config.providers, db.clock().clone(), db.entropy().clone()));
        let recordings = Recordings::new(meetings, calls, &config).unwrap();
        let unit = async move |tx: &mut Tx| {
            let recording = recording(tx, org, meeting);
            store::insert(tx, &recording).await?;
            store::save(tx, &recording).await?;
            Ok(recording)
        };
        let found = db.unit(move |tx| Box::pin(async move { unit(tx).await })).await.unwrap();
        Self { db, org, meeting, recordings, found }
    }

    async fn now(&self) -> Option<Recording> {
        store::find(&mut self.db.reader().await.unwrap(), self.org, self.found.id).await.unwrap()
    }

    async fn told(&self) -> i64 {
        let sql = "select count(*) from event where type = 'recording.deleted'";
        let (told,): (i64,) = self.db.reader().await.unwrap().fetch_one(sql, vec![]).await.unwrap();
        told
    }
}

fn recording(tx: &Tx, org_id: OrgId, meeting_id: MeetingId) -> Recording {
    let now = tx.now();
    Recording {
        id: tx.new_id(),
        org_id,
        meeting_id,
        provider_id: None,
        external_id: "one".to_owned(),
        kind: RecordingKind::Video,
        state: RecordingState::Linked,
        mime: "video/mp4".to_owned(),
        size_bytes: None,
        sha256: None,
        link: None,
        link_expires_at: None,
        file_key: None,
        started_at: None,
        ended_at: None,
        visibility: Visibility::Public,
        public_token: Some("token".to_owned()),
        public_until: None,
        expires_at: Some(now),
        error: None,
        created_at: now,
        updated_at: now,
    }
}

// A provider tells of a newer link while a host takes the public link away.
#[tokio::test]
async fn a_newer_link_makes_nothing_public() {
    for (engine, db) in engines().await {
        let house = House::new(db).await;
        let (org, meeting, id) = (house.org, house.meeting, house.found.id);
        let hidden = async move |tx: &mut Tx| {
            let known = store::hold(tx, org, id).await?.unwrap();
            store::save(tx, &Recording { visibility: Visibility::Host, public_token: None, ..known }).await
        };
        let (db, recordings) = (house.db.clone(), house.recordings.clone());
        let again = async move |tx: &mut Tx| {
            let provider = tx.new_id();
            recordings.found(tx, &ctx(org), meeting, provider, &call("https://a.example.org/2")).await
        };
        let again = async move { db.unit(move |tx| Box::pin(async move { again(tx).await })).await };
        let (_, again) = overlapping(&house.db, move |tx| Box::pin(async move { hidden(tx).await }), again).await;
        again.unwrap();
        let now = house.now().await.unwrap();
        assert_eq!((now.visibility, now.public_token.is_none(), now.link.is_some()), (Visibility::Host, true, true), "{engine}");
    }
}

// Two replicas find the same recordings due; each is deleted, and told, once.
#[tokio::test]
async fn what_expires_is_told_once() {
    for (engine, db) in engines().await {
        let house = House::new(db).await;
        let (recordings, other, org, id) = (house.recordings.clone(), house.recordings.clone(), house.org, house.found.id);
        let deleted = async move |tx: &mut Tx| recordings.delete_in(tx, &ctx(org), id).await;
        let (deleted, expired) =
            overlapping(&house.db, move |tx| Box::pin(async move { deleted(tx).await }), async move { other.expire().await }).await;
        expired.unwrap();
        assert_eq!((deleted, house.told().await, house.now().await.is_none()), (true, 1, true), "{engine}");
        let late = house.recordings.delete(&ctx(org), id).await.unwrap_err();
        assert_eq!(late.kind(), &NOT_FOUND, "{engine}");
    }
}
