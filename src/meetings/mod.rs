//! Meetings and who takes part in them.
//!
//! ```text
//!   draft ──claim──▶ ready ──start──▶ started ──end──▶ ended
//!     │                │                 │  ◀──reopen──┘   (while its window is open)
//!     │                ▲                               │
//!     │                └──────── moved to later ───────┘
//!     └────cancel──────┴─────cancel──────┴──▶ cancelled
//! ```
//!
//! * A `draft` has a code and a link that nobody can use yet: a reserved link, a booking that waits for its host.
//! * The room code is what people type; it never changes. The provider's room name is another, longer secret.
//! * Users see the meetings that they host or take part in; hosts and co-hosts manage them; managers manage all.
//! * Every change raises `version`, and writes audit record and event in its own transaction ([`service`]).

pub mod filter;
pub mod input;
mod list_store;
mod model;
mod participant;
mod people_store;
pub mod relation_store;
mod reported;
pub mod rpc;
pub mod series;
pub mod service;
mod state;
mod store;
mod view;

pub use model::{Access, Meeting, MeetingType, RecordingBy};
pub use participant::{Participant, ParticipantRole, Response};
pub use relation_store::{MEETINGS, PARTICIPANTS, PERSONS};
pub use reported::{LatestRun, Reported, Seen};
pub use service::{BeforeDelete, Meetings, PeopleChange, Room};
pub use state::{Action, State};
pub use view::{MeetingView, Organizer, ParticipantView};

use crate::kernel::failure::{Class, Kind};

/// No such meeting here, or not visible to the caller: the two look the same.
pub static NOT_FOUND: Kind = Kind::new(Class::NotFound, "meeting.not_found", "No such meeting");
/// Only hosts and managers may do this.
pub static NOT_HOST: Kind = Kind::new(Class::Forbidden, "meeting.not_host", "Access Denied: Only creator/host can change this meeting");
/// Only hosts and managers may cancel (the words are those of S4.8).
pub static NOT_HOST_CANCEL: Kind = Kind::new(Class::Forbidden, "meeting.not_host", "Access Denied: Only creator/host can cancel");
/// Somebody else changed it first.
pub static CHANGED: Kind = Kind::new(Class::Conflict, "meeting.changed", "The meeting was changed meanwhile: read it again");
/// The external key belongs to another meeting.
pub static EXTERNAL_KEY_TAKEN: Kind = Kind::new(Class::Conflict, "meeting.external_key_taken", "Another meeting has this external_key");
/// The link is not out yet.
pub static NOT_READY: Kind = Kind::new(Class::State, "meeting.not_ready", "The meeting is a draft: its link is not out yet");
/// It has not started.
pub static NOT_STARTED: Kind = Kind::new(Class::State, "meeting.not_started", "The meeting has not started");
/// It is over.
pub static ENDED: Kind = Kind::new(Class::State, "meeting.already_ended", "The meeting is over");
/// It is cancelled.
pub static CANCELLED: Kind = Kind::new(Class::State, "meeting.cancelled", "The meeting is cancelled");
/// It still runs.
pub static RUNNING: Kind = Kind::new(Class::State, "meeting.not_ended", "The meeting is not over");
/// Its time is over.
pub static WINDOW_CLOSED: Kind = Kind::new(Class::State, "meeting.window_closed", "The meeting's time is over: it cannot be reopened");
/// No such participant.
pub static PARTICIPANT_NOT_FOUND: Kind = Kind::new(Class::NotFound, "participant.not_found", "No such participant");
/// The last host cannot go.
pub static LAST_HOST: Kind = Kind::new(Class::State, "participant.last_host", "A meeting keeps at least one host: name another first");
