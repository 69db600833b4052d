//! Which rooms of a Jitsi of one's own are open, held against what its reports said: a report is lost when omeet is away longer than the server
//! tries again, or when the server ends without one.
//!
//! A server that cannot be asked changes nothing, and nothing is said of what began or spoke within the last minutes.

use std::collections::HashMap;

use super::Hosting;
use crate::attendance;
use crate::db::Tx;
use crate::egress;
use crate::jobs::worker::complain;
use crate::kernel::{Ctx, Failure, MeetingId, OrgId, ProviderId, Timestamp};
use crate::meetings::State;
use crate::providers::calls::Trouble;
use crate::providers::facts::{Fact, Run};
use crate::providers::jitsi::control::OpenRoom;
use crate::providers::{Account, accounts, for_messages, servers};

/// Reports of what happened within this time may still be on their way.
const ON_ITS_WAY_S: i64 = 150;
/// Meetings that are looked at in one go.
const BATCH: u32 = 500;
/// A recording machine that is silent for so long is forgotten.
const RECORDER_S: i64 = 7 * 86_400;

struct Counted {
    account: Account,
    /// When the server was asked.
    at: Timestamp,
    /// When it was asked the time before.
    before: Option<Timestamp>,
    rooms: HashMap<String, OpenRoom>,
}

impl Hosting {
    /// Counts the rooms of every server that can be asked.
    pub async fn count_rooms(&self) -> Result<(), Failure> {
        let known = accounts::all_controlled(&mut self.meetings.db().reader().await?).await?;
        for (org, id) in known {
            self.count_at(org, id).await.inspect_err(|failure| complain("provider.count_rooms", failure)).ok();
        }
        let before = self.meetings.db().clock().now().plus_secs(-RECORDER_S);
        self.meetings.db().unit(move |tx| Box::pin(servers::forget_recorders(tx, before))).await
    }

    async fn count_at(&self, org: OrgId, id: ProviderId) -> Result<(), Failure> {
        let (account, known) = {
            let mut tx = self.meetings.db().reader().await?;
            (for_messages(&mut tx, self.meetings.sealer(), id).await?, servers::known(&mut tx, org, id).await?)
        };
        let Some(account) = account else { return Ok(()) };
        let at = self.meetings.db().clock().now();
        match self.asked_for_rooms(&account).await {
            Ok(rooms) => {
                let counted = Counted { account, at, before: known.counted_at, rooms };
                self.compare_rooms(&counted).await?;
                self.note_count(&counted).await
            }
            Err(trouble) => self.note_trouble(org, id, &trouble, known.trouble).await,
        }
    }

    async fn asked_for_rooms(&self, account: &Account) -> Result<HashMap<String, OpenRoom>, Trouble> {
        let Some(server) = account.resolved.control() else { return Ok(HashMap::new()) };
        let rooms = server.rooms(&self.calls.of(account.id, account.resolved.version)).await?;
        Ok(rooms.into_iter().map(|room| (room.name.clone(), room)).collect())
    }

    async fn compare_rooms(&self, counted: &Counted) -> Result<(), Failure> {
        let (org, id) = (counted.account.org, counted.account.id);
        let mut after = None;
        loop {
            let some = self.meetings.running_at(org, id, after, BATCH).await?;
            for (meeting, room) in some.iter().filter(|(_, room)| !counted.rooms.contains_key(room)) {
                tracing::debug!(%meeting, room, "a room is not open");
                self.is_gone(counted, *meeting).await?;
            }
            after = some.last().map(|(meeting, _)| *meeting);
            if some.len() < BATCH as usize {
                break;
            }
        }
        let names: Vec<&str> = counted.rooms.keys().map(String::as_str).collect();
        for names in names.chunks(BATCH as usize) {
            for (meeting, room) in self.meetings.idle_at(org, id, names).await? {
                if let Some(open) = counted.rooms.get(&room) {
                    self.is_open(counted, meeting, open).await?;
                }
            }
        }
        Ok(())
    }

    /// The room of a meeting that goes on, as its reports say, is not there.
    async fn is_gone(&self, counted: &Counted, id: MeetingId) -> Result<(), Failure> {
        let (hosting, org, at, before) = (self.clone(), counted.account.org, counted.at, counted.before);
        let unit = async move |tx: &mut Tx| {
            let held = hosting.meetings.held_in(tx, org, id).await?;
            if held.is_none_or(|(meeting, _)| meeting.state != State::Started) {
                return Ok(());
            }
            let Some(open) = attendance::open_call(tx, org, id).await? else { return Ok(()) };
            if at.since_ms(open.last_sign) < ON_ITS_WAY_S * 1000 {
                return Ok(());
            }
            // It was there when rooms were last counted, or when something was last heard of it; nobody saw it since.
            let ended_at = before.map_or(at, |before| before.max(open.last_sign)).min(at);
            let run = Run { key: open.key, started_at: Some(open.since), ended_at: Some(ended_at) };
            attendance::keep(tx, &census(org), &hosting.meetings, id, &[Fact::Run(run)]).await
        };
        self.meetings.db().unit(move |tx| Box::pin(async move { unit(tx).await })).await
    }

    /// A room is open whose meeting is not.
    async fn is_open(&self, counted: &Counted, id: MeetingId, open: &OpenRoom) -> Result<(), Failure> {
        let (hosting, org, at, open) = (self.clone(), counted.account.org, counted.at, open.clone());
        let unit = async move |tx: &mut Tx| {
            let Some((meeting, _)) = hosting.meetings.held_in(tx, org, id).await? else { return Ok(()) };
            let since = open.since.unwrap_or(at);
            let may_be_open = meeting.state == State::Ready || meeting.may_resume();
            if !may_be_open || open.participants < 1 || at.since_ms(since.max(meeting.updated_at)) < ON_ITS_WAY_S * 1000 {
                return Ok(());
            }
            let run = Run { key: since.secs().to_string(), started_at: Some(since), ended_at: None };
            attendance::fill(tx, &census(org), &hosting.meetings, id, vec![Fact::Run(run)]).await
        };
        self.meetings.db().unit(move |tx| Box::pin(async move { unit(tx).await })).await
    }

    async fn note_count(&self, counted: &Counted) -> Result<(), Failure> {
        let (org, id, at) = (counted.account.org, counted.account.id, counted.at);
        let people: i64 = counted.rooms.values().map(|room| room.participants).sum();
        let rooms = i64::try_from(counted.rooms.len()).unwrap_or(i64::MAX);
        self.meetings.db().unit(move |tx| Box::pin(servers::counted(tx, org, id, at, rooms, people))).await
    }

    // Said once in the log, and again when it changes.
    async fn note_trouble(&self, org: OrgId, id: ProviderId, trouble: &Trouble, before: Option<String>) -> Result<(), Failure> {
        let why = egress::shorten(&trouble.says());
        if before.as_deref() != Some(&why) {
            tracing::warn!(provider.id = %id, why, "the rooms of a server cannot be counted");
        }
        self.meetings.db().unit(move |tx| Box::pin(async move { servers::troubled(tx, org, id, &why).await })).await
    }
}

fn census(org: OrgId) -> Ctx {
    Ctx::system(org, "census".to_owned())
}
