//! Letters on both engines.

use std::time::{Duration, UNIX_EPOCH};

use secrecy::SecretString;

use super::draft::Dress;
use super::message;
use super::store::{self, NotificationFilter, Parcel};
use super::transport::Mailer;
use super::*;
use crate::config::{self, MailSecurity};
use crate::db::testing::{engines, organization};
use crate::jobs::{Job, JobOutcome};
use crate::kernel::{Ctx, JobId, NotificationId};

fn config() -> config::Mail {
    config::Mail {
        host: String::new(),
        port: 25,
        security: MailSecurity::None,
        user: String::new(),
        password: SecretString::default(),
        password_file: String::new(),
        from_address: "meet@example.org".into(),
        from_name: "omeet".into(),
        timeout_s: 5,
        connections: 2,
        dkim_selector: String::new(),
        dkim_key: SecretString::default(),
        dkim_key_file: String::new(),
        keep_days: 90,
    }
}

fn parcel(name: &str, subject: &str) -> Parcel {
    Parcel {
        id: NotificationId::from(uuid::Uuid::nil()),
        to_name: Some(name.into()),
        to_email: "budi@example.org".into(),
        reply_to: None,
        lang: "en".into(),
        subject: subject.into(),
        body_text: "Text".into(),
        body_html: Some("<p>Text</p>".into()),
        ics_method: Some("REQUEST".into()),
        ics: Some("BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n".into()),
        sender_name: Some(name.into()),
    }
}

// S10: lettre panics when it prints a mailbox whose name holds a line break.
#[test]
fn hostile_names_and_subjects_make_no_header_and_no_panic() {
    for text in
        ["a\r\nBcc: e@example.org", "a\nb", "a\rb", "a\0b", "a\u{85}b", "a\u{2028}b", "\"a\" <b>", "Ünï 会議", "", &"x".repeat(65_536)]
    {
        let raw = message::build(&parcel(text, text), &config(), UNIX_EPOCH + Duration::from_secs(1)).unwrap().formatted();
        let raw = String::from_utf8(raw).unwrap();
        let head = raw.split_once("\r\n\r\n").unwrap().0;
        assert!(!head.lines().any(|line| line.starts_with("Bcc")), "{text:?}: {head}");
        assert!(!head.replace("\r\n", "").contains(['\r', '\n', '\0']), "{text:?}");
    }
}

// RFC 6047 section 2.4: the method stands in the part, the calendar part is the last alternative.
#[test]
fn the_calendar_part_is_an_alternative_and_an_attachment() {
    let raw = message::build(&parcel("Budi", "Hello"), &config(), UNIX_EPOCH).unwrap().formatted();
    let raw = String::from_utf8(raw).unwrap();
    let at = |text: &str| raw.find(text).unwrap_or_else(|| panic!("{text} in {raw}"));
    assert!(at("multipart/mixed") < at("multipart/alternative"));
    assert!(at("text/plain") < at("text/html") && at("text/html") < at("text/calendar; charset=utf-8; method=REQUEST"));
    assert!(at("text/calendar") < at("application/ics") && raw.contains("filename=\"invite.ics\""));
    assert!(raw.contains("Message-ID: <ntf_00000000000000000000000000000000@example.org>"));
}

fn draft(email: &str, key: Option<&str>) -> Draft {
    Draft {
        kind: "meeting.invitation",
        to: Address::new(Some("Budi"), email).unwrap(),
        lang: "id_ID".into(),
        subject: "{meeting} @ {time}".into(),
        intro: "<b>{meeting}</b>".into(),
        words: vec![("meeting", "<script>{time}</script>".into()), ("time", "14:00".into())],
        dedupe_key: key.map(str::to_owned),
        ..Draft::default()
    }
}

#[test]
fn what_people_wrote_is_escaped_and_not_read_as_a_placeholder() {
    let letter = draft("b@example.org", None).letter(&Dress::default()).unwrap();
    assert_eq!((letter.subject.as_str(), letter.lang.as_str()), ("<script>{time}</script> @ 14:00", "id"));
    let html = letter.html.unwrap();
    assert!(html.contains("&#60;script&#62;{time}") && !html.contains("<script>"), "{html}");
    assert!(letter.text.contains("<script>{time}</script>"));
}

