//! Jitsi: self-hosted servers, meet.jit.si and 8x8's JaaS.
//!
//! | file | holds |
//! |---|---|
//! | [`control`] | a server's own API: ending calls, putting people out, counting rooms |
//! | [`room`] | the room names that mean the same room to every part of Jitsi |
//! | [`token`] | the tokens that let people into such a room |
//! | [`webhook`] | what its modules and Jibri report |

pub mod control;
pub mod room;
pub mod token;
pub mod webhook;

pub use control::Control;
pub use room::RoomName;
