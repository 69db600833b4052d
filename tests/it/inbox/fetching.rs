//! A file on its way: what breaks off goes on, what is decided meanwhile stands.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use futures_util::StreamExt as _;
use omeet::providers::inbound::hex;
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use super::recordings::{meeting, recorded};
use super::senders::{Kind, SECRET, Sender};
use crate::support::{Client, Service, eventually, on_every_engine_with};

const SETTINGS: [(&str, &str); 1] = [("providers.allow_private_addresses", "true")];
const OCTETS: usize = 100_000;

/// A stand-in for whoever keeps the file, by what goes wrong with it.
#[derive(Clone)]
struct Keeper(Arc<Inner>);

struct Inner {
    asked: AtomicUsize,
    ranges: Mutex<Vec<String>>,
    gate: Semaphore,
}

fn content() -> Vec<u8> {
    (0..OCTETS).map(|at| u8::try_from(at % 251).unwrap()).collect()
}

impl Keeper {
    async fn start() -> (Self, String) {
        let keeper = Self(Arc::new(Inner { asked: AtomicUsize::new(0), ranges: Mutex::default(), gate: Semaphore::new(0) }));
        let app = Router::new().route("/{how}", get(serve)).with_state(keeper.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await });
        (keeper, base)
    }
}

async fn serve(State(Keeper(keeper)): State<Keeper>, Path(how): Path<String>, headers: HeaderMap) -> Response {
    let (whole, turn) = (content(), keeper.asked.fetch_add(1, Ordering::SeqCst));
    let range = headers.get("range").and_then(|value| value.to_str().ok()).map(str::to_owned);
    keeper.ranges.lock().unwrap().extend(range.clone());
    let from: usize = range.and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok()).unwrap_or(0);
    let part = |from: usize| {
        let said = format!("bytes {from}-{}/{OCTETS}", OCTETS - 1);
        (StatusCode::PARTIAL_CONTENT, [("content-range", said)], whole[from..].to_vec()).into_response()
    };
    match how.as_str() {
        "held" => {
            keeper.gate.acquire().await.unwrap().forget();
            whole.into_response()
        }
        "goes" if turn > 0 => StatusCode::NOT_FOUND.into_response(),
        "held and cut" => {
            keeper.gate.acquire().await.unwrap().forget();
            broken(&whole[..OCTETS / 2])
        }
        _ if turn == 0 => broken(&whole[..OCTETS / 2]),
        "goes on" if from > 0 => part(from),
        "another part" if from > 0 => part(from + 1),
        "refuses" if from > 0 => (StatusCode::RANGE_NOT_SATISFIABLE, [("content-range", "bytes */50000")]).into_response(),
        _ => whole.into_response(),
    }
}

// The length of all, and half of it.
fn broken(half: &[u8]) -> Response {
    let half = half.to_vec();
    let pieces = futures_util::stream::iter([Ok(half), Err(std::io::Error::other("cut"))]).then(|piece| async {
        // What was sent has to arrive before the connection breaks.
        tokio::time::sleep(Duration::from_millis(50)).await;
        piece
    });
    ([("content-length", OCTETS.to_string())], Body::from_stream(pieces)).into_response()
}

struct House {
    sender: Sender,
    client: Client,
    meeting: Value,
    room: String,
}

impl House {
    async fn new(service: &Service, name: &str) -> Self {
        let client = service.organization(name).await;
        let sender = Sender::new(service, &client, Kind::Jitsi, SECRET, None).await;
        let (meeting, room) = meeting(&client.acting("7", "user"), &sender.account).await;
        Self { sender, client, meeting, room }
    }

    async fn recordings(&self) -> Vec<Value> {
        self.client.ok("recording.list", json!({"meeting_id": self.meeting["id"]})).await["items"].as_array().unwrap().clone()
    }
}

fn kept(service: &Service) -> Vec<String> {
    let folders = std::fs::read_dir(service.recordings()).into_iter().flatten().flatten();
    let files = folders.flat_map(|folder| std::fs::read_dir(folder.path()).unwrap().flatten());
    files.map(|file| file.file_name().into_string().unwrap()).collect()
}

