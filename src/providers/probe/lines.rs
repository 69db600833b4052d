//! What the configuration of a self-hosted Jitsi has to say for an account: the exact lines, for docker-jitsi-meet and for the Debian packages. What
//! the server says by now cannot be seen from outside; who is moderator, and whether its modules ask omeet, depends on these.

use super::{control, key_server};
use crate::providers::Resolved;
use crate::providers::accounts::settings::{JitsiSettings, Settings};
use crate::providers::jitsi::Control;

/// Lines for one way of installing a Jitsi.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lines {
    /// The way, and the file.
    pub place: &'static str,
    /// What it has to say. No secret is among them: they name whose it is.
    pub lines: Vec<String>,
}

/// For an account of the kind `jitsi` that signs tokens, under omeet's address `base`; nothing for others.
pub fn lines(account: &Resolved, base: &str) -> Vec<Lines> {
    let Settings::Jitsi(settings) = &account.settings else { return Vec::new() };
    let Some(app_id) = settings.app_id.as_deref().filter(|_| account.capabilities.tokens) else { return Vec::new() };
    let of = Of {
        app_id,
        settings,
        key_server: key_server::address(account, base),
        events: events(account, base),
        bare_rooms: bare_rooms(account, base),
        orders: account.control().filter(Control::may_act).and(account.id).map(|id| control::key_server(id, base)),
        counts: account.control().is_some(),
    };
    vec![
        Lines { place: "docker-jitsi-meet, .env", lines: of.docker() },
        Lines { place: "Debian, /etc/prosody/conf.avail/<host>.cfg.lua", lines: of.prosody() },
        Lines { place: "Debian, /etc/jitsi/jicofo/jicofo.conf", lines: jicofo() },
        Lines {
            place: "Debian, /etc/jitsi/meet/<host>-config.js",
            lines: of.bare_rooms.iter().map(|url| format!("tokenAuthUrl: '{url}',")).collect(),
        },
    ]
}

// Where the server's modules report and ask; without a secret nobody is believed.
fn events(account: &Resolved, base: &str) -> Option<String> {
    let has_secret = !account.settings.webhook_secrets().is_empty();
    account.id.filter(|_| has_secret).map(|id| format!("{base}/webhooks/jitsi/{id}"))
}

// Where the server sends people who stand before a room without a token.
fn bare_rooms(account: &Resolved, base: &str) -> Option<String> {
    account.id.map(|id| format!("{base}/j/room/{id}/{{room}}"))
}

struct Of<'a> {
    app_id: &'a str,
    settings: &'a JitsiSettings,
    key_server: Option<String>,
    events: Option<String>,
    bare_rooms: Option<String>,
    /// Where the server fetches the key of orders, where it takes any.
    orders: Option<String>,
    /// Whether its rooms are counted.
    counts: bool,
}

