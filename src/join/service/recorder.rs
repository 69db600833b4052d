//! Notes who came in, beside the hot path: collected for half a second, written together, once a minute for the same person.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::sync::mpsc;

use super::Visitor;
use crate::audit;
use crate::db::Tx;
use crate::join::decision::JoinRole;
use crate::kernel::{Ctx, Failure, MeetingId, ParticipantId, Timestamp};
use crate::meetings::{Meetings, Room};

const EVERY: Duration = Duration::from_millis(500);
const BATCH: usize = 1000;
const QUEUE: usize = 20_000;
const SAME_PERSON_MS: i64 = 60_000;

struct Note {
    ctx: Ctx,
    meeting: MeetingId,
    participant: Option<ParticipantId>,
    who: Option<String>,
    is_moderator: bool,
}

/// The way to the recorder's task.
#[derive(Clone)]
pub(super) struct Recorder {
    notes: mpsc::Sender<Note>,
    seen: Arc<quick_cache::sync::Cache<(MeetingId, String), Timestamp>>,
    meetings: Meetings,
}

impl Recorder {
    pub(super) fn start(meetings: Meetings) -> Self {
        let (notes, queue) = mpsc::channel(QUEUE);
        tokio::spawn(serve(meetings.clone(), queue));
        Self { notes, seen: Arc::new(quick_cache::sync::Cache::new(20_000)), meetings }
    }

    /// Notes a visitor. A full queue loses the note and nothing else.
    pub(super) fn note(&self, ctx: &Ctx, room: &Room, visitor: &Visitor, role: JoinRole) {
        let (now, meeting) = (self.meetings.db().clock().now(), room.meeting.id);
        let who = visitor.stable_id();
        let key = (meeting, who.clone().unwrap_or_default());
        if who.is_some() && self.seen.get(&key).is_some_and(|at| now.since_ms(at) < SAME_PERSON_MS) {
            return;
        }
        self.seen.insert(key, now);
        let note = Note { ctx: ctx.clone(), meeting, participant: visitor.participant(), who, is_moderator: role == JoinRole::Moderator };
        if self.notes.try_send(note).is_err() {
            metrics::counter!("omeet_join_notes_lost_total").increment(1);
        }
    }
}

async fn serve(meetings: Meetings, mut queue: mpsc::Receiver<Note>) {
    let mut notes = Vec::with_capacity(BATCH);
    while queue.recv_many(&mut notes, BATCH).await > 0 {
        if let Err(failure) = write(&meetings, std::mem::take(&mut notes)).await {
            tracing::warn!(%failure, "who came in could not be noted");
        }
        tokio::time::sleep(EVERY).await;
    }
}

async fn write(meetings: &Meetings, notes: Vec<Note>) -> Result<(), Failure> {
    let joined: Vec<_> = notes.iter().filter_map(|note| Some((note.meeting, note.participant?))).collect();
    let unit = async move |tx: &mut Tx| {
        for note in notes {
            let changes = json!({ "joined": { "before": null, "after": { "who": note.who, "is_moderator": note.is_moderator } } });
            audit::record(tx, &note.ctx, "meeting.join", note.meeting, changes).await?;
        }
        Ok(())
    };
    meetings.db().unit(move |tx| Box::pin(async move { unit(tx).await })).await?;
    if joined.is_empty() { Ok(()) } else { meetings.note_joined(joined).await }
}
