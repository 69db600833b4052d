use axum::Router;
use axum::http::header::{CONTENT_TYPE, DATE, LOCATION};
use axum::response::IntoResponse as _;
use axum::routing::get;
use serde_json::json;

use super::*;
use crate::kernel::clock::ManualClock;
use crate::providers::accounts::settings::{JitsiSettings, SigningAlgorithm};
use crate::providers::jitsi::token::sample;

const NOON: &str = "Sat, 21 Nov 2026 12:00:00 GMT";
const CONFIG: &str = "var config = {\n hosts: { domain: 'meet.jitsi', anonymousdomain: 'guest.meet.jitsi' },\n tokenAuthUrl: 'https://erp.example.org/{room}'\n};";

pub(super) fn clock(ahead_s: i64) -> ManualClock {
    let noon: crate::kernel::Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
    ManualClock::at(noon.plus_secs(ahead_s))
}

/// A stand-in for a server: answers what a Jitsi answers at these addresses, at noon.
async fn stand_in(routes: &[(&str, &'static str, &'static str)]) -> String {
    let answer =
        |kind: &'static str, body: &'static str| move || async move { ([(CONTENT_TYPE, kind), (DATE, NOON)], body).into_response() };
    let app = routes.iter().fold(Router::new(), |app, (path, kind, body)| app.route(path, get(answer(kind, body))));
    serve(app).await
}

pub(super) async fn serve(app: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

fn jitsi(server_url: &str) -> JitsiSettings {
    JitsiSettings { app_id: Some("omeet".into()), app_secret: Some(sample::SECRET.into()), ..JitsiSettings::at(server_url) }
}

fn from(clock: &ManualClock) -> Vantage<'_> {
    Vantage { clock, base: "https://omeet.example.org", jaas: "http://127.0.0.1:1" }
}

async fn report(settings: JitsiSettings, clock: &ManualClock) -> ProbeReport {
    probe_at(&Resolved::new(None, Settings::Jitsi(settings)).unwrap(), &from(clock)).await.unwrap()
}

fn says(report: &ProbeReport, severity: ProbeSeverity, text: &str) {
    let found = report.findings.iter().any(|finding| finding.severity == severity && finding.says.contains(text));
    assert!(found, "{text} is not among {report:#?}");
    assert!(!json!(report).to_string().contains(sample::SECRET));
}

const SCRIPT: (&str, &str, &str) = ("/external_api.js", "application/javascript", "JitsiMeetExternalAPI = 1;");
const CONFIG_JS: (&str, &str, &str) = ("/config.js", "application/javascript", CONFIG);

// S6: what is found at a server is said in plain words, with what would be right.
#[tokio::test]
async fn a_jitsi_says_what_it_expects() {
    let server = stand_in(&[SCRIPT, CONFIG_JS]).await;
    let wrong_domain = report(jitsi(&server), &clock(0)).await;
    assert!(wrong_domain.ok, "{wrong_domain:#?}");
    says(&wrong_domain, ProbeSeverity::Warning, "XMPP domain is meet.jitsi");
    says(&wrong_domain, ProbeSeverity::Note, "https://erp.example.org/{room}");
    says(&wrong_domain, ProbeSeverity::Note, "guest.meet.jitsi");
    let right = report(JitsiSettings { domain: Some("meet.jitsi".into()), ..jitsi(&server) }, &clock(0)).await;
    assert!(right.findings.iter().all(|finding| finding.severity == ProbeSeverity::Note), "{right:#?}");
    let without_tokens = report(JitsiSettings::at(&server), &clock(0)).await;
    assert!(without_tokens.ok && without_tokens.findings.len() == 1, "{without_tokens:#?}");
}

