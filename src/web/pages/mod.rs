//! One view struct per page. Fields are what is shown, `render()` answers the whole document.
//!
//! Every text is escaped by the templates, so views take raw text. Addresses on other servers are
//! [`WebAddress`](super::WebAddress); addresses on this one are paths that a route made itself, never typed text.
//!
//! Pages work without JavaScript: forms post, waiting refreshes itself. `join.js` and `docs.js` only make that smoother;
//! texts that they show travel in `data-` attributes, so that there is one place for translations.

mod admin;
mod booking;
mod calendar;
mod chart;
mod enter;
mod join;
mod notice;
mod reference;
mod start;
mod waiting;

pub use admin::{
    AdminEndpointRow, AdminErrorRow, AdminFailedRow, AdminInstallation, AdminOrganization, AdminOrganizationRow, AdminProviderRow,
    AdminQueueRow, AdminSignIn, Tile,
};
pub use booking::{Ask, BookCard, BookForm, BookPage, BookingPage, Choice, DayTimes, DayView, FieldView, MonthView, SlotButton};
pub use calendar::{CalendarPage, CalendarStep};
pub use chart::{Chart, Column};
pub use enter::{Enter, HostPanel, Redirect, RedirectReason, WaitingGuest, Way};
pub use join::{FieldError, JoinForm, MeetingCard};
pub use notice::{Notice, NoticeKind};
pub use reference::Reference;
pub use start::StartPage;
pub use waiting::{HostPanelStatus, Waiting, WaitingState, WaitingStatus, Why};

use super::assets::asset_url;

/// Gives views their `render()`. A template only fails when a value cannot print itself, which none of ours do.
macro_rules! pages {
    ($($view:ty),+) => { $(
        impl $view {
            /// The document.
            pub fn render(&self) -> String {
                askama::Template::render(self).unwrap_or_else(|error| {
                    tracing::error!(%error, "page could not be rendered");
                    String::new()
                })
            }

            fn asset(&self, name: &str) -> String {
                asset_url(name)
            }
        }
    )+ };
}

pages!(
    JoinForm,
    Waiting,
    Enter,
    Redirect,
    Notice,
    StartPage,
    Reference,
    BookPage,
    BookForm,
    BookingPage,
    CalendarPage,
    AdminSignIn,
    AdminInstallation,
    AdminOrganization
);

#[cfg(test)]
mod gallery;
#[cfg(test)]
mod tests;
