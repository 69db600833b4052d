//! A faulty ERP: an HTTP server that takes, refuses, hangs, and breaks off.

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Empty, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use rand::RngExt as _;
use rand::rngs::StdRng;
use turmoil::net::TcpListener;

use super::ledger::{Arrived, Ledger};
use super::{PORT, TROUBLED_MS};

/// How a message is received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mood {
    Takes,
    Refuses(u16),
    AsksForTime(u32),
    BreaksOffEarly,
    BreaksOffInTheBody,
    AppliesAndBreaksOff,
    AppliesAndCutsTheAnswer,
    RefusesAndCutsTheAnswer,
    Hangs,
    AppliesAfter(u64),
}

/// The connection is lost.
#[derive(Debug, thiserror::Error)]
#[error("lost")]
struct Lost;

type Body = UnsyncBoxBody<Bytes, Lost>;

/// Its books outlive it.
#[derive(Clone)]
pub struct Erp {
    pub ledger: Ledger,
    pub rng: Arc<Mutex<StdRng>>,
}

impl Erp {
    pub async fn serve(self) -> turmoil::Result {
        let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, PORT)).await?;
        loop {
            let (stream, _) = listener.accept().await?;
            let erp = self.clone();
            let service = service_fn(move |request| erp.clone().receive(request));
            let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            tokio::spawn(async move { connection.await.ok() });
        }
    }

    async fn receive(self, request: Request<Incoming>) -> Result<Response<Body>, Lost> {
        let mood = self.mood();
        let (head, mut body) = request.into_parts();
        if mood == Mood::BreaksOffInTheBody {
            body.frame().await;
        }
        if matches!(mood, Mood::BreaksOffEarly | Mood::BreaksOffInTheBody) {
            self.ledger.note(&format!("{} {mood:?}", head.uri.path()));
            return Err(Lost);
        }
        let body = body.collect().await.map_err(|_| Lost)?.to_bytes().to_vec();
        let arrived = Arrived { path: head.uri.path().to_owned(), headers: head.headers, body };
        self.react(mood, arrived).await
    }

    async fn react(self, mood: Mood, arrived: Arrived) -> Result<Response<Body>, Lost> {
        self.note(mood, &arrived);
        match mood {
            Mood::Takes | Mood::AppliesAndCutsTheAnswer | Mood::AppliesAndBreaksOff => self.ledger.apply(&arrived),
            Mood::AppliesAfter(s) => drop(tokio::spawn(self.clone().apply_after(s, arrived))),
            _ => {}
        }
        match mood {
            Mood::Refuses(status) => Ok(answer(status, nothing())),
            Mood::AsksForTime(s) => Ok(with(answer(503, nothing()), "retry-after", s)),
            Mood::RefusesAndCutsTheAnswer => Ok(cut(500)),
            Mood::AppliesAndCutsTheAnswer => Ok(cut(200)),
            Mood::BreaksOffEarly | Mood::BreaksOffInTheBody | Mood::AppliesAndBreaksOff => Err(Lost),
            Mood::Hangs | Mood::AppliesAfter(_) => std::future::pending().await,
            Mood::Takes => Ok(answer(204, nothing())),
        }
    }

    async fn apply_after(self, s: u64, arrived: Arrived) {
        tokio::time::sleep(Duration::from_secs(s)).await;
        self.note(Mood::Takes, &arrived);
        self.ledger.apply(&arrived);
    }

    fn note(&self, mood: Mood, arrived: &Arrived) {
        let header = |name| arrived.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let body: serde_json::Value = serde_json::from_slice(&arrived.body).unwrap_or_default();
        let (path, id, at_s) = (&arrived.path, header("webhook-id"), header("webhook-timestamp"));
        self.ledger.note(&format!("{path} {} {} {id} of {at_s}: {mood:?}", body["subject"], body["seq"]));
    }

    fn mood(&self) -> Mood {
        let rng = &mut *self.rng.lock().unwrap();
        let drawn = rng.random_range(0..24);
        if turmoil::sim_elapsed().unwrap_or_default() >= Duration::from_millis(TROUBLED_MS) {
            return Mood::Takes;
        }
        match drawn {
            0 => Mood::Refuses([400, 404, 500, 502, 302][rng.random_range(0..5)]),
            1 => Mood::AsksForTime(rng.random_range(0..30)),
            2 => Mood::BreaksOffEarly,
            3 => Mood::BreaksOffInTheBody,
            4 | 5 => Mood::AppliesAndBreaksOff,
            6 => Mood::AppliesAndCutsTheAnswer,
            7 => Mood::RefusesAndCutsTheAnswer,
            8 => Mood::Hangs,
            9 => Mood::AppliesAfter(rng.random_range(0..30)),
            _ => Mood::Takes,
        }
    }
}

fn nothing() -> Body {
    Empty::new().map_err(|never| match never {}).boxed_unsync()
}

fn answer(status: u16, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    response
}

fn with(mut response: Response<Body>, name: &'static str, value: u32) -> Response<Body> {
    response.headers_mut().insert(name, value.into());
    response
}

// Ends a moment later, before it has said all that it announced.
fn cut(status: u16) -> Response<Body> {
    let said = stream::iter([Ok(Frame::data(Bytes::from_static(b"as much as")))]);
    let lost = stream::once(async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        Err(Lost)
    });
    with(answer(status, StreamBody::new(said.chain(lost)).boxed_unsync()), "content-length", 100)
}
