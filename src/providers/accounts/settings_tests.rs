use serde_json::json;

use super::*;
use crate::providers::jitsi::token::sample;

const APP_ID: &str = "vpaas-magic-cookie-0123456789abcdef0123456789abcdef";

fn settings(kind: ProviderKind, given: Value) -> Result<Settings, Failure> {
    Settings::read(kind, serde_json::from_value(given).unwrap())
}

fn jitsi(given: Value) -> Settings {
    settings(ProviderKind::Jitsi, given).unwrap()
}

fn refused(kind: ProviderKind, given: Value) -> String {
    let failure = settings(kind, given.clone()).expect_err(&given.to_string());
    assert_eq!(failure.code(), -32602);
    assert!(failure.message().starts_with("settings."), "{failure}");
    failure.data()["field"].as_str().unwrap().to_owned()
}

// S6: what cannot work is refused when it is entered, and the field is named.
#[test]
fn what_does_not_fit_together_is_refused() {
    let (pem, url) = (sample::pem(), "https://meet.example.org");
    for (given, field) in [
        (json!({}), "settings.server_url"),
        (json!({"server_url": "meet.example.org"}), "settings.server_url"),
        (json!({"server_url": url, "serverurl": url}), "settings.serverurl"),
        (json!({"server_url": url, "app_id": "a"}), "settings.app_secret"),
        (json!({"server_url": url, "app_id": "a", "app_secret": ""}), "settings.app_secret"),
        (json!({"server_url": url, "app_secret": "s"}), "settings.app_id"),
        (json!({"server_url": url, "private_key": pem}), "settings.app_id"),
        (json!({"server_url": url, "app_id": "a b", "app_secret": "s"}), "settings.app_id"),
        (json!({"server_url": url, "app_id": "a", "algorithm": "RS256"}), "settings.private_key"),
        (json!({"server_url": url, "app_id": "a", "algorithm": "RS256", "app_secret": "s", "private_key": pem}), "settings.app_secret"),
        (json!({"server_url": url, "app_id": "a", "algorithm": "HS256", "app_secret": "s", "private_key": pem}), "settings.private_key"),
        (json!({"server_url": url, "app_id": "a", "algorithm": "ES256", "app_secret": "s"}), "settings.algorithm"),
        (json!({"server_url": url, "app_id": "a", "private_key": "no pem"}), "settings.private_key"),
        (json!({"server_url": url, "app_id": "a", "app_secret": "s", "key_id": "k"}), "settings.key_id"),
        (json!({"server_url": url, "app_id": "a", "app_secret": 7}), "settings.app_secret"),
        (json!({"server_url": url, "token_in": "header"}), "settings.token_in"),
        (json!({"server_url": url, "control_url": "prosody:5280"}), "settings.control_url"),
        (json!({"server_url": url, "muc_domain": "muc meet"}), "settings.muc_domain"),
        (json!({"server_url": "https://meet.jit.si", "app_id": "a", "app_secret": "s"}), "settings.app_id"),
        (json!({"server_url": "https://meet.jit.si/", "embed": true}), "settings.embed"),
    ] {
        assert_eq!(refused(ProviderKind::Jitsi, given.clone()), field, "{given}");
    }
    for (given, field) in [
        (json!({"app_id": APP_ID, "key_id": "4f4910"}), "settings.private_key"),
        (json!({"app_id": "vpaas-magic-cookie-1", "key_id": "4f4910", "private_key": pem}), "settings.app_id"),
        (json!({"app_id": APP_ID, "key_id": "vpaas-magic-cookie-2/4f4910", "private_key": pem}), "settings.key_id"),
        (json!({"app_id": APP_ID, "key_id": format!("{APP_ID}/"), "private_key": pem}), "settings.key_id"),
        (json!({"app_id": APP_ID, "key_id": "4f4910", "private_key": "x"}), "settings.private_key"),
    ] {
        assert_eq!(refused(ProviderKind::Jaas, given.clone()), field, "{given}");
    }
    assert_eq!(refused(ProviderKind::Url, json!({"template": "https://a.org/"})), "settings.template");
}

#[test]
fn what_is_absent_follows_from_the_rest() {
    let plain = jitsi(json!({"server_url": "https://Meet.example.org/"}));
    assert!(!plain.capabilities().tokens && plain.capabilities().embeds);
    let (shared, own) = (json!({"app_id": "a", "app_secret": "s"}), json!({"app_id": "a", "private_key": sample::pem()}));
    for (given, algorithm) in [(shared, SigningAlgorithm::Hs256), (own, SigningAlgorithm::Rs256)] {
        let mut given = given;
        given["server_url"] = json!("https://meet.example.org:8443");
        let settings = jitsi(given);
        assert!(settings.capabilities().tokens && settings.capabilities().moderators);
        let Settings::Jitsi(jitsi) = settings else { panic!() };
        assert_eq!((jitsi.algorithm(), jitsi.subject().as_str()), (algorithm, "meet.example.org"));
    }
    for (given, subject) in [
        (json!({"server_url": "https://meet.example.org/tenant"}), "tenant"),
        (json!({"server_url": "https://meet.example.org", "domain": "meet.jitsi"}), "meet.jitsi"),
    ] {
        let Settings::Jitsi(jitsi) = jitsi(given) else { panic!() };
        assert_eq!(jitsi.subject(), subject);
    }
    assert_eq!(jitsi(json!({"server_url": "https://meet.jit.si"})).capabilities(), Capabilities::PUBLIC_JITSI);
}

#[test]
fn the_key_of_jaas_carries_the_app_id() {
    for key_id in ["4f4910".to_owned(), format!("{APP_ID}/4f4910")] {
        let given = json!({"app_id": APP_ID, "key_id": key_id, "private_key": sample::pem()});
        let Settings::Jaas(jaas) = settings(ProviderKind::Jaas, given).unwrap() else { panic!() };
        assert_eq!(jaas.key_id, format!("{APP_ID}/4f4910"));
    }
}

// S8: secrets are neither printed nor among what is stored in the clear.
#[test]
fn secrets_stay_apart() {
    let settings = jitsi(json!({"server_url": "https://meet.example.org", "app_id": "a", "app_secret": "canary-7f3a"}));
    assert!(!format!("{settings:?} {:?}", settings.public().unwrap()).contains("canary"));
    assert_eq!(settings.secrets().len(), 1);
    let public = Value::Object(settings.public().unwrap());
    assert_eq!(public, json!({"server_url": "https://meet.example.org", "app_id": "a", "token_in": "fragment"}));
}