#[tokio::test]
async fn a_clock_that_differs_is_named() {
    let server = stand_in(&[SCRIPT, CONFIG_JS]).await;
    let domain = Some("meet.jitsi".to_owned());
    let settings = JitsiSettings { domain, ..jitsi(&server) };
    says(&report(settings.clone(), &clock(7)).await, ProbeSeverity::Warning, "7 seconds behind");
    says(&report(settings.clone(), &clock(-3600)).await, ProbeSeverity::Warning, "3600 seconds ahead of");
    let late = report(settings.clone(), &clock(42)).await;
    assert!(!late.ok);
    says(&late, ProbeSeverity::Problem, "42 seconds behind");
    let near = report(settings, &clock(5)).await;
    assert!(!near.findings.iter().any(|finding| finding.says.contains("clock")), "{near:#?}");
}

#[tokio::test]
async fn what_is_no_jitsi_is_told_so() {
    let page = stand_in(&[("/external_api.js", "text/html", "<!doctype html>"), ("/config.js", "text/html", "<!doctype html>")]).await;
    let report_of_page = report(jitsi(&page), &clock(0)).await;
    says(&report_of_page, ProbeSeverity::Problem, "answers a page, not a script");
    let empty = report(jitsi(&stand_in(&[]).await), &clock(0)).await;
    says(&empty, ProbeSeverity::Problem, "answers with status 404");
    let elsewhere = get(|| async { (axum::http::StatusCode::FOUND, [(LOCATION, "https://elsewhere.example.org/")]) });
    let moved = report(jitsi(&serve(Router::new().fallback(elsewhere)).await), &clock(0)).await;
    says(&moved, ProbeSeverity::Problem, "redirects to https://elsewhere.example.org/");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let unreachable = report(jitsi(&nobody), &clock(0)).await;
    says(&unreachable, ProbeSeverity::Problem, "cannot be reached");
    assert!(!unreachable.ok);
}

#[tokio::test]
async fn weak_and_own_keys_are_mentioned() {
    let server = stand_in(&[SCRIPT, CONFIG_JS]).await;
    let weak = report(JitsiSettings { app_secret: Some("short".to_owned().into()), ..jitsi(&server) }, &clock(0)).await;
    says(&weak, ProbeSeverity::Warning, "shorter than 32");
    let own = JitsiSettings {
        app_secret: None,
        algorithm: Some(SigningAlgorithm::Rs256),
        private_key: Some(sample::pem().into()),
        ..jitsi(&server)
    };
    let own = report(own, &clock(0)).await;
    says(&own, ProbeSeverity::Note, "A token can be made");
}

// Issue 6: an empty place where the call should be has its reason in a header of the server's page.
#[tokio::test]
async fn a_server_that_lets_nobody_embed_it_is_told_of() {
    let page = |name: &'static str, value: &'static str| {
        get(async move || ([(CONTENT_TYPE, "text/html"), (axum::http::HeaderName::from_static(name), value)], ""))
    };
    let script = |body: &'static str| get(async move || ([(CONTENT_TYPE, "text/javascript"), (DATE, NOON)], body));
    for (name, value, warns) in [
        ("x-frame-options", "SAMEORIGIN", true),
        ("content-security-policy", "default-src *; frame-ancestors 'self' https://erp.example.org", true),
        ("content-security-policy", "frame-ancestors https://omeet.example.org", false),
        ("content-security-policy", "frame-ancestors *", false),
        ("server", "nginx", false),
    ] {
        let app = Router::new().route(SCRIPT.0, script(SCRIPT.2)).route(CONFIG_JS.0, script(CONFIG_JS.2)).route("/", page(name, value));
        let found = report(jitsi(&serve(app).await), &clock(0)).await;
        let warned = found.findings.iter().any(|finding| finding.fix.contains("settings.embed to false"));
        assert_eq!(warned, warns, "{name} {value}: {found:#?}");
    }
}

#[tokio::test]
async fn a_template_says_where_a_room_would_be() {
    let url = UrlSettings { template: "https://call.example.org/{room}".into(), embed: false };
    let url = probe_at(&Resolved::new(None, Settings::Url(url)).unwrap(), &from(&clock(0))).await.unwrap();
    assert!(url.ok);
    says(&url, ProbeSeverity::Note, "https://call.example.org/daily-7");
}