#[tokio::test]
async fn a_letter_is_queued_once_per_key_and_seen_to_fail_and_retried() {
    for (engine, db) in engines().await {
        let org = organization(&db).await;
        let twice = db.unit(move |tx| {
            Box::pin(async move {
                let first = draft("b@example.org", Some("k")).queue(tx, org).await?;
                Ok((first, draft("b@example.org", Some("k")).queue(tx, org).await?))
            })
        });
        let (first, second) = twice.await.unwrap();
        assert_eq!(first, second, "{engine}");
        // No mail server: the letter says so.
        let job = Job { id: JobId::from(uuid::Uuid::nil()), org: Some(org), payload: serde_json::json!({ "id": first }), attempt: 1 };
        let outcome = delivery::send(&db, &Mailer::new(&config()).unwrap(), &job).await.unwrap();
        assert!(matches!(outcome, JobOutcome::Done), "{engine}");
        let ctx = Ctx::system(org, String::new());
        let listed = store::list(&mut db.reader().await.unwrap(), &ctx, NotificationFilter::default()).await.unwrap().items;
        assert_eq!((listed.len(), listed[0].state, listed[0].attempts), (1, NotificationState::Bounced, 1), "{engine}");
        assert!(listed[0].last_error.as_deref().unwrap().contains("mail.host"), "{engine}");
        let caller = ctx.clone();
        let again = db.unit(move |tx| Box::pin(async move { service::retry(tx, &caller, first).await })).await.unwrap();
        assert_eq!(again.state, NotificationState::Queued, "{engine}");
        let refused = db.unit(move |tx| Box::pin(async move { service::retry(tx, &ctx, first).await })).await.unwrap_err();
        assert_eq!(refused.kind(), &NOT_FAILED, "{engine}");
        db.unit(move |tx| Box::pin(async move { service::bounced(tx, &Ctx::system(org, String::new()), first, "550 gone").await }))
            .await
            .unwrap();
        // S4.15: what is old goes, what is young stays.
        delivery::forget(db.clone(), 1).await.unwrap();
        assert!(store::find(&mut db.reader().await.unwrap(), org, first).await.unwrap().is_some(), "{engine}");
        let later = db.clock().now().plus_min(1);
        assert_eq!(db.forget(store::old(later)).await.unwrap(), 1, "{engine}");
    }
}

#[tokio::test]
async fn an_organization_has_its_own_words_and_looks() {
    for (engine, db) in engines().await {
        let org = organization(&db).await;
        let ctx = Ctx::system(org, String::new());
        let letter = db.unit(move |tx| {
            Box::pin(async move {
                let style = Style { color: Some("#AABBCC".into()), footer: Some("<i>Acme</i>\nJakarta".into()), ..Style::default() };
                service::put_style(tx, &ctx, style).await?;
                let of = |lang: &str, subject: &str| Template {
                    kind: "meeting.invitation".into(),
                    lang: lang.into(),
                    subject: Some(subject.into()),
                    intro: None,
                };
                service::put_template(tx, &ctx, of("", "All: {meeting}")).await?;
                service::put_template(tx, &ctx, of("id", "Rapat {time}")).await?;
                let wrong = Style { logo_url: Some("http://example.org/x.png".into()), ..Style::default() };
                assert_eq!(service::put_style(tx, &ctx, wrong).await.unwrap_err().data()["field"], "logo_url");
                draft("b@example.org", None).letter(&Dress::of(tx, org).await?)
            })
        });
        let letter = letter.await.unwrap();
        assert_eq!(letter.subject, "Rapat 14:00", "{engine}");
        let html = letter.html.unwrap();
        assert!(html.contains("#aabbcc") && html.contains("&#60;i&#62;Acme") && html.contains("Jakarta<br>"), "{engine}: {html}");
    }
}

#[tokio::test]
async fn examples_are_right() {
    let db = engines().await.remove(0).1;
    let mut registry = crate::rpc::Registry::default();
    rpc::register(&mut registry, &db);
    for described in registry.entries().values() {
        described.check_example().unwrap();
    }
}
