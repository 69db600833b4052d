use std::collections::HashMap;

use secrecy::ExposeSecret as _;

use super::Config;

fn load(pairs: &[(&str, &str)]) -> anyhow::Result<Config> {
    let source: HashMap<String, String> = pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    Config::from_layers(None, source)
}

fn refusal(pairs: &[(&str, &str)]) -> String {
    format!("{:#}", load(pairs).unwrap_err())
}

#[test]
fn defaults_are_whole_and_the_environment_wins() {
    let config = load(&[("OMEET_SERVER__LISTEN", "0.0.0.0:9000"), ("OMEET_LIMITS__BATCH_CALLS", "7")]).unwrap();
    assert_eq!(config.server.listen.port(), 9000);
    assert_eq!(config.limits.batch_calls, 7);
    assert_eq!(config.jitsi.server_url.as_str(), "https://meet.jit.si/");
}

#[test]
fn a_wrong_setting_is_named() {
    for (pairs, key) in [
        (vec![("OMEET_SERVER__LISTEN", "nowhere")], "server.listen"),
        (vec![("OMEET_SERVER__LISTEN", "127.0.0.1")], "server.listen: must be an address with a port, such as 127.0.0.1:7780"),
        (vec![("OMEET_SERVER__PUBLIC_URL", "ftp://x")], "server.public_url"),
        (vec![("OMEET_SERVER__PUBLIC_URL", "https://x/omeet")], "server.public_url: must have nothing behind the host"),
        (vec![("OMEET_SERVER__ALLOWED_ORIGINS", "https://a.example, erp.example.org")], "server.allowed_origins: erp.example.org is no"),
        (vec![("OMEET_SERVER__ALLOWED_ORIGINS", "foo bar")], "server.allowed_origins"),
        (vec![("OMEET_SERVER__ALLOWED_ORIGINS", "https://erp.example.org/web")], "server.allowed_origins"),
        (vec![("OMEET_SERVER__TRUSTED_PROXIES", "proxy")], "server.trusted_proxies"),
        (vec![("OMEET_MEETINGS__DURATION_MIN", "0")], "meetings.duration_min: must be between 1 and 10080"),
        (vec![("OMEET_MEETINGS__DURATION_MIN", "10081")], "meetings.duration_min"),
        (vec![("OMEET_MEETINGS__EARLY_OPEN_MIN", "1441")], "meetings.early_open_min: must be between 0 and 1440"),
        (vec![("OMEET_MEETINGS__GRACE_MIN", "1441")], "meetings.grace_min"),
        (vec![("OMEET_MEETINGS__RESERVATION_MIN", "0")], "meetings.reservation_min"),
        (vec![("OMEET_BOOKING__KEEP_DAYS", "0")], "booking.keep_days: must be between 1 and 36500"),
        (vec![("OMEET_WEBHOOKS__TIMEOUT_S", "0")], "webhooks.timeout_s: must be between 1 and 60"),
        (vec![("OMEET_MAIL__SECURITY", "ssl")], "mail.security: must be starttls, tls, opportunistic or none"),
        (vec![("OMEET_LOG__FORMAT", "xml")], "log.format: must be text or json"),
        (vec![("OMEET_JITSI__SERVER_URL", "jitsi.example.org")], "jitsi.server_url: must be a URL such as"),
        (vec![("OMEET_DATABASE__URL", "mysql://x")], "database.url"),
        (vec![("OMEET_LIMITS__JSON_DEPTH", "0")], "limits.json_depth"),
        (vec![("OMEET_JITSI__APP_ID", "me")], "jitsi.app_secret"),
        (vec![("OMEET_JITSI__APP_SECRET_FILE", "/nowhere")], "jitsi.app_secret_file"),
        (vec![("OMEET_RETENTION__EVENT_DAYS", "36501")], "retention.event_days"),
        (vec![("OMEET_RETENTION__AUDIT_DAYS", "-1")], "retention.audit_days"),
        (vec![("OMEET_RETENTION__ICS_DAYS", "0")], "retention.ics_days"),
        (vec![("OMEET_METRICS__TOKEN", "short")], "metrics.token"),
        (vec![("OMEET_TELEMETRY__OTLP_ENDPOINT", "collector:4318")], "telemetry.otlp_endpoint"),
        (vec![("OMEET_TELEMETRY__OTLP_HEADERS", "secret")], "telemetry.otlp_headers"),
        (vec![("OMEET_TELEMETRY__SAMPLE_RATIO", "2")], "telemetry.sample_ratio"),
        (vec![("OMEET_MAIL__HOST", "127.0.0.1")], "mail.from_address"),
        (vec![("OMEET_MAIL__DKIM_SELECTOR", "s1")], "mail.dkim_selector"),
        (vec![("OMEET_MAIL__SECURITY", "none"), ("OMEET_MAIL__USER", "u")], "mail.security"),
        (vec![("OMEET_RECORDINGS__STORE_URL", "https://bucket")], "recordings.store_url"),
        (vec![("OMEET_RECORDINGS__STORE_URL", "s3:///path")], "recordings.store_url"),
        (vec![("OMEET_RECORDINGS__STORE_URL", "s3://b")], "recordings.s3_key_id"),
        (vec![("OMEET_RECORDINGS__STORE_URL", "s3://b"), ("OMEET_RECORDINGS__S3_KEY_ID", "k")], "recordings.s3_secret"),
        (vec![("OMEET_SERVER__LISTENS", "x"), ("OMEET_CONFIG", "y")], "server"),
    ] {
        assert!(refusal(&pairs).contains(key), "{key}: {}", refusal(&pairs));
    }
}

