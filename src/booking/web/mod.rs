//! The pages of guests.
//!
//! | path | what |
//! |---|---|
//! | `/book/<token>` | month, day and times of a link, on the guest's clock |
//! | `/book/<token>/hold` (POST) | keeps a time while the form is filled |
//! | `/book/<token>/h/<hold>` | the form; posting it books, twice makes one booking |
//! | `/book/<token>/picture` | the link's picture |
//! | `/booking/<token>/invite.ics` | the entry for the guest's calendar |
//! | `/booking/<token>` | what has become of a booking, or its cancelling, moving, verifying: each by a secret of its own |
//!
//! Nothing is kept in a cookie, so there is nothing that a foreign page could make a browser do on somebody's behalf. Every step is a page of
//! its own: the script only guesses the zone.

mod book;
mod form;
mod manage;
mod month;
mod respond;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;

use super::Booking;
use crate::web::up::up;

/// What the pages need.
#[derive(Clone)]
pub struct Pages {
    booking: Booking,
    https: bool,
    entropy: Arc<dyn crate::kernel::Entropy>,
}

impl Pages {
    /// Pages of `booking`; `https` says whether people reach us by HTTPS.
    pub fn new(booking: Booking, https: bool) -> Self {
        let entropy = booking.db().entropy().clone();
        Self { booking, https, entropy }
    }

    /// The routes.
    pub fn router(self) -> Router {
        Router::new()
            .route("/book/{token}", get(book::show))
            .route("/book/{token}/hold", get(up).post(book::hold))
            .route("/book/{token}/picture", get(book::picture))
            .route("/book/{token}/h/{hold}", get(form::show).post(form::submit))
            .route("/booking/{token}", get(manage::show).post(manage::act))
            .route("/booking/{token}/invite.ics", get(manage::entry))
            .with_state(self)
    }
}
