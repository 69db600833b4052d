use proptest::prelude::*;

use super::super::fragment::tests::read;
use super::*;
use crate::providers::jitsi::token::{JaasClaims, mint, sample};

fn token() -> MintedToken {
    mint(&sample::hs256(), &JaasClaims::new("app", &sample::grant(false))).unwrap()
}

fn jitsi(server_url: &str, token: Option<MintedToken>, token_in_query: bool) -> Place {
    Place::Jitsi { server_url: server_url.to_owned(), room: RoomName::new("daily-7").unwrap(), token, token_in_query }
}

fn visit(place: Place, name: &str, subject: &str) -> Visit {
    Visit {
        place,
        provider: "jitsi".to_owned(),
        user_info: UserInfo { display_name: Some(name.to_owned()), ..UserInfo::default() },
        is_moderator: false,
        subject: subject.to_owned(),
        may_record: false,
        prejoin: false,
        expires_at: Some(sample::now()),
    }
}

fn fragment(url: &str) -> &str {
    url.split_once('#').unwrap().1
}

// S8: the token is in the part of the address that no server sees.
#[test]
fn a_room_of_our_own_server() {
    let token = token();
    let answer = answer(visit(jitsi("https://meet.example.org", Some(token.clone()), false), "Ana", "Daily")).unwrap();
    assert!(answer.url.starts_with("https://meet.example.org/daily-7#jwt=%22ey"), "{}", answer.url);
    assert!(answer.url.ends_with("&userInfo.displayName=%22Ana%22"), "{}", answer.url);
    let settings = read(fragment(&answer.url));
    assert_eq!(settings["jwt"].as_str(), Some(token.expose()));
    assert_eq!(settings["config.subject"].as_str(), Some("Daily"));
    assert_eq!(settings["config.prejoinConfig.enabled"].as_bool(), Some(false));
    assert_eq!((answer.mode, answer.domain.as_str(), answer.room.as_str()), (Mode::Embed, "meet.example.org", "daily-7"));
    assert_eq!(answer.script_url.as_deref(), Some("https://meet.example.org/external_api.js"));
    let printed = format!("{answer:?}");
    assert!(!printed.contains("ey") && !printed.contains("Ana"), "{printed}");
}

#[test]
fn an_old_server_reads_the_query() {
    let token = token();
    let answer = answer(visit(jitsi("https://meet.example.org", Some(token.clone()), true), "Ana", "Daily")).unwrap();
    assert!(answer.url.starts_with(&format!("https://meet.example.org/daily-7?jwt={}#config.", token.expose())));
}

#[test]
fn meet_jit_si_is_not_embedded_and_gets_no_token() {
    let answer = answer(visit(jitsi("https://meet.jit.si", None, false), "Ana", "Daily")).unwrap();
    assert_eq!((answer.mode, &answer.token), (Mode::Redirect, &None));
    assert!(answer.mode_reason.unwrap().contains("five minutes"));
    assert!(!answer.url.contains("jwt"));
}

#[test]
fn jaas_rooms_begin_with_the_customer() {
    let place = Place::Jaas { app_id: "vpaas-magic-cookie-1".to_owned(), room: RoomName::new("r").unwrap(), token: token() };
    let answer = answer(visit(place, "Ana", "Daily")).unwrap();
    assert!(answer.url.starts_with("https://8x8.vc/vpaas-magic-cookie-1/r#jwt="));
    assert_eq!((answer.domain.as_str(), answer.room.as_str()), ("8x8.vc", "vpaas-magic-cookie-1/r"));
    assert_eq!(answer.script_url.as_deref(), Some("https://8x8.vc/vpaas-magic-cookie-1/external_api.js"));
    assert_eq!(answer.server_url, "https://8x8.vc");
}

#[test]
fn mobile_flags_follow_the_role() {
    let mut visit = visit(jitsi("https://meet.example.org", None, false), "Ana", "Daily");
    let guest = answer(visit.clone()).unwrap().feature_flags.unwrap();
    assert!(guest.lobby_mode && !guest.recording && !guest.prejoin_page);
    (visit.is_moderator, visit.may_record) = (true, true);
    let host = answer(visit).unwrap().feature_flags.unwrap();
    assert!(!host.lobby_mode && host.recording && host.kick_out);
}

#[test]
fn a_template_only_has_an_address() {
    let place = Place::Template { template: "https://call.example.org/{room}".to_owned(), room: "abc".to_owned() };
    let answer = answer(visit(place, "Ana", "Daily")).unwrap();
    assert_eq!((answer.url.as_str(), answer.mode), ("https://call.example.org/abc", Mode::Redirect));
    assert_eq!((answer.token, answer.script_url, answer.expires_at), (None, None, None));
}

#[test]
fn is_read_back_as_it_was_written() {
    let answer = answer(visit(jitsi("https://meet.example.org", Some(token()), false), "Ana", "Daily")).unwrap();
    let json = serde_json::to_string(&answer).unwrap();
    assert_eq!(serde_json::from_str::<JoinAnswer>(&json).unwrap(), answer);
    assert!(json.contains("\"displayName\":\"Ana\"") && json.contains("\"mode\":\"embed\""));
    let _has_a_schema = schemars::schema_for!(JoinAnswer);
}

proptest! {
    // S9: neither names nor subjects add settings, change the room or leave the fragment.
    #[test]
    fn hostile_names_do_not_break_out(
        name in "(\\PC|[&=#\"'\\\\\u{201C}%<>?/\n]){0,40}",
        subject in "(\\PC|[&=#\"'\\\\\u{2019}%<>?/\n]){0,40}",
    ) {
        let answer = answer(visit(jitsi("https://meet.example.org", None, false), &name, &subject)).unwrap();
        let url = url::Url::parse(&answer.url).unwrap();
        prop_assert_eq!((url.host_str(), url.path(), url.query()), (Some("meet.example.org"), "/daily-7", None));
        let settings = read(url.fragment().unwrap());
        prop_assert_eq!(settings.len(), 6);
        prop_assert_eq!(settings["userInfo.displayName"].as_str(), Some(name.as_str()));
        prop_assert_eq!(settings["config.subject"].as_str(), Some(subject.as_str()));
    }
}
