//! `meeting.join`.

use super::service::{JoinRequest, Joining};
use super::{kinds, lobby};
use crate::kernel::{Ctx, Role};
use crate::meetings;
use crate::rpc::{Example, Registry, Rule, Spec};

static JOIN: Spec = Spec {
    name: "meeting.join",
    summary: "Get everything to enter a meeting with",
    description: "Decides whether the actor may come in and answers address, room, token and settings for web and mobile clients. Send browsers to \
        `url`, or embed with `script_url` where `mode` is `embed`. Hosts and co-hosts are moderators. Who has to wait gets `join.waiting` with \
        `data.why` (lobby, host, not_open) and `data.until`: ask again every few seconds. The token is short-lived: ask at the click, do not store it. \
        The first to come opens the meeting. A service key without actor joins as a guest under `display_name`, or as the holder of `ticket`.",
    rule: Rule::AtLeast(Role::User),
    changes: false,
    errors: &[
        &meetings::NOT_FOUND,
        &kinds::WAITING, &kinds::NO_LINK,
        &kinds::NOT_INVITED,
        &kinds::PASSWORD,
        &kinds::DRAFT,
        &kinds::FULL,
        &kinds::ENDED,
        &kinds::CANCELLED,
        &kinds::TURNED_AWAY,
    ],
    example: Example {
        params: r#"{"room_code": "abc-defg-hjk"}"#,
        result: r#"{"decision": "admit", "url": "https://jitsi.example.org/q7d2m4n8kexw3ahjv5cybgtz69#jwt=%22eyJ...%22", "mode": "embed",
            "provider": "jitsi", "domain": "jitsi.example.org", "room": "q7d2m4n8kexw3ahjv5cybgtz69", "token": "eyJ...", "token_in": "fragment",
            "expires_at": "2026-12-01T10:30:00Z", "is_moderator": true, "user_info": {"displayName": "Ana", "email": "ana@example.org"},
            "config_overwrite": {"disableInviteFunctions": true, "prejoinConfig": {"enabled": true}, "recordingService": {"enabled": true},
                "requireDisplayName": false, "subject": "Weekly"},
            "feature_flags": {"add-people.enabled": false, "calendar.enabled": false, "invite.enabled": false,
                "ios.recording.enabled": true, "kick-out.enabled": true, "live-streaming.enabled": false, "lobby-mode.enabled": false,
                "meeting-password.enabled": true, "prejoinpage.enabled": true, "recording.enabled": true,
                "security-options.enabled": true, "server-url-change.enabled": false, "unsaferoomwarning.enabled": false,
                "welcomepage.enabled": false},
            "server_url": "https://jitsi.example.org", "script_url": "https://jitsi.example.org/external_api.js", "subject": "Weekly"}"#,
    },
}
.checked();

/// Adds the methods.
pub fn register(registry: &mut Registry, joining: &Joining) {
    let of = joining.clone();
    registry.add(&JOIN, move |ctx: Ctx, request: JoinRequest| {
        let joining = of.clone();
        async move { joining.join(&ctx, request).await }
    });
    lobby::rpc::register(registry, joining);
}
