//! 8x8's JaaS: what differs from a Jitsi of one's own. Rooms and tokens are in [`super::jitsi`].

pub mod webhook;
