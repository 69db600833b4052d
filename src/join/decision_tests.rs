use proptest::prelude::*;

use super::*;

const PEOPLE: [(&str, Standing, bool); 11] = [
    ("host", Standing::Host, false),
    ("co-host", Standing::CoHost, false),
    ("manager", Standing::ManagerWhoHosts, false),
    ("host's link", Standing::PersonalLink { hosts: true }, false),
    ("personal link", Standing::PersonalLink { hosts: false }, false),
    ("invited user", Standing::InvitedUser, false),
    ("other user", Standing::OtherUser, false),
    ("other user let in", Standing::OtherUser, true),
    ("guest", Standing::Guest, false),
    ("guest let in", Standing::Guest, true),
    ("guest with password", Standing::Guest, false),
];

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn open() -> JoinFacts {
    JoinFacts {
        state: State::Ready,
        access: Access::Public,
        lobby: false,
        wait_for_host: false,
        has_password: false,
        opens_at: Some(at("2026-11-21T08:45:00Z")),
        closes_at: Some(at("2026-11-21T10:15:00Z")),
        host_arrived: false,
        max_participants: None,
        present: 0,
    }
}

fn situations() -> Vec<(&'static str, JoinFacts, Timestamp)> {
    let (early, now, late) = (at("2026-11-21T08:44:59Z"), at("2026-11-21T08:45:00Z"), at("2026-11-21T10:15:00Z"));
    vec![
        ("open, public", open(), now),
        ("open, no times", JoinFacts { opens_at: None, closes_at: None, ..open() }, now),
        ("last second", open(), late.plus_ms(-1)),
        ("for the organization", JoinFacts { access: Access::Organization, ..open() }, now),
        ("for the invited", JoinFacts { access: Access::Invited, ..open() }, now),
        ("lobby", JoinFacts { lobby: true, ..open() }, now),
        ("wait for host", JoinFacts { wait_for_host: true, ..open() }, now),
        ("wait for host, who is there", JoinFacts { wait_for_host: true, host_arrived: true, ..open() }, now),
        ("lobby and wait for host", JoinFacts { lobby: true, wait_for_host: true, ..open() }, now),
        ("password", JoinFacts { has_password: true, ..open() }, now),
        ("password and lobby", JoinFacts { has_password: true, lobby: true, ..open() }, now),
        ("full", JoinFacts { max_participants: Some(2), present: 2, ..open() }, now),
        ("draft", JoinFacts { state: State::Draft, ..open() }, now),
        ("before opening", open(), early),
        ("before opening, password", JoinFacts { has_password: true, ..open() }, early),
        (
            "before opening, password, lobby and wait for host",
            JoinFacts { has_password: true, lobby: true, wait_for_host: true, ..open() },
            early,
        ),
        ("before opening, for the invited", JoinFacts { access: Access::Invited, ..open() }, early),
        ("before opening, but started", JoinFacts { state: State::Started, host_arrived: true, ..open() }, early),
        ("after end and grace", open(), late),
        ("after end and grace, started", JoinFacts { state: State::Started, ..open() }, late),
        ("ended", JoinFacts { state: State::Ended, ..open() }, now),
        ("ended, for the invited", JoinFacts { state: State::Ended, access: Access::Invited, ..open() }, now),
        ("cancelled", JoinFacts { state: State::Cancelled, ..open() }, now),
    ]
}

fn word(decision: Decision) -> String {
    match decision {
        Decision::Admit { role, bypasses_lobby } => {
            let lobby = if bypasses_lobby { ", passes lobby" } else { "" };
            format!("{}{lobby}", if role == JoinRole::Moderator { "moderator" } else { "enters" })
        }
        Decision::Wait { why, until } => format!("waits: {}{}", why.name(), if until.is_some() { " (until)" } else { "" }),
        Decision::Refuse { kind } => kind.name.to_owned(),
    }
}

