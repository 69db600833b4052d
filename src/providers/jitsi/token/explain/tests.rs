use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::providers::jitsi::RoomName;
use crate::providers::jitsi::token::{Claims, JaasClaims, SigningKey, mint, sample};

const APP_ID: &str = "vpaas-magic-cookie-1";

fn server() -> ServerExpectation {
    let mut server = ServerExpectation::self_hosted("omeet", Some(sample::hs256()));
    server.audiences = vec!["jitsi".into()];
    server.subject = Some("meet.jitsi".into());
    server.domain_verification = true;
    server.room = Some(RoomName::new("daily-7").unwrap());
    server
}

fn ours(is_moderator: bool) -> Value {
    serde_json::to_value(Claims::new(&sample::issuer(), &sample::grant(is_moderator))).unwrap()
}

fn explained(claims: &Value, server: &ServerExpectation) -> Explanation {
    let token = mint(&sample::hs256(), claims).unwrap();
    explain(token.expose(), server, sample::now())
}

fn refused_for(explanation: &Explanation) -> Vec<&str> {
    explanation.findings.iter().filter(|f| f.severity == Severity::Refused).map(|f| f.claim.as_str()).collect()
}

#[test]
fn finds_no_fault_with_what_we_mint() {
    let moderator = explained(&ours(true), &server());
    assert_eq!((moderator.accepted, moderator.is_moderator_hint, moderator.findings), (true, true, vec![]));
    let participant = explained(&ours(false), &server());
    assert_eq!((participant.accepted, participant.is_moderator_hint), (true, false));
    assert!(participant.findings.iter().all(|f| f.severity == Severity::Note), "{participant:?}");
}

#[test]
fn finds_no_fault_with_our_jaas_tokens() {
    let key = SigningKey::rs256(format!("{APP_ID}/4f4910"), &sample::pem().into()).unwrap();
    let token = mint(&key, &JaasClaims::new(APP_ID, &sample::grant(true))).unwrap();
    let server = ServerExpectation::jaas(APP_ID, Some(key));
    let explanation = explain(token.expose(), &server, sample::now());
    assert_eq!((explanation.accepted, explanation.is_moderator_hint, explanation.findings), (true, true, vec![]));
    let other = ServerExpectation::jaas("vpaas-magic-cookie-2", None);
    assert_eq!(refused_for(&explain(token.expose(), &other, sample::now())), ["sub"]);
}

// Each change makes a Jitsi server refuse the token; the claim at fault is named.
#[test]
fn names_the_claim_at_fault() {
    let now = sample::now().secs();
    let cases = [
        ("/exp", json!(now), "exp"),
        ("/exp", json!((now + 60).to_string()), "exp"),
        ("/nbf", json!(now + 1), "nbf"),
        ("/nbf", json!("soon"), "nbf"),
        ("/iss", json!("other"), "iss"),
        ("/iss", Value::Null, "iss"),
        ("/aud", json!(["jitsi"]), "aud"),
        ("/aud", json!("other"), "aud"),
        ("/room", json!("daily-8"), "room"),
        ("/room", json!("tenant/daily-7"), "room"),
        ("/room", json!(7), "room"),
        ("/room", Value::Null, "room"),
        ("/sub", json!("meet.example.org"), "sub"),
        ("/sub", Value::Null, "sub"),
    ];
    for (pointer, value, claim) in cases {
        let mut claims = ours(false);
        *claims.pointer_mut(pointer).unwrap() = value.clone();
        let explanation = explained(&claims, &server());
        assert_eq!(refused_for(&explanation), [claim], "{pointer} = {value}");
        assert!(!explanation.accepted && explanation.findings[0].fix.len() > 5);
    }
}

#[test]
fn the_last_second_counts_and_there_is_no_leeway() {
    let mut claims = ours(false);
    claims["exp"] = json!(sample::now().secs() + 1);
    claims["nbf"] = json!(sample::now().secs());
    assert!(explained(&claims, &server()).accepted);
}

#[test]
fn header_and_signature() {
    let token = mint(&sample::hs256(), &ours(false)).unwrap();
    let parts: Vec<&str> = token.expose().split('.').collect();
    let with_header = |header: Value| {
        use base64::Engine as _;
        let header = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(header.to_string());
        explain(&format!("{header}.{}.{}", parts[1], parts[2]), &server(), sample::now())
    };
    assert_eq!(refused_for(&with_header(json!({"typ": "at+jwt", "alg": "HS256"}))), ["typ", "signature"]);
    assert_eq!(refused_for(&with_header(json!({"typ": "JWT", "alg": "none"}))), ["alg"]);
    assert_eq!(refused_for(&with_header(json!({"typ": "JWT"}))), ["alg"]);
    for text in ["", "a", "a.b", "a.b.c", "..", "a.b.c.d", "é.é.é"] {
        assert!(!explain(text, &server(), sample::now()).accepted, "{text}");
    }
    let other = ServerExpectation { key: Some(SigningKey::hs256(&"other".into())), ..server() };
    assert_eq!(refused_for(&explain(token.expose(), &other, sample::now())), ["signature"]);
    let unknown = explain(token.expose(), &ServerExpectation { key: None, ..server() }, sample::now());
    assert!(unknown.accepted && unknown.findings.iter().any(|f| f.claim == "signature"));
}

#[test]
fn one_dialect_is_not_every_server() {
    let mut claims = ours(false);
    claims["moderator"] = json!(true);
    let explanation = explained(&claims, &server());
    assert!(explanation.accepted && explanation.is_moderator_hint);
    assert!(explanation.findings.iter().any(|f| f.severity == Severity::Warning && f.says.contains("token_affiliation")));
}

#[test]
fn warns_of_what_works_only_somewhere() {
    let mut claims = ours(false);
    claims["room"] = json!("*");
    claims["context"]["user"]["email"] = Value::Null;
    claims["context"]["features"]["fly"] = json!(true);
    let explanation = explained(&claims, &server());
    assert!(explanation.accepted);
    let warned: Vec<&str> = explanation.findings.iter().filter(|f| f.severity == Severity::Warning).map(|f| f.claim.as_str()).collect();
    assert_eq!(warned, ["room", "context.user.email", "context.features"]);
}

proptest! {
    // S8: neither the token nor its signature is in the answer, and no input makes us panic.
    #[test]
    fn never_echoes(text in "\\PC{0,80}", claims in "[a-z]{0,200}") {
        let _any_text_is_fine = explain(&text, &server(), sample::now());
        let token = mint(&sample::hs256(), &json!({"room": claims, "iss": claims, "exp": claims})).unwrap();
        let explanation = explain(token.expose(), &server(), sample::now());
        let answer = serde_json::to_string(&explanation).unwrap();
        for part in token.expose().split('.') {
            prop_assert!(!answer.contains(part));
        }
        prop_assert!(answer.len() < 4000);
    }
}