impl Of<'_> {
    fn audience(&self) -> &str {
        self.settings.audience.as_deref().unwrap_or(self.app_id)
    }

    fn docker(&self) -> Vec<String> {
        let key = match &self.key_server {
            Some(address) => vec!["JWT_SIGN_TYPE=RS256".to_owned(), format!("JWT_ASAP_KEYSERVER={address}")],
            None => vec!["JWT_APP_SECRET=<this account's app_secret>".to_owned()],
        };
        let reservation = self.events.iter().flat_map(|address| {
            let headers =
                "XMPP_CONFIGURATION=reservations_api_headers = { [\"Authorization\"] = \"Bearer <this account's webhook_secret>\" }";
            let base_url = format!("PROSODY_RESERVATION_REST_BASE_URL={address}");
            ["PROSODY_RESERVATION_ENABLED=true".to_owned(), base_url, headers.to_owned()]
        });
        let tokens = [format!("JWT_APP_ID={}", self.app_id), format!("JWT_ACCEPTED_ISSUERS={}", self.app_id)];
        let fixed = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>();
        fixed(&["ENABLE_AUTH=1", "AUTH_TYPE=jwt"])
            .into_iter()
            .chain(tokens)
            .chain([format!("JWT_ACCEPTED_AUDIENCES={}", self.audience())])
            .chain(key)
            // Without these three everybody, or whoever comes first, is moderator.
            .chain(fixed(&["XMPP_MUC_MODULES=token_affiliation", "ENABLE_AUTO_OWNER=0", "JICOFO_ENABLE_AUTH=0"]))
            .chain(self.bare_rooms.iter().map(|url| format!("TOKEN_AUTH_URL={url}")))
            .chain(reservation)
            .chain(self.docker_control())
            .collect()
    }

    fn docker_control(&self) -> Vec<String> {
        let orders = self.orders.iter().flat_map(|address| {
            ["GLOBAL_MODULES=muc_end_meeting".to_owned(), format!("GLOBAL_CONFIG=prosody_password_public_key_repo_url = \"{address}\"")]
        });
        let modules = (self.counts).then(|| format!("XMPP_MODULES={}", self.modules().join(",")));
        orders.chain(modules).collect()
    }

    // Those of the domain that people log in to.
    fn modules(&self) -> Vec<&'static str> {
        self.orders.iter().map(|_| "muc_kick_participant").chain(self.counts.then_some("muc_census")).collect()
    }

    // Before the first VirtualHost.
    fn prosody_global(&self) -> Vec<String> {
        if !self.counts {
            return Vec::new();
        }
        let subject = self.settings.subject();
        let domain = [format!("http_default_host = \"{subject}\""), format!("muc_mapper_domain_base = \"{subject}\"")];
        let orders = self.orders.iter().flat_map(|address| {
            [format!("prosody_password_public_key_repo_url = \"{address}\""), "modules_enabled = { ...; \"muc_end_meeting\" }".to_owned()]
        });
        domain.into_iter().chain(orders).collect()
    }

    fn prosody(&self) -> Vec<String> {
        let key = match &self.key_server {
            Some(address) => format!("    asap_key_server = \"{address}\""),
            None => "    app_secret = \"<this account's app_secret>\"".to_owned(),
        };
        let host = format!("VirtualHost \"{}\"", self.settings.subject());
        let tokens = ["    authentication = \"token\"".to_owned(), format!("    app_id = \"{}\"", self.app_id), key];
        let accepted = [
            format!("    asap_accepted_issuers = {{ \"{}\" }}", self.app_id),
            format!("    asap_accepted_audiences = {{ \"{}\" }}", self.audience()),
        ];
        let rooms = [
            format!("Component \"conference.{}\" \"muc\"", self.settings.subject()),
            "    modules_enabled = { ...; \"token_verification\"; \"token_affiliation\" }".to_owned(),
        ];
        let bearer = "{ [\"Authorization\"] = \"Bearer <this account's webhook_secret>\" }";
        let reservation = self.events.iter().flat_map(|address| {
            [
                "    modules_enabled = { ...; \"reservations\" }".to_owned(),
                format!("    reservations_api_prefix = \"{address}\""),
                format!("    reservations_api_headers = {bearer}"),
            ]
        });
        let events = self.events.iter().flat_map(|address| {
            [
                format!("Component \"esync.{}\" \"event_sync_component\"", self.settings.subject()),
                format!("    muc_component = \"conference.{}\"", self.settings.subject()),
                format!("    api_prefix = \"{address}\""),
                format!("    api_headers = {bearer}"),
            ]
        });
        let modules = self.modules().iter().map(|module| format!("\"{module}\"")).collect::<Vec<_>>().join("; ");
        let modules = self.counts.then(|| format!("    modules_enabled = {{ ...; {modules} }}"));
        let global = self.prosody_global().into_iter().chain([host]);
        global.chain(tokens).chain(accepted).chain(modules).chain(reservation).chain(rooms).chain(events).collect()
    }
}