// S2.21: an attempt that breaks off is gone on with; a server that gives another part, or none, gives the whole of it.
#[tokio::test]
async fn a_file_that_breaks_off_ends_whole() {
    on_every_engine_with(&SETTINGS, async |service| {
        service.work();
        for how in ["goes on", "another part", "refuses", "begins anew"] {
            let house = House::new(&service, how).await;
            let (keeper, base) = Keeper::start().await;
            recorded(&house.sender, &house.room, "a.mp4", &format!("{base}/{}", how.replace(' ', "%20"))).await;
            let found = eventually(&format!("{how}: the file is there"), async || {
                // Time goes on for those who wait.
                service.clock.advance_secs(1);
                house.recordings().await.into_iter().find(|found| found["state"] != "fetching")
            })
            .await;
            let sha256 = hex(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &content()).as_ref());
            assert_eq!((&found["state"], &found["sha256"]), (&json!("stored"), &json!(sha256)), "{how}: {found}");
            assert_eq!(keeper.0.ranges.lock().unwrap()[0], format!("bytes={}-", OCTETS / 2), "{how}");
            assert!(kept(&service).iter().all(|file| file.ends_with(".bin")), "{how}: {:?}", kept(&service));
        }
    })
    .await;
}

// S2.21: who may see it is chosen, and another one deleted, while the files are on their way: both stand.
#[tokio::test]
async fn what_is_decided_while_a_file_is_fetched_stands() {
    on_every_engine_with(&SETTINGS, async |service| {
        service.work();
        let house = House::new(&service, "A").await;
        let (keeper, base) = Keeper::start().await;
        for file in ["kept.mp4", "deleted.mp4"] {
            recorded(&house.sender, &house.room, file, &format!("{base}/held")).await;
        }
        eventually("both are asked for", async || (keeper.0.asked.load(Ordering::SeqCst) == 2).then_some(())).await;
        let found = house.recordings().await;
        house.client.ok("recording.set_visibility", json!({"id": found[0]["id"], "visibility": "organization"})).await;
        house.client.ok("recording.delete", json!({"id": found[1]["id"]})).await;
        keeper.0.gate.add_permits(2);
        eventually("one is there, and one gone", async || {
            let now = house.recordings().await;
            let is_stored = now.len() == 1 && now[0]["id"] == found[0]["id"] && now[0]["state"] == "stored";
            (is_stored && now[0]["visibility"] == "organization" && kept(&service).len() == 1).then_some(())
        })
        .await;
        assert_eq!(house.client.kind("recording.get", json!({"id": found[1]["id"]})).await, "recording.not_found");
        let events = house.client.ok("event.list", json!({"types": ["recording.ready"]})).await;
        assert_eq!(events["items"].as_array().unwrap().len(), 1, "nothing is said of what was deleted");
    })
    .await;
}

// R21: what is kept of a meeting's recordings goes with the meeting, and so does what is on its way at that moment.
#[tokio::test]
async fn files_of_a_deleted_meeting_go() {
    on_every_engine_with(&SETTINGS, async |service| {
        service.work();
        let house = House::new(&service, "A").await;
        let (keeper, base) = Keeper::start().await;
        keeper.0.gate.add_permits(1);
        recorded(&house.sender, &house.room, "kept.mp4", &format!("{base}/held")).await;
        eventually("one is kept", async || house.recordings().await.first().is_some_and(|found| found["state"] == "stored").then_some(()))
            .await;
        assert_eq!(kept(&service).len(), 1);
        recorded(&house.sender, &house.room, "on its way.mp4", &format!("{base}/held%20and%20cut")).await;
        eventually("the other is asked for", async || (keeper.0.asked.load(Ordering::SeqCst) == 2).then_some(())).await;
        house.client.ok("meeting.delete", json!({"id": house.meeting["id"]})).await;
        eventually("the file that was kept is gone", async || kept(&service).is_empty().then_some(())).await;
        keeper.0.gate.add_permits(1);
        eventually("half of the other is there", async || kept(&service).first().is_some_and(|file| file.ends_with(".part")).then_some(()))
            .await;
        eventually("it goes as well", async || {
            service.clock.advance_secs(1);
            kept(&service).is_empty().then_some(())
        })
        .await;
    })
    .await;
}

// R21: nothing is kept of a file that will never be whole.
#[tokio::test]
async fn what_was_begun_goes_when_the_rest_cannot_be_had() {
    on_every_engine_with(&SETTINGS, async |service| {
        service.work();
        let house = House::new(&service, "A").await;
        let (_, base) = Keeper::start().await;
        recorded(&house.sender, &house.room, "a.mp4", &format!("{base}/goes")).await;
        eventually("half of it is there", async || kept(&service).first().is_some_and(|file| file.ends_with(".part")).then_some(())).await;
        eventually("the rest is given up", async || {
            service.clock.advance_secs(1);
            house.recordings().await.into_iter().find(|found| found["state"] == "failed")
        })
        .await;
        eventually("nothing is kept", async || kept(&service).is_empty().then_some(())).await;
    })
    .await;
}
