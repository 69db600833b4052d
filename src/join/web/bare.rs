//! People who stand before a room without a token, or with one that is over: their Jitsi sends them here (`tokenAuthUrl`), and they are sent on to
//! the page of its meeting, which gives them a new one.

use axum::extract::{Path, State};
use axum::response::Response;

use super::Pages;
use super::respond::Asking;
use crate::kernel::ProviderId;

/// `GET /j/room/<account>/<room>`. A room's name has 130 random bits: whoever knows it was in it, or was meant to be.
pub(super) async fn lead(State(pages): State<Pages>, asking: Asking, Path((account, room)): Path<(String, String)>) -> Response {
    let Ok(account) = account.parse::<ProviderId>() else { return pages.missed(&asking) };
    // As Jitsi names rooms of tenants: `[tenant]room`.
    let bare = room.rsplit(']').next().unwrap_or(&room).to_lowercase();
    match pages.joining.meetings.code_of_room(account, &bare).await {
        Ok(Some(code)) => pages.see_other(&format!("/j/{code}{}", asking.query)),
        Ok(None) => pages.missed(&asking),
        Err(failure) => pages.failed(&asking, None, &failure),
    }
}
