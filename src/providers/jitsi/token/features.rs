//! What a person may do in the call, as the `context.features` claim.
//!
//! A server that sees the claim denies every feature that is not true in it, and one that does not see it lets moderators
//! do nearly everything. Hence the map is always sent, and always whole.

use serde::{Serialize, Serializer};

/// What a feature is granted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Everybody has it.
    Nothing,
    /// Moderators have it.
    Moderator,
    /// [`Permissions::record`].
    Record,
    /// [`Permissions::stream`].
    Stream,
    /// [`Permissions::transcribe`].
    Transcribe,
    /// [`Permissions::call`].
    Call,
}

/// Names of features with what they need.
pub type Features = [(&'static str, Needs)];

/// Every feature the web client knows; it warns about any other.
pub const ALL: [(&str, Needs); 20] = [
    ("branding", Needs::Nothing),
    ("calendar", Needs::Nothing),
    ("create-polls", Needs::Nothing),
    ("file-upload", Needs::Nothing),
    ("flip", Needs::Nothing),
    ("inbound-call", Needs::Call),
    ("list-visitors", Needs::Moderator),
    ("live-translation", Needs::Transcribe),
    ("livestreaming", Needs::Stream),
    ("lobby", Needs::Moderator),
    ("moderation", Needs::Moderator),
    ("outbound-call", Needs::Call),
    ("recording", Needs::Record),
    ("room", Needs::Moderator),
    ("screen-sharing", Needs::Nothing),
    ("send-groupchat", Needs::Nothing),
    ("send-private-message", Needs::Nothing),
    ("sip-inbound-call", Needs::Call),
    ("sip-outbound-call", Needs::Call),
    ("transcription", Needs::Transcribe),
];

/// The features that JaaS documents; it is sent no others.
pub const JAAS: [(&str, Needs); 11] = [
    ("create-polls", Needs::Nothing),
    ("file-upload", Needs::Nothing),
    ("inbound-call", Needs::Call),
    ("list-visitors", Needs::Moderator),
    ("livestreaming", Needs::Stream),
    ("outbound-call", Needs::Call),
    ("recording", Needs::Record),
    ("send-groupchat", Needs::Nothing),
    ("sip-inbound-call", Needs::Call),
    ("sip-outbound-call", Needs::Call),
    ("transcription", Needs::Transcribe),
];

/// The features claim: each name with whether it is granted.
#[derive(Debug, Clone, Copy)]
pub struct Granted {
    features: &'static Features,
    permissions: Permissions,
    is_moderator: bool,
}

impl Serialize for Granted {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.features.iter().map(|(name, needs)| (name, self.permissions.allow(*needs, self.is_moderator))))
    }
}

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
    /// The permission for each of `features`.
    pub fn granted(self, features: &'static Features, is_moderator: bool) -> Granted {
        Granted { features, permissions: self, is_moderator }
    }

    fn allow(self, needs: Needs, is_moderator: bool) -> bool {
        match needs {
            Needs::Nothing => true,
            Needs::Moderator => is_moderator,
            Needs::Record => self.record,
            Needs::Stream => self.stream,
            Needs::Transcribe => self.transcribe,
            Needs::Call => self.call,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(granted: Granted) -> serde_json::Value {
        serde_json::to_value(granted).unwrap()
    }

    #[test]
    fn the_map_is_whole_and_follows_the_permissions() {
        let nothing = claim(Permissions::default().granted(&ALL, false));
        assert_eq!(nothing.as_object().unwrap().len(), 20);
        for (name, on) in
            [("send-groupchat", true), ("screen-sharing", true), ("recording", false), ("outbound-call", false), ("moderation", false)]
        {
            assert_eq!(nothing[name], on, "{name}");
        }
        let record = claim(Permissions { record: true, ..Permissions::default() }.granted(&JAAS, true));
        assert_eq!(record.as_object().unwrap().values().filter(|on| **on == true).count(), 5, "{record}");
        assert!(record["recording"] == true && record["livestreaming"] == false);
        assert!(JAAS.iter().all(|feature| ALL.contains(feature)));
    }
}
