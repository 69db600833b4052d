//! Use-cases of rooms.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sqlx::types::Json;

use super::input::{NewRoom, RoomChange, RoomFilter, Wanted, people, words};
use super::model::{Room, RoomView};
use super::{CHANGED, NOT_FOUND, store};
use crate::db::{Db, Tx};
use crate::events::{self, NewEvent};
use crate::kernel::failure::invalid;
use crate::kernel::{Ctx, Failure, Page, PageRequest, PlaceId, text};
use crate::tenancy::organizations;
use crate::{audit, kernel};

const WEEK_MS: i64 = 7 * 86_400_000;

/// Rooms of all organizations.
#[derive(Clone)]
pub struct Rooms {
    db: Db,
}

/// Rooms that fit.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
pub struct FreeRooms {
    /// The smallest that fit first.
    pub items: Vec<RoomView>,
}

/// What was deleted.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[schemars(rename = "DeletedRoom")]
pub struct Deleted {
    /// Identifier.
    pub id: PlaceId,
    /// Always true.
    pub deleted: bool,
}

impl Rooms {
    /// Over one database.
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    /// Adds a room.
    pub async fn create(&self, ctx: &Ctx, new: NewRoom) -> Result<RoomView, Failure> {
        let caller = ctx.clone();
        self.db.write(ctx, move |tx| Box::pin(async move { create(tx, &caller, new).await })).await
    }

    /// Changes a room.
    pub async fn update(&self, ctx: &Ctx, change: RoomChange) -> Result<RoomView, Failure> {
        let caller = ctx.clone();
        self.db.write(ctx, move |tx| Box::pin(async move { update(tx, &caller, change).await })).await
    }

    /// Removes a room; meetings in it stay, without it.
    pub async fn delete(&self, ctx: &Ctx, id: PlaceId) -> Result<Deleted, Failure> {
        let caller = ctx.clone();
        self.db.write(ctx, move |tx| Box::pin(async move { delete(tx, &caller, id).await })).await
    }

    /// One room.
    pub async fn get(&self, ctx: &Ctx, id: PlaceId) -> Result<RoomView, Failure> {
        let found = store::find(&mut self.db.reader().await?, ctx.org, id).await?;
        found.map(RoomView::from).ok_or_else(|| Failure::from(&NOT_FOUND))
    }

    /// A page of rooms, by name.
    pub async fn list(&self, ctx: &Ctx, filter: &RoomFilter) -> Result<Page<RoomView>, Failure> {
        let limit = PageRequest { limit: filter.limit, cursor: None }.limit()?;
        let rooms = store::list(&mut self.db.reader().await?, ctx.org, filter, limit).await?;
        Page::cut(rooms.into_iter().map(RoomView::from).collect(), limit, |room| (room.name.clone(), room.id))
    }

    /// Rooms that are open, free and fit.
    pub async fn find_free(&self, ctx: &Ctx, wanted: Wanted) -> Result<FreeRooms, Failure> {
        if !(1..=WEEK_MS).contains(&wanted.end.since_ms(wanted.start)) {
            return Err(invalid("end", "must be after the start, by at most a week"));
        }
        let (equipment, capacity) = (words(wanted.equipment)?, people(wanted.capacity)?.unwrap_or(0));
        let rooms =
            store::free(&mut self.db.reader().await?, ctx.org, (wanted.start, wanted.end), capacity, wanted.text.as_deref()).await?;
        let fits = |room: &Room| room.is_open(wanted.start, wanted.end) && equipment.iter().all(|word| room.equipment.0.contains(word));
        Ok(FreeRooms { items: rooms.into_iter().filter(fits).map(RoomView::from).collect() })
    }
}

/// Adds a room inside a unit of work.
pub async fn create(tx: &mut Tx, ctx: &Ctx, new: NewRoom) -> Result<RoomView, Failure> {
    let room = draw_up(tx, ctx, new).await?;
    store::insert(tx, &room).await?;
    announce(tx, ctx, ("room.create", "room.created"), &Value::Null, &room.into()).await
}

