//! What a join needs to know of a meeting, cached for a second.

use std::sync::Arc;

use super::super::model::Meeting;
use super::super::participant::Participant;
use super::super::series::store as series_store;
use super::super::{people_store, store};
use super::Meetings;
use crate::kernel::cache::FreshCache;
use crate::kernel::{Failure, MeetingId, ProviderId, Timestamp};

/// A meeting with its people.
#[derive(Debug)]
pub struct Room {
    /// The meeting.
    pub meeting: Meeting,
    /// Who takes part.
    pub people: Vec<Participant>,
}

/// Rooms that were asked for lately.
pub(super) struct Rooms {
    by_id: FreshCache<MeetingId, Arc<Room>>,
    ids: quick_cache::sync::Cache<String, MeetingId>,
}

impl Rooms {
    pub(super) fn new() -> Self {
        Self { by_id: FreshCache::new(5_000), ids: quick_cache::sync::Cache::new(20_000) }
    }

    pub(super) fn forget(&self, id: MeetingId) {
        self.by_id.drop_value(&id);
    }

    pub(super) fn forget_all(&self) {
        self.by_id.clear();
    }
}

impl Meetings {
    /// The room of a code that was already read by [`crate::kernel::code::parse_room_code`]. At most a second old, and never older than
    /// the last write of this process.
    pub async fn room_by_code(&self, room_code: &str) -> Result<Option<Arc<Room>>, Failure> {
        if let Some(id) = self.rooms.ids.get(room_code) {
            return self.room(id).await;
        }
        Box::pin(self.read_by_code(room_code)).await
    }

    async fn read_by_code(&self, room_code: &str) -> Result<Option<Arc<Room>>, Failure> {
        let mut tx = self.db.reader().await?;
        let Some(meeting) = store::find_by_code(&mut tx, room_code).await? else {
            // The link of a series leads to another meeting next week: nothing to remember.
            let current = series_store::current(&mut tx, room_code).await?;
            drop(tx);
            return match current {
                Some(id) => self.room(id).await,
                None => Ok(None),
            };
        };
        drop(tx);
        // A code never changes its meeting, so this needs no time limit.
        self.rooms.ids.insert(room_code.to_owned(), meeting.id);
        self.room(meeting.id).await
    }

    /// The code of the meeting in a room of a provider account.
    pub async fn code_of_room(&self, provider: ProviderId, room_name: &str) -> Result<Option<String>, Failure> {
        store::code_of_room(&mut self.db.reader().await?, provider, room_name).await
    }

    /// The room of a meeting.
    pub async fn room(&self, id: MeetingId) -> Result<Option<Arc<Room>>, Failure> {
        let now = self.db.clock().now();
        if let Some(room) = self.rooms.by_id.get(&id, now) {
            return Ok(Some(room));
        }
        Box::pin(self.read_room(id, now)).await
    }

    async fn read_room(&self, id: MeetingId, now: Timestamp) -> Result<Option<Arc<Room>>, Failure> {
        let token = self.rooms.by_id.begin_read();
        let mut tx = self.db.reader().await?;
        let Some(meeting) = store::find_any(&mut tx, id).await? else { return Ok(None) };
        let people = people_store::of_meeting(&mut tx, meeting.org_id, id).await?;
        let room = Arc::new(Room { meeting, people });
        self.rooms.by_id.keep(id, room.clone(), now, token);
        Ok(Some(room))
    }
}
