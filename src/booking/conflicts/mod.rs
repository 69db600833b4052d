//! What a time would collide with, in three dimensions: room, virtual room, attendee. Answered with who and when.

mod store;

pub use store::{Conflict, Question, asked, of_meeting, sentence};
