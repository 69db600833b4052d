//! The states of a booking.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{NOT_PENDING, OVER};
use crate::kernel::Kind;

/// Where a booking is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "BookingState")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum State {
    /// Its guest has still to open a mail; its time is kept meanwhile.
    Unverified,
    /// Its host has still to confirm; its time is taken.
    Pending,
    /// It takes place.
    Confirmed,
    /// Its host said no.
    Declined,
    /// It was called off.
    Cancelled,
    /// Its guest never opened the mail.
    Expired,
}

/// What can be done to a booking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Its guest opened the mail.
    Verify {
        /// Whether its host has still to confirm.
        needs_host: bool,
    },
    /// Its host says yes.
    Confirm,
    /// Its host says no.
    Decline,
    /// It is called off.
    Cancel,
    /// It takes place at another time.
    Move,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 6] = [Self::Unverified, Self::Pending, Self::Confirmed, Self::Declined, Self::Cancelled, Self::Expired];

    /// The word in the database and on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unverified => "unverified",
            Self::Pending => "pending",
            Self::Confirmed => "confirmed",
            Self::Declined => "declined",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }

    /// Whether its time is taken.
    pub const fn holds(self) -> bool {
        matches!(self, Self::Unverified | Self::Pending | Self::Confirmed)
    }

    /// The state after `action`; the same state when that is where the booking already is.
    pub fn after(self, action: Action) -> Result<Self, &'static Kind> {
        match (self, action) {
            (Self::Unverified, Action::Verify { needs_host: true }) => Ok(Self::Pending),
            (Self::Unverified, Action::Verify { needs_host: false }) => Ok(Self::Confirmed),
            (Self::Pending | Self::Confirmed, Action::Verify { .. }) => Ok(self),
            (Self::Pending | Self::Confirmed, Action::Confirm) => Ok(Self::Confirmed),
            (Self::Pending | Self::Declined, Action::Decline) => Ok(Self::Declined),
            (Self::Unverified | Self::Pending | Self::Confirmed | Self::Cancelled, Action::Cancel) => Ok(Self::Cancelled),
            (Self::Pending | Self::Confirmed, Action::Move) => Ok(self),
            (Self::Unverified, Action::Confirm | Action::Decline | Action::Move) | (Self::Confirmed, Action::Decline) => Err(&NOT_PENDING),
            (Self::Declined | Self::Cancelled | Self::Expired, _) => Err(&OVER),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // S4.10: the whole table is the documentation.
    #[test]
    fn transitions() {
        let actions = [
            Action::Verify { needs_host: true },
            Action::Verify { needs_host: false },
            Action::Confirm,
            Action::Decline,
            Action::Cancel,
            Action::Move,
        ];
        let mut table = String::new();
        for state in State::ALL {
            for action in actions {
                let outcome = state.after(action).map_or_else(|kind| kind.name, State::name);
                table += &format!("{} + {action:?} = {outcome}\n", state.name());
            }
        }
        insta::assert_snapshot!(table);
    }
}