fn by_decision(meeting: &JoinFacts, now: Timestamp) -> Vec<(String, Vec<&'static str>)> {
    let mut groups: Vec<(String, Vec<&'static str>)> = Vec::new();
    for (person, standing, let_in) in PEOPLE {
        let password = if person.ends_with("password") { PasswordState::Right } else { PasswordState::Missing };
        let word = word(decide(meeting, now, &Who { standing, let_in }, password));
        match groups.iter_mut().find(|(known, _)| *known == word) {
            Some((_, people)) => people.push(person),
            None => groups.push((word, vec![person])),
        }
    }
    groups
}

// S4.11: design section 5 as a table. This snapshot is the documentation.
#[test]
fn who_enters_when() {
    let mut table = String::new();
    for (situation, meeting, now) in situations() {
        table += &format!("{situation}\n");
        for (word, people) in by_decision(&meeting, now) {
            table += &format!("    {word:<26} {}\n", people.join("; "));
        }
    }
    insta::assert_snapshot!(table);
}

#[test]
fn waiting_becomes_a_failure_that_says_why_and_until_when() {
    let early = at("2026-11-21T08:00:00Z");
    let guest = Who { standing: Standing::Guest, let_in: false };
    let failure = decide(&open(), early, &guest, PasswordState::Missing).admitted().unwrap_err();
    assert_eq!((failure.kind().name, failure.data()["why"].as_str()), ("join.waiting", Some("not_open")));
    assert_eq!(failure.data()["until"].as_str(), Some("2026-11-21T08:45:00Z"));
}

fn any_state() -> impl Strategy<Value = State> {
    prop::sample::select(vec![State::Draft, State::Ready, State::Started, State::Ended, State::Cancelled])
}

fn any_access() -> impl Strategy<Value = Access> {
    prop::sample::select(vec![Access::Public, Access::Organization, Access::Invited])
}

prop_compose! {
    fn any_meeting()(
        state in any_state(),
        access in any_access(),
        (lobby, wait_for_host, has_password, host_arrived) in any::<(bool, bool, bool, bool)>(),
        opens in prop::option::of(0..100_i64),
        closes in prop::option::of(0..100_i64),
        max_participants in prop::option::of(0..4_u32),
        present in 0..4_u32,
    ) -> JoinFacts {
        let (opens_at, closes_at) = (opens.map(Timestamp::from_secs), closes.map(Timestamp::from_secs));
        JoinFacts { state, access, lobby, wait_for_host, has_password, opens_at, closes_at, host_arrived, max_participants, present }
    }
}

fn any_who() -> impl Strategy<Value = Who> {
    (prop::sample::select(PEOPLE.to_vec()), any::<bool>()).prop_map(|((_, standing, _), let_in)| Who { standing, let_in })
}

fn any_password() -> impl Strategy<Value = PasswordState> {
    prop::sample::select(vec![PasswordState::Missing, PasswordState::Wrong, PasswordState::Right])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn what_holds_always(meeting in any_meeting(), now in 0..100_i64, who in any_who(), password in any_password()) {
        let now = Timestamp::from_secs(now);
        let decision = decide(&meeting, now, &who, password);
        // Whoever waits is let in later without being asked again.
        let asked = !meeting.has_password || who.standing.is_invited() || password == PasswordState::Right;
        let waits = matches!(decision, Decision::Wait { .. });
        prop_assert!(asked || !waits);
        let Decision::Admit { role, .. } = decision else { return Ok(()) };
        let by_name = matches!(who.standing, Standing::InvitedUser | Standing::PersonalLink { .. });
        let hosts = role == JoinRole::Moderator;
        prop_assert_eq!(hosts, who.standing.hosts());
        prop_assert!(!matches!(meeting.state, State::Ended | State::Cancelled));
        prop_assert!(meeting.closes_at.is_none_or(|closes| now < closes));
        prop_assert!(hosts || meeting.state != State::Draft);
        prop_assert!(hosts || meeting.state == State::Started || meeting.opens_at.is_none_or(|opens| now >= opens));
        let needs_none = hosts || who.standing.is_invited();
        prop_assert!(needs_none || !meeting.has_password || password == PasswordState::Right);
        prop_assert!(hosts || by_name || !meeting.lobby || who.let_in);
        prop_assert!(hosts || !meeting.wait_for_host || meeting.host_arrived);
        prop_assert!(hosts || by_name || meeting.access != Access::Invited);
        prop_assert!(who.standing != Standing::Guest || meeting.access == Access::Public);
    }

    // Nobody is worse off for being let in, or for knowing the password.
    #[test]
    fn permissions_only_help(meeting in any_meeting(), now in 0..100_i64, who in any_who(), password in any_password()) {
        let now = Timestamp::from_secs(now);
        if decide(&meeting, now, &who, password).admitted().is_ok() {
            let better = Who { let_in: true, ..who };
            prop_assert!(decide(&meeting, now, &better, PasswordState::Right).admitted().is_ok());
        }
    }
}
