//! Jitsi: self-hosted servers, meet.jit.si and 8x8's JaaS.
//!
//! | file | holds |
//! |---|---|
//! | [`room`] | the room names that mean the same room to every part of Jitsi |
//! | [`token`] | the tokens that let people into such a room |

pub mod room;
pub mod token;

pub use room::RoomName;
