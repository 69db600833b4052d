//! Personal feeds: what a calendar program subscribes to.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::entry::{self, Sender};
use super::ics::{self, Calendar};
use super::{NO_USER, store};
use crate::audit;
use crate::db::Tx;
use crate::kernel::code::{self, ALPHABET, TOKEN_LEN};
use crate::kernel::seal::sha256;
use crate::kernel::{Caller, Ctx, Failure, OrgId, Role, UserId};
use crate::meetings::filter::{MeetingFilter, Sort};
use crate::meetings::{Meetings, State as MeetingState};

const PAST_MIN: i64 = 90 * 24 * 60;
const AHEAD_MIN: i64 = 366 * 24 * 60;
const PAGE: u32 = 200;
const MAX_PAGES: usize = 10;

/// A feed's address.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(super) struct Feed {
    /// To be given to a calendar program; shown once. Null when there is no feed any more.
    pub url: Option<String>,
}

/// Makes a feed for the acting user; an earlier address ends to work.
pub(super) async fn create(tx: &mut Tx, ctx: &Ctx, base: &str) -> Result<Feed, Failure> {
    let user = ctx.user().ok_or(&NO_USER)?;
    let token = code::token(tx.entropy());
    store::put_feed(tx, ctx.org, user, sha256(token.as_bytes())).await?;
    audit::record(tx, ctx, "calendar.feed.create", user, serde_json::json!({})).await?;
    Ok(Feed { url: Some(format!("{base}/calendar/{token}.ics")) })
}

/// Ends the acting user's feed.
pub(super) async fn delete(tx: &mut Tx, ctx: &Ctx) -> Result<Feed, Failure> {
    let user = ctx.user().ok_or(&NO_USER)?;
    store::remove_feed(tx, ctx.org, user).await?;
    audit::record(tx, ctx, "calendar.feed.delete", user, serde_json::json!({})).await?;
    Ok(Feed { url: None })
}

/// `/calendar/<token>.ics`.
pub fn router(meetings: Meetings, sender: Sender) -> Router {
    Router::new().route("/calendar/{file}", get(serve)).with_state((meetings, sender))
}

async fn serve(State((meetings, sender)): State<(Meetings, Sender)>, Path(file): Path<String>) -> Response {
    match read(&meetings, &sender, &file).await {
        Ok(Some(text)) => {
            let headers = [(header::CONTENT_TYPE, "text/calendar; charset=utf-8"), (header::CACHE_CONTROL, "private, max-age=300")];
            (headers, text).into_response()
        }
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(failure) => {
            tracing::error!(%failure, "a feed could not be read");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

async fn read(meetings: &Meetings, sender: &Sender, file: &str) -> Result<Option<String>, Failure> {
    let token = file.strip_suffix(".ics").filter(|token| token.len() == TOKEN_LEN && token.bytes().all(|b| ALPHABET.contains(&b)));
    let Some(token) = token else { return Ok(None) };
    let mut tx = meetings.db().reader().await?;
    let Some((org, user)) = store::feed(&mut tx, sha256(token.as_bytes())).await? else { return Ok(None) };
    let now = tx.now();
    drop(tx);
    let ctx = Ctx { caller: Caller::User(user), role: Role::User, ..Ctx::system(org, "feed".to_owned()) };
    let mut filter = MeetingFilter {
        from: Some(now.plus_min(-PAST_MIN)),
        to: Some(now.plus_min(AHEAD_MIN)),
        state: Some(vec![MeetingState::Ready, MeetingState::Started, MeetingState::Ended]),
        sort: Some(Sort::Start),
        limit: Some(PAGE),
        ..MeetingFilter::default()
    };
    let mut events = Vec::new();
    for _ in 0..MAX_PAGES {
        let page = meetings.list(&ctx, &filter).await?;
        events.extend(page.items.iter().map(|view| {
            let stamp = Some(view.updated_at);
            ics::Event { sequence: view.version - 1, stamp, attendees: Vec::new(), ..entry::of_meeting(view, sender) }
        }));
        filter.cursor = page.next;
        if filter.cursor.is_none() {
            break;
        }
    }
    Ok(Some(ics::emit(&Calendar { method: None, name: Some(feed_name(meetings, org, user).await?), events })))
}

async fn feed_name(meetings: &Meetings, org: OrgId, user: UserId) -> Result<String, Failure> {
    let user = crate::tenancy::users::find(&mut meetings.db().reader().await?, org, user).await?;
    Ok(user.map_or_else(|| "omeet".to_owned(), |user| format!("omeet: {}", user.name)))
}
