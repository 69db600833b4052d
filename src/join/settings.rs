//! Settings of the web client and of the mobile SDKs.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::Visit;

/// Settings of the web client; all of them may be set from an address.
pub(super) fn config_overwrite(visit: &Visit) -> Map<String, Value> {
    let mut config = Map::new();
    config.insert("prejoinConfig".to_owned(), json!({"enabled": visit.prejoin}));
    config.insert("subject".to_owned(), visit.subject.as_str().into());
    // People invite others in omeet; Jitsi's own invitation shows an address that lets nobody in.
    config.insert("disableInviteFunctions".to_owned(), true.into());
    config.insert("requireDisplayName".to_owned(), visit.user_info.display_name.is_none().into());
    config.insert("recordingService".to_owned(), json!({"enabled": visit.may_record}));
    config
}

/// Settings of the mobile SDKs.
pub(super) fn feature_flags(visit: &Visit) -> BTreeMap<String, bool> {
    let flags = [
        ("add-people.enabled", false),
        ("calendar.enabled", false),
        ("invite.enabled", false),
        ("ios.recording.enabled", visit.may_record),
        ("kick-out.enabled", visit.is_moderator),
        ("live-streaming.enabled", false),
        ("lobby-mode.enabled", !visit.is_moderator),
        ("meeting-password.enabled", visit.is_moderator),
        ("prejoinpage.enabled", visit.prejoin),
        ("recording.enabled", visit.may_record),
        ("security-options.enabled", visit.is_moderator),
        ("server-url-change.enabled", false),
        ("unsaferoomwarning.enabled", false),
        ("welcomepage.enabled", false),
    ];
    flags.into_iter().map(|(name, on)| (name.to_owned(), on)).collect()
}
