//! S1, S2: `/admin` shows an admin their organization and nothing of another; only forms of a session's own pages do anything.

use axum::http::StatusCode;
use omeet::db::Tx;
use omeet::jobs::{self, NewJob};
use omeet::kernel::{EndpointId, JobId, OrgId};
use serde_json::json;

use crate::support::{Client, Page, Service, on_every_engine, on_every_engine_with};

const OPERATOR: &str = "an operator's token of some length";

/// A browser at `/admin`.
struct Browser {
    client: Client,
    cookie: String,
}

impl Browser {
    fn new(service: &Service) -> Self {
        Self { client: service.anonymous(), cookie: String::new() }
    }

    /// Signs in; answers the status.
    async fn sign_in(&mut self, key: &str) -> u16 {
        let page = self.post("/admin/sign-in", &[("key", key)], &[]).await;
        self.cookie = page.set_cookie.split(';').next().unwrap_or_default().to_owned();
        page.status
    }

    async fn get(&self, path: &str) -> Page {
        self.client.fetch("GET", path, &[("cookie", &self.cookie)], "").await
    }

    async fn post(&self, path: &str, form: &[(&str, &str)], headers: &[(&str, &str)]) -> Page {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let mut all = vec![("cookie", self.cookie.as_str()), ("content-type", "application/x-www-form-urlencoded")];
        all.extend_from_slice(headers);
        self.client.fetch("POST", path, &all, &body).await
    }

