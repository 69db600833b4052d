//! `omeet demo`: its story can be told, and it touches nobody's database.

use omeet::config::Config;
use omeet::demo::fill;
use omeet::demo::house::{self, Found};
use omeet::kernel::Clock as _;
use omeet::kernel::clock::SystemClock;
use serde_json::json;

use crate::support::{Service, on_every_engine};

/// Two weeks have everything of four.
const DAYS: i64 = 15;

/// Tells the story into an empty database.
async fn filled(dir: &tempfile::TempDir, url: &str) -> Config {
    let mut config = Config::load(None).unwrap();
    let mut at = house::settle(&mut config, Some(url), 7780);
    config.secrets.master_key_file = dir.path().join("demo.key").display().to_string();
    config.recordings.folder = dir.path().join("recordings").display().to_string();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    at.stand_ins = format!("http://{free}");
    fill(&config, &at, DAYS, &|_| ()).await.unwrap();
    config
}

#[test]
fn a_demo_reaches_nobody() {
    let mut config = Config::load(None).unwrap();
    config.mail.host = "smtp.example.org".to_owned();
    config.server.public_url = "https://meet.example.org".to_owned();
    let at = house::settle(&mut config, None, 7780);
    assert!(config.server.listen.ip().is_loopback() && config.server.public_url.is_empty() && !config.mail.is_on());
    assert!(secrecy::ExposeSecret::expose_secret(&config.database.url).contains("omeet-demo.db"));
    assert_eq!((at.base.as_str(), at.stand_ins.as_str()), ("http://127.0.0.1:7780", "http://127.0.0.1:7781"));
}

#[tokio::test]
async fn a_database_with_another_organization_is_left_alone() {
    on_every_engine(async |service| {
        assert!(matches!(house::look(&service.app.db).await.unwrap(), Found::Empty));
        service.organization("Real").await;
        let refused = house::look(&service.app.db).await.unwrap_err().to_string();
        assert!(refused.contains("left alone"), "{refused}");
    })
    .await;
}

// Everything that can be looked at is there: states, people, attendance, recordings, bookings, what was given up.
#[tokio::test]
async fn the_story_can_be_told() {
    let dir = tempfile::TempDir::new().unwrap();
    let url = format!("sqlite://{}?mode=rwc", dir.path().join("demo.db").display());
    let config = filled(&dir, &url).await;
    let service = Service::serving("sqlite", config, SystemClock.now(), dir).await;
    let Found::Demo(organization) = house::look(&service.app.db).await.unwrap() else { panic!("it is not whole") };
    let client = service.key_for(organization.id).await;
    for state in ["draft", "ready", "started", "ended", "cancelled"] {
        assert!(client.ok("meeting.count", json!({ "state": [state] })).await["count"].as_i64() > Some(0), "{state}");
    }
    for (method, params) in [
        ("recording.list", json!({})),
        ("room.list", json!({})),
        ("booking.list", json!({ "state": ["confirmed"] })),
        ("booking.list", json!({ "state": ["pending"] })),
        ("booking.list", json!({ "state": ["declined"] })),
        ("custom_field.list", json!({})),
        ("webhook.list", json!({ "state": "applied" })),
        ("webhook.delivery.list", json!({ "state": "delivered" })),
    ] {
        let page = client.ok(method, params.clone()).await;
        assert!(!page["items"].as_array().unwrap().is_empty(), "{method} {params}");
    }
    let ended = client.ok("meeting.list", json!({ "state": ["ended"], "text": "Stand-up", "limit": 1 })).await;
    let attendance = client.ok("attendance.get", json!({ "meeting_id": ended["items"][0]["id"] })).await;
    assert!(attendance["items"].as_array().unwrap().len() > 1, "{attendance}");
}
