//! What a person may do in the call, as the `context.features` claim.
//!
//! A server that sees the claim denies every feature that is not true in it, and one that does not see it lets moderators
//! do nearly everything. Hence the map is always sent, and always whole.

use std::collections::BTreeMap;

/// Every feature the web client knows; it warns about any other.
pub const ALL: [&str; 20] = [
    "branding",
    "calendar",
    "create-polls",
    "file-upload",
    "flip",
    "inbound-call",
    "list-visitors",
    "live-translation",
    "livestreaming",
    "lobby",
    "moderation",
    "outbound-call",
    "recording",
    "room",
    "screen-sharing",
    "send-groupchat",
    "send-private-message",
    "sip-inbound-call",
    "sip-outbound-call",
    "transcription",
];

/// The features that JaaS documents; it is sent no others.
pub const JAAS: [&str; 11] = [
    "create-polls",
    "file-upload",
    "inbound-call",
    "list-visitors",
    "livestreaming",
    "outbound-call",
    "recording",
    "send-groupchat",
    "sip-inbound-call",
    "sip-outbound-call",
    "transcription",
];

/// The features claim: name and permission.
pub type Features = BTreeMap<&'static str, bool>;

/// The permissions that are decided meeting by meeting; the others follow from being a moderator.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Permissions {
    /// Record on the server.
    pub record: bool,
    /// Stream to the public.
    pub stream: bool,
    /// Have the call transcribed or translated.
    pub transcribe: bool,
    /// Call telephones and SIP devices, or let them call in.
    pub call: bool,
}

impl Permissions {
    /// The permission for each of `names`.
    pub fn features(self, names: &[&'static str], is_moderator: bool) -> Features {
        names.iter().map(|name| (*name, self.allows(name, is_moderator))).collect()
    }

    fn allows(self, name: &str, is_moderator: bool) -> bool {
        match name {
            "recording" => self.record,
            "livestreaming" => self.stream,
            "transcription" | "live-translation" => self.transcribe,
            "inbound-call" | "outbound-call" | "sip-inbound-call" | "sip-outbound-call" => self.call,
            "lobby" | "moderation" | "room" | "list-visitors" => is_moderator,
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_map_is_whole_and_follows_the_permissions() {
        let nothing = Permissions::default().features(&ALL, false);
        assert_eq!(nothing.len(), 20);
        assert!(nothing["send-groupchat"] && nothing["screen-sharing"]);
        assert!(!nothing["recording"] && !nothing["outbound-call"] && !nothing["moderation"]);
        let record = Permissions { record: true, ..Permissions::default() }.features(&JAAS, true);
        assert_eq!(record.iter().filter(|(_, on)| **on).count(), 5, "{record:?}");
        assert!(record["recording"] && !record["livestreaming"]);
        assert!(JAAS.iter().all(|name| ALL.contains(name)));
    }
}