/// Changes a room inside a unit of work.
pub async fn update(tx: &mut Tx, ctx: &Ctx, change: RoomChange) -> Result<RoomView, Failure> {
    let before = store::find(tx, ctx.org, change.id).await?.ok_or(&NOT_FOUND)?;
    if change.version.is_some_and(|version| version != before.version) {
        return Err(Failure::from(&CHANGED).with("version", before.version));
    }
    let mut after = before.clone();
    change.apply(&mut after)?;
    if after == before {
        return Ok(after.into());
    }
    (after.version, after.updated_at) = (before.version + 1, tx.now());
    store::save(tx, &after, before.version).await?;
    announce(tx, ctx, ("room.update", "room.updated"), &json!(RoomView::from(before)), &after.into()).await
}

/// Removes a room inside a unit of work.
pub async fn delete(tx: &mut Tx, ctx: &Ctx, id: PlaceId) -> Result<Deleted, Failure> {
    let before = RoomView::from(store::find(tx, ctx.org, id).await?.ok_or(&NOT_FOUND)?);
    if !store::delete(tx, ctx.org, id).await? {
        return Err(Failure::from(&NOT_FOUND));
    }
    audit::record(tx, ctx, "room.delete", id, audit::changes(&before, &Value::Null)).await?;
    events::append(tx, ctx.org, NewEvent::new("room.deleted", id, json!(before))).await?;
    Ok(Deleted { id, deleted: true })
}

async fn draw_up(tx: &mut Tx, ctx: &Ctx, new: NewRoom) -> Result<Room, Failure> {
    let hours = new.hours.unwrap_or_default();
    hours.timetable("hours")?;
    let tz = match new.tz {
        Some(tz) => text::time_zone("tz", &tz)?,
        None => organizations::find(tx, ctx.org).await?.map_or_else(|| "UTC".to_owned(), |organization| organization.tz),
    };
    let now: kernel::Timestamp = tx.now();
    Ok(Room {
        id: tx.new_id(),
        org_id: ctx.org,
        name: text::line("name", &new.name, 120)?,
        location: text::optional_line("location", new.location.as_deref(), 255)?.unwrap_or_default(),
        capacity: people(new.capacity)?,
        equipment: Json(words(new.equipment)?),
        tz,
        hours: Json(hours),
        active: true,
        version: 1,
        created_at: now,
        updated_at: now,
    })
}

async fn announce(tx: &mut Tx, ctx: &Ctx, done: (&str, &'static str), before: &Value, after: &RoomView) -> Result<RoomView, Failure> {
    audit::record(tx, ctx, done.0, after.id, audit::changes(before, after)).await?;
    events::append(tx, ctx.org, NewEvent::new(done.1, after.id, json!(after))).await?;
    Ok(after.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::testing::{engines, organization, overlapping};

    // Two delete one room at once; it is told once.
    #[tokio::test]
    async fn of_two_who_delete_one_does() {
        for (engine, db) in engines().await {
            let ctx = Ctx::system(organization(&db).await, String::new());
            let rooms = Rooms::new(db.clone());
            let id = rooms.create(&ctx, serde_json::from_value(json!({ "name": "Merapi" })).unwrap()).await.unwrap().id;
            let caller = ctx.clone();
            let first = async move |tx: &mut Tx| delete(tx, &caller, id).await;
            let second = async move { rooms.delete(&ctx, id).await };
            let (_, late) = overlapping(&db, move |tx| Box::pin(async move { first(tx).await }), second).await;
            assert_eq!(late.unwrap_err().kind(), &NOT_FOUND, "{engine}");
            let sql = "select count(*) from event where type = 'room.deleted'";
            let told: (i64,) = db.reader().await.unwrap().fetch_one(sql, vec![]).await.unwrap();
            assert_eq!(told, (1,), "{engine}");
        }
    }
}
