//! Zoom.
//!
//! | file | holds |
//! |---|---|
//! | [`settings`] | what an account needs |
//! | `api` | meetings there |
//! | `past` | what is known of calls there |
//! | [`token`] | how calls prove who calls |
//! | [`webhook`] | what it reports |
//!
//! # What recurs
//!
//! Every occurrence of a series is a Zoom meeting of its own (type 2), made a day ahead, and not one that recurs (type 8):
//!
//! * People come by omeet's link, which is one for the whole series anyway. Zoom's number and passcode of a meeting that recurs let everybody in
//!   who ever saw them, past the lobby, outside of its time, and after they were taken off the list. Those of one occurrence are worth nothing a day later.
//! * Zoom has 50 occurrences of a meeting at most, daily, weekly and monthly ones only; rules of RFC 5545 say more, and an ERP that makes its
//!   occurrences itself says none. A change of the rule there gives occurrences other identifiers.
//! * What Zoom reports of a call names the number and not the occurrence. Where each has its own, every message is exact.
//! * Both cost the same of the 100 meetings that a user may make and change a day: one each day.
//!
//! Whoever has a meeting that recurs at Zoom - for its dial-in number, or a room that has it saved - names it (`provider_meeting_id`): the series
//! takes place in that one, which is entered and never changed or removed. Its calls are told apart by their `uuid` and their time
//! (`attendance`). A call that is near no occurrence is none of ours.

mod api;
mod past;
pub mod settings;
pub mod token;
pub mod webhook;

pub use settings::ZoomSettings;