fn jicofo() -> Vec<String> {
    ["jicofo { authentication { enabled = false }", "         conference { enable-auto-owner = false } }"].map(str::to_owned).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::ProviderId;
    use crate::providers::jitsi::token::sample;

    fn account(own_key: bool, webhook_secret: Option<&str>) -> Resolved {
        let settings = JitsiSettings {
            app_id: Some("omeet".into()),
            domain: Some("meet.jitsi".into()),
            app_secret: (!own_key).then(|| sample::SECRET.into()),
            private_key: own_key.then(|| sample::pem().into()),
            webhook_secret: webhook_secret.map(Into::into),
            ..JitsiSettings::at("https://meet.example.org")
        };
        let id = "prv_0199a3c5e1f07d2a8b4c6d5e4f302112".parse::<ProviderId>().unwrap();
        Resolved::new(Some(id), Settings::Jitsi(settings)).unwrap()
    }

    fn with_control(own_key: bool) -> Resolved {
        let Settings::Jitsi(settings) = account(own_key, None).settings else { panic!() };
        let id = "prv_0199a3c5e1f07d2a8b4c6d5e4f302112".parse::<ProviderId>().unwrap();
        Resolved::new(Some(id), Settings::Jitsi(JitsiSettings { control_url: Some("http://prosody:5280".into()), ..settings })).unwrap()
    }

    // Issue 6: the exact lines, for both ways of installing a Jitsi, and never a secret.
    #[test]
    fn lines_fit_the_account() {
        let said =
            |account: &Resolved| lines(account, "https://omeet.example.org").into_iter().flat_map(|lines| lines.lines).collect::<Vec<_>>();
        let shared = said(&account(false, Some("canary-7f3a"))).join("\n");
        for line in [
            "AUTH_TYPE=jwt",
            "JWT_APP_ID=omeet",
            "JWT_APP_SECRET=<this account's app_secret>",
            "XMPP_MUC_MODULES=token_affiliation",
            "JICOFO_ENABLE_AUTH=0",
            "PROSODY_RESERVATION_REST_BASE_URL=https://omeet.example.org/webhooks/jitsi/prv_0199a3c5e1f07d2a8b4c6d5e4f302112",
            "TOKEN_AUTH_URL=https://omeet.example.org/j/room/prv_0199a3c5e1f07d2a8b4c6d5e4f302112/{room}",
            "VirtualHost \"meet.jitsi\"",
            "    asap_accepted_audiences = { \"omeet\" }",
            "    api_prefix = \"https://omeet.example.org/webhooks/jitsi/prv_0199a3c5e1f07d2a8b4c6d5e4f302112\"",
            "jicofo { authentication { enabled = false }",
        ] {
            assert!(shared.lines().any(|other| other == line), "{line} is not among\n{shared}");
        }
        assert!(!shared.contains("canary") && !shared.contains(sample::SECRET));
        let own = said(&account(true, None)).join("\n");
        assert!(own.contains("JWT_ASAP_KEYSERVER=https://omeet.example.org/keys/prv_0199a3c5e1f07d2a8b4c6d5e4f302112"), "{own}");
        assert!(!own.contains("muc_census") && !own.contains("muc_end_meeting"), "without control_url nothing of that is needed: {own}");
        assert!(!own.contains("reservations") && !own.contains("APP_SECRET"), "without a secret no module is believed: {own}");
        let orders = with_control(true);
        for line in [
            "GLOBAL_MODULES=muc_end_meeting",
            "GLOBAL_CONFIG=prosody_password_public_key_repo_url = \"https://omeet.example.org/keys/prv_0199a3c5e1f07d2a8b4c6d5e4f302112/control\"",
            "XMPP_MODULES=muc_kick_participant,muc_census",
            "    modules_enabled = { ...; \"muc_kick_participant\"; \"muc_census\" }",
        ] {
            assert!(said(&orders).iter().any(|other| other == line), "{line} is not among {:#?}", said(&orders));
        }
        let counted = said(&with_control(false)).join("\n");
        assert!(
            counted.contains("XMPP_MODULES=muc_census") && !counted.contains("muc_end_meeting"),
            "a shared secret signs no orders: {counted}"
        );
        let without = Resolved::new(None, Settings::Jitsi(JitsiSettings::at("https://meet.example.org"))).unwrap();
        assert_eq!(said(&without), Vec::<String>::new());
    }
}