    /// The word of a page's forms.
    async fn word(&self, path: &str) -> String {
        let page = self.get(path).await;
        page.body.split("name=\"word\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default().to_owned()
    }
}

async fn path_of(client: &Client) -> String {
    format!("/admin/organizations/{}", client.ok("organization.get", json!({})).await["id"].as_str().unwrap())
}

async fn key(client: &Client, params: serde_json::Value) -> String {
    client.ok("key.create", params).await["key"].as_str().unwrap().to_owned()
}

// The rights table of the door: which key opens it, and what of.
#[tokio::test]
async fn only_an_admins_key_without_scopes_opens_the_door() {
    on_every_engine_with(&[("admin.operator_token", &format!("{OPERATOR:?}"))], async |service| {
        let (ours, theirs) = (service.organization("Ours").await, service.organization("Theirs").await);
        ours.ok("user.upsert", json!({ "id": "7", "name": "Ana", "role": "admin" })).await;
        ours.ok("user.upsert", json!({ "id": "8", "name": "Budi", "role": "user" })).await;
        let (own, other) = (path_of(&ours).await, path_of(&theirs).await);
        let keys = [
            ("admin", ours.key.clone().unwrap(), [200, 404]),
            ("operator", OPERATOR.to_owned(), [200, 200]),
            ("admin's own", key(&ours, json!({ "kind": "user", "user": "7", "role": "admin" })).await, [200, 404]),
            ("user as admin", key(&ours, json!({ "kind": "user", "user": "8", "role": "admin" })).await, [303, 303]),
            ("manager", key(&ours, json!({ "kind": "service", "role": "manager" })).await, [303, 303]),
            ("scoped", key(&ours, json!({ "kind": "service", "role": "admin", "scopes": ["job:*"] })).await, [303, 303]),
            ("nobody", String::new(), [303, 303]),
        ];
        for (who, key, statuses) in keys {
            let mut browser = Browser::new(&service);
            let signed_in = browser.sign_in(&key).await;
            assert_eq!(signed_in == 303, statuses[0] == 200, "{who}: {signed_in}");
            for (path, status) in [(&own, statuses[0]), (&other, statuses[1])] {
                assert_eq!(browser.get(path).await.status, status, "{who} at {path}");
            }
            service.advance_min(2);
        }
    })
    .await;
}

#[tokio::test]
async fn sessions_end_with_time_with_their_key_and_when_they_are_left() {
    on_every_engine(async |service| {
        let ours = service.organization("Ours").await;
        let own = path_of(&ours).await;
        let made = ours.ok("key.create", json!({ "kind": "service", "role": "admin" })).await;
        let mut browser = Browser::new(&service);
        assert_eq!(browser.sign_in(made["key"].as_str().unwrap()).await, 303);
        let first = browser.cookie.clone();
        assert!(first.starts_with("omeet_admin="), "{first}");
        assert_eq!(browser.get(&own).await.status, 200);
        let word = browser.word(&own).await;
        assert_eq!(browser.post("/admin/sign-out", &[("word", &word)], &[]).await.status, 303);
        assert_eq!(browser.get(&own).await.status, 303, "left");
        browser.sign_in(made["key"].as_str().unwrap()).await;
        service.advance_min(61);
        assert_eq!(browser.get(&own).await.status, 303, "an hour later");
        browser.sign_in(made["key"].as_str().unwrap()).await;
        ours.ok("key.revoke", json!({ "id": made["id"] })).await;
        service.advance_min(1);
        assert_eq!(browser.get(&own).await.status, 303, "its key is revoked");
    })
    .await;
}

// S5: keys are not guessed here either; the cookie is for this door only.
#[tokio::test]
async fn guessing_is_slow_and_the_cookie_is_strict() {
    on_every_engine(async |service| {
        let ours = service.organization("Ours").await;
        let browser = Browser::new(&service);
        let good = browser.post("/admin/sign-in", &[("key", ours.key.as_deref().unwrap())], &[]).await;
        for part in ["HttpOnly", "SameSite=Strict", "Path=/admin", "Max-Age=3600"] {
            assert!(good.set_cookie.contains(part), "{}", good.set_cookie);
        }
        let foreign = browser.post("/admin/sign-in", &[("key", ours.key.as_deref().unwrap())], &[("sec-fetch-site", "cross-site")]).await;
        assert_eq!((foreign.status, foreign.set_cookie.as_str()), (404, ""));
        let mut statuses = Vec::new();
        for _ in 0..7 {
            statuses.push(browser.post("/admin/sign-in", &[("key", "omk_wrong")], &[]).await.status);
        }
        assert_eq!(statuses, [403, 403, 403, 403, 403, 429, 429]);
    })
    .await;
}

#[tokio::test]
async fn what_was_given_up_is_tried_again_by_those_who_may() {
    on_every_engine(async |service| {
        let (ours, theirs) = (service.organization("Ours").await, service.organization("Theirs").await);
        let own = path_of(&ours).await;
        let endpoint =
            ours.ok("webhook.endpoint.create", json!({ "url": "http://127.0.0.1:9/erp" })).await["id"].as_str().unwrap().to_owned();
        let (mut admin, mut stranger) = (Browser::new(&service), Browser::new(&service));
        admin.sign_in(ours.key.as_deref().unwrap()).await;
        stranger.sign_in(theirs.key.as_deref().unwrap()).await;
        let word = admin.word(&own).await;
        let deed = format!("{own}/endpoints/{endpoint}");
        let done = admin.post(&deed, &[("word", &word)], &[]).await;
        assert_eq!((done.status, done.location), (303, format!("{own}?done=redelivered")));
        let strange = stranger.word(&path_of(&theirs).await).await;
        let refused = [
            (&admin, "", "same-origin"),
            (&admin, word.as_str(), "same-site"),
            (&stranger, word.as_str(), "same-origin"),
            (&stranger, strange.as_str(), "same-origin"),
        ];
        for (browser, word, site) in refused {
            assert_eq!(browser.post(&deed, &[("word", word)], &[("sec-fetch-site", site)]).await.status, 404, "{word} {site}");
        }
        let unknown: JobId = service.app.db.new_id();
        let missing: EndpointId = service.app.db.new_id();
        for path in [format!("{own}/jobs/{unknown}"), format!("{own}/endpoints/{missing}"), format!("{own}/deliveries/x")] {
            assert_eq!(admin.post(&path, &[("word", &word)], &[]).await.status, StatusCode::NOT_FOUND.as_u16(), "{path}");
        }
        let audit = ours.ok("audit.list", json!({ "action": "webhook.delivery.redeliver_failed" })).await;
        assert_eq!(audit["items"].as_array().unwrap().len(), 1, "{audit}");
    })
    .await;
}

// A job that was given up, as the queue leaves it behind.
async fn dead_job(service: &Service, client: &Client) -> String {
    let org: OrgId = client.ok("organization.get", json!({})).await["id"].as_str().unwrap().parse().unwrap();
    let unit = async move |tx: &mut Tx| {
        let run_at = tx.now();
        let job = NewJob { org: Some(org), kind: "test.dead", payload: json!({}), run_at, unique_key: Some(org.to_string()) };
        jobs::enqueue(tx, job).await?;
        tx.execute("update job set state = 'dead', attempts = 14, last_error = 'the provider answered 403'", vec![]).await
    };
    service.app.db.unit(move |tx| Box::pin(async move { unit(tx).await })).await.unwrap();
    client.ok("job.list", json!({ "state": "dead" })).await["items"][0]["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_dead_job_is_shown_with_its_cause_and_tried_again() {
    on_every_engine(async |service| {
        let ours = service.organization("Ours").await;
        let (own, job) = (path_of(&ours).await, dead_job(&service, &ours).await);
        let mut admin = Browser::new(&service);
        admin.sign_in(ours.key.as_deref().unwrap()).await;
        let page = admin.get(&own).await.body;
        assert!(page.contains("the provider answered 403") && page.contains(&format!("{own}/jobs/{job}")), "{page}");
        let word = admin.word(&own).await;
        let done = admin.post(&format!("{own}/jobs/{job}"), &[("word", &word)], &[]).await;
        assert_eq!((done.status, done.location), (303, format!("{own}?done=requeued")));
        let after = ours.ok("job.list", json!({})).await["items"][0].clone();
        assert_eq!((&after["state"], &after["attempts"]), (&json!("ready"), &json!(0)), "{after}");
        assert_eq!(ours.ok("report.errors", json!({ "days": 1 })).await["items"][0]["why"], "the provider answered 403");
    })
    .await;
}
