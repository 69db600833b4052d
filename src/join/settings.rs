//! Settings of the web client and of the mobile SDKs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Visit;
use super::fragment::Fragment;

/// Something that is on or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Switch {
    /// Whether it is on.
    pub enabled: bool,
}

/// Settings of the web client (`configOverwrite`); all of them may be set from an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConfigOverwrite {
    /// People invite others in omeet; Jitsi's own invitation shows an address that lets nobody in.
    pub disable_invite_functions: bool,
    /// Whether Jitsi asks for camera and microphone first.
    pub prejoin_config: Switch,
    /// Whether the person may record.
    pub recording_service: Switch,
    /// Whether Jitsi asks for a name.
    pub require_display_name: bool,
    /// The meeting's name.
    pub subject: String,
}

impl ConfigOverwrite {
    pub(super) fn new(visit: &Visit) -> Self {
        Self {
            disable_invite_functions: true,
            prejoin_config: Switch { enabled: visit.prejoin },
            recording_service: Switch { enabled: visit.may_record },
            require_display_name: visit.user_info.display_name.is_none(),
            subject: visit.subject.clone(),
        }
    }

    pub(super) fn write(&self, fragment: &mut Fragment) {
        fragment.set_flag("config.disableInviteFunctions", self.disable_invite_functions);
        fragment.set_flag("config.prejoinConfig.enabled", self.prejoin_config.enabled);
        fragment.set_flag("config.recordingService.enabled", self.recording_service.enabled);
        fragment.set_flag("config.requireDisplayName", self.require_display_name);
        fragment.set_text("config.subject", &self.subject);
    }
}

/// Settings of the mobile SDKs (`featureFlags`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[expect(clippy::struct_excessive_bools, reason = "the SDKs' flags")]
pub struct FeatureFlags {
    #[serde(rename = "add-people.enabled")]
    pub add_people: bool,
    #[serde(rename = "calendar.enabled")]
    pub calendar: bool,
    #[serde(rename = "invite.enabled")]
    pub invite: bool,
    #[serde(rename = "ios.recording.enabled")]
    pub ios_recording: bool,
    #[serde(rename = "kick-out.enabled")]
    pub kick_out: bool,
    #[serde(rename = "live-streaming.enabled")]
    pub live_streaming: bool,
    #[serde(rename = "lobby-mode.enabled")]
    pub lobby_mode: bool,
    #[serde(rename = "meeting-password.enabled")]
    pub meeting_password: bool,
    #[serde(rename = "prejoinpage.enabled")]
    pub prejoin_page: bool,
    #[serde(rename = "recording.enabled")]
    pub recording: bool,
    #[serde(rename = "security-options.enabled")]
    pub security_options: bool,
    #[serde(rename = "server-url-change.enabled")]
    pub server_url_change: bool,
    #[serde(rename = "unsaferoomwarning.enabled")]
    pub unsafe_room_warning: bool,
    #[serde(rename = "welcomepage.enabled")]
    pub welcome_page: bool,
}

impl FeatureFlags {
    pub(super) fn new(visit: &Visit) -> Self {
        Self {
            add_people: false,
            calendar: false,
            invite: false,
            ios_recording: visit.may_record,
            kick_out: visit.is_moderator,
            live_streaming: false,
            lobby_mode: !visit.is_moderator,
            meeting_password: visit.is_moderator,
            prejoin_page: visit.prejoin,
            recording: visit.may_record,
            security_options: visit.is_moderator,
            server_url_change: false,
            unsafe_room_warning: false,
            welcome_page: false,
        }
    }
}