// S2.21: a bucket, and a path in it.
#[test]
fn recordings_go_to_the_bucket_that_is_named() {
    let with = |url, endpoint| {
        let key = [("OMEET_RECORDINGS__S3_KEY_ID", "k"), ("OMEET_RECORDINGS__S3_SECRET", "canary-7f3a")];
        load(&[key[0], key[1], ("OMEET_RECORDINGS__STORE_URL", url), ("OMEET_RECORDINGS__S3_ENDPOINT", endpoint)])
    };
    for (url, expected) in [("s3://b", ("b", "")), ("s3://b/", ("b", "")), ("s3://b/meet/files/", ("b", "meet/files"))] {
        let config = with(url, "https://s3.example.org:9000").unwrap();
        assert_eq!(config.recordings.bucket(), Some(expected));
        assert!(!format!("{config:?}").contains("canary"));
    }
    assert_eq!(load(&[]).unwrap().recordings.bucket(), None);
    assert!(format!("{:#}", with("s3://b", "minio:9000").unwrap_err()).contains("recordings.s3_endpoint"));
    assert!(format!("{:#}", with("s3://b/../c", "").unwrap_err()).contains("recordings.store_url"));
}

// S17: a secret given by file arrives, and no Debug output shows it.
#[test]
fn secrets_come_from_files_and_are_not_printed() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "canary-7f3a\n").unwrap();
    let path = file.path().to_str().unwrap();
    let config = load(&[("OMEET_JITSI__APP_ID", "me"), ("OMEET_JITSI__APP_SECRET_FILE", path)]).unwrap();
    assert_eq!(config.jitsi.app_secret.expose_secret(), "canary-7f3a");
    assert!(!format!("{config:?}").contains("canary"));
}

#[test]
fn what_stands_at_the_edge_is_right() {
    let config = load(&[
        ("OMEET_SERVER__PUBLIC_URL", "https://meet.example.org/"),
        ("OMEET_SERVER__ALLOWED_ORIGINS", "https://ERP.example.org/, http://127.0.0.1:8069"),
        ("OMEET_MEETINGS__DURATION_MIN", "10080"),
        ("OMEET_MEETINGS__EARLY_OPEN_MIN", "0"),
        ("OMEET_MEETINGS__GRACE_MIN", "1440"),
        ("OMEET_MAIL__SECURITY", "none"),
        ("OMEET_LOG__FORMAT", "json"),
    ]);
    let server = config.unwrap().server;
    assert_eq!(server.public_url, "https://meet.example.org");
    assert_eq!(server.origins(), ["https://erp.example.org", "http://127.0.0.1:8069"]);
}

#[test]
fn a_variable_with_one_underscore_is_warned_of() {
    let config = load(&[
        ("OMEET_SERVER_PUBLIC_URL", "https://x"),
        ("OMEET_MAIL__FROM_NAME", "us"),
        ("OMEET_MAIL_HOST", "x"),
        ("OMEET_CONFIG", "y"),
        ("OMEET_TEST_POSTGRES_URL", "z"),
    ]);
    let [mail, server] = &config.unwrap().overlooked[..] else { panic!("two are meant") };
    assert!(
        mail.contains("OMEET_MAIL__HOST") && server.starts_with("OMEET_SERVER_PUBLIC_URL is not read: OMEET_SERVER__PUBLIC_URL,"),
        "{server}"
    );
}

// Whoever is told that a file cannot be read is told which.
#[test]
fn a_file_that_cannot_be_read_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let broken = folder.path().join("omeet.toml");
    std::fs::write(&broken, "[server\n").unwrap();
    for (file, why) in
        [(folder.path(), "directory"), (&folder.path().join("gone.toml"), "No such file"), (&broken, "TOML parse error at line 1")]
    {
        let refusal = format!("{:#}", Config::from_layers(Some(file), HashMap::new()).unwrap_err());
        assert!(refusal.contains(&file.display().to_string()) && refusal.contains(why), "{refusal}");
    }
}
