//! What a provider can do.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a provider account can do. Everything that differs between providers is asked here, never by their names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[expect(clippy::struct_excessive_bools, reason = "a list of independent abilities, which is what it is for")]
pub struct Capabilities {
    /// A meeting has to be created there by a call before anybody can join.
    pub needs_call: bool,
    /// The call may be shown inside another page.
    pub embeds: bool,
    /// People enter with a token that is made for them, and nobody without one leads.
    pub tokens: bool,
    /// omeet decides who leads the call.
    pub moderators: bool,
    /// The provider has a lobby of its own.
    pub lobby: bool,
    /// Calls can be recorded.
    pub recording: bool,
    /// It can report who came and went.
    pub events: bool,
}

impl Capabilities {
    /// An address and nothing else.
    pub const LINK: Self =
        Self { needs_call: false, embeds: false, tokens: false, moderators: false, lobby: false, recording: false, events: false };

    /// meet.jit.si: no tokens, no events, and an embedded call is cut after five minutes.
    pub const PUBLIC_JITSI: Self = Self { lobby: true, ..Self::LINK };

    /// A Jitsi of one's own; `tokens` where the server verifies them.
    pub const fn own_jitsi(tokens: bool, embeds: bool) -> Self {
        Self { embeds, tokens, moderators: tokens, lobby: true, recording: true, events: true, ..Self::LINK }
    }

    /// 8x8's JaaS.
    pub const JAAS: Self =
        Self { needs_call: false, embeds: true, tokens: true, moderators: true, lobby: true, recording: true, events: true };

    /// Zoom, Google Meet, Microsoft Teams: meetings are made by a call, and open in a page of their own.
    pub const CALLED: Self =
        Self { needs_call: true, embeds: false, tokens: false, moderators: false, lobby: true, recording: true, events: true };
}
