//! Which meeting, or series, an event of the ERP's calendar has.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::store::{self, Link};
use super::{LINK_NOT_FOUND, entry};
use crate::audit;
use crate::db::Tx;
use crate::kernel::{Ctx, Failure, MeetingId, text};
use crate::meetings::series::SeriesView;
use crate::meetings::{MeetingView, Meetings};

/// An event of the ERP and what it leads to.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(super) struct Linked {
    /// The ERP's stable key of the event.
    pub key: String,
    /// The meeting; null for a series.
    pub meeting: Option<MeetingView>,
    /// The series; null for a single meeting.
    pub series: Option<SeriesView>,
    /// The UID in calendar objects.
    pub uid: String,
}

/// Links an event to a meeting that exists; linking it to another one later moves the link.
pub(super) async fn link(tx: &mut Tx, meetings: &Meetings, ctx: &Ctx, key: &str, id: MeetingId) -> Result<Linked, Failure> {
    let key = text::line("key", key, 255)?;
    meetings.get_in(tx, ctx, id).await?;
    store::put_link(tx, ctx.org, &key, Link { meeting_id: Some(id), series_id: None }).await?;
    audit::record(tx, ctx, "calendar.link", id, serde_json::json!({ "link": { "before": null, "after": &key } })).await?;
    get(tx, meetings, ctx, &key).await
}

/// Takes the link away; the meeting stays.
pub(super) async fn unlink(tx: &mut Tx, meetings: &Meetings, ctx: &Ctx, key: &str) -> Result<Linked, Failure> {
    let before = get(tx, meetings, ctx, key).await?;
    store::unlink(tx, ctx.org, key).await?;
    let subject = before.uid.trim_end_matches("@omeet").to_owned();
    audit::record(tx, ctx, "calendar.unlink", subject, serde_json::json!({ "link": { "before": key, "after": null } })).await?;
    Ok(before)
}

/// What an event leads to, for whoever may see it.
pub(super) async fn get(tx: &mut Tx, meetings: &Meetings, ctx: &Ctx, key: &str) -> Result<Linked, Failure> {
    let found = store::link(tx, ctx.org, key).await?.ok_or(&LINK_NOT_FOUND)?;
    let hidden = |_| Failure::from(&LINK_NOT_FOUND);
    let (mut meeting, mut series) = (None, None);
    if let Some(id) = found.series_id {
        let view = meetings.series_in(tx, ctx.org, id).await.map_err(hidden)?;
        if let Some(first) = view.occurrences.first() {
            meetings.get_in(tx, ctx, first.meeting_id).await.map_err(hidden)?;
        }
        series = Some(view);
    } else if let Some(id) = found.meeting_id {
        meeting = Some(meetings.get_in(tx, ctx, id).await.map_err(hidden)?);
    }
    let subject = series.as_ref().map(|series| series.id.to_string()).or(meeting.as_ref().map(|meeting| meeting.id.to_string()));
    Ok(Linked { key: key.to_owned(), uid: entry::uid(&subject.unwrap_or_default()), meeting, series })
}
