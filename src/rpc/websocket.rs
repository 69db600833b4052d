//! `GET /rpc` as a WebSocket: the same dispatcher, and subscriptions.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt as _, StreamExt as _};
use jsonrpsee::BoundedSubscriptions;
use jsonrpsee::core::server::ConnectionId;
use jsonrpsee::server::MethodSink;
use serde_json::value::RawValue;
use tokio::sync::{Semaphore, mpsc};
use tokio::time::{Instant, timeout};

use super::dispatch::{Knock, Subscriber};
use super::envelope::INVALID_REQUEST;
use super::http::{Doors, refusal};
use crate::kernel::context::Door;
use crate::listener::{Admission, Remote};

/// Seconds that a peer may leave one message unread before the connection is closed.
const UNREAD_S: u64 = 20;

/// What is read at a time. A connection keeps it as long as it lasts, and most do nothing but listen.
const READ_BUFFER_OCTETS: usize = 4096;

static CONNECTIONS: AtomicUsize = AtomicUsize::new(1);

/// Upgrades.
pub async fn upgrade(
    State(doors): State<Doors>,
    Extension(remote): Extension<Remote>,
    Extension(admission): Extension<Admission>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    if doors.refuses_origin(&headers) {
        return refusal(
            StatusCode::FORBIDDEN,
            &INVALID_REQUEST.because("This origin may not call from a browser (server.allowed_origins)"),
        );
    }
    let knock = doors.knock(&headers, remote, Door::WebSocket);
    let limit = doors.dispatcher.limits.body_bytes;
    upgrade
        .read_buffer_size(READ_BUFFER_OCTETS)
        .max_message_size(limit)
        .max_frame_size(limit)
        .on_upgrade(move |socket| serve(doors, knock, socket, admission))
}

async fn serve(doors: Doors, knock: Knock, socket: WebSocket, _admission: Admission) {
    metrics::gauge!("omeet_websocket_connections").increment(1.0);
    let limits = &doors.dispatcher.limits;
    let (outgoing, answers) = mpsc::channel(limits.messages_per_connection);
    let (writer, reader) = socket.split();
    let subscriber = Subscriber {
        sink: MethodSink::new(outgoing.clone()),
        connection: ConnectionId(CONNECTIONS.fetch_add(1, Ordering::Relaxed)),
        allowance: BoundedSubscriptions::new(limits.subscriptions_per_connection),
    };
    let writing = tokio::spawn(write(writer, answers, doors.stop.clone(), Duration::from_secs(limits.ping_interval_s)));
    let reading = read(doors.clone(), knock, reader, subscriber, outgoing);
    tokio::pin!(reading);
    let abort = writing.abort_handle();
    tokio::select! {
        () = &mut reading => abort.abort(),
        _ = writing => {}
    }
    metrics::gauge!("omeet_websocket_connections").decrement(1.0);
}

async fn read(
    doors: Doors,
    knock: Knock,
    mut reader: SplitStream<WebSocket>,
    subscriber: Subscriber,
    outgoing: mpsc::Sender<Box<RawValue>>,
) {
    let limits = &doors.dispatcher.limits;
    let calls = Arc::new(Semaphore::new(limits.calls_per_connection));
    let silence = Duration::from_secs(limits.ping_interval_s * 2 + 5);
    while let Ok(Some(Ok(message))) = timeout(silence, reader.next()).await {
        let payload = match message {
            Message::Text(text) => axum::body::Bytes::from(text),
            Message::Binary(bytes) => bytes,
            Message::Ping(_) | Message::Pong(_) => continue,
            Message::Close(_) => return,
        };
        let Ok(permit) = calls.clone().acquire_owned().await else { return };
        let (doors, subscriber, outgoing) = (doors.clone(), subscriber.clone(), outgoing.clone());
        let knock = Knock { request_id: doors.dispatcher.request_id(), ..knock.clone() };
        tokio::spawn(async move {
            let answer = doors.dispatcher.message(&knock, &payload, Some(&subscriber)).await;
            if let Some(body) = answer.body.and_then(|body| RawValue::from_string(String::from_utf8(body).ok()?).ok()) {
                outgoing.send(body).await.ok();
            }
            drop(permit);
        });
    }
}

async fn write(
    mut writer: SplitSink<WebSocket, Message>,
    mut answers: mpsc::Receiver<Box<RawValue>>,
    stop: tokio_util::sync::CancellationToken,
    ping_interval: Duration,
) {
    let mut pings = tokio::time::interval_at(Instant::now() + ping_interval, ping_interval);
    loop {
        let message = tokio::select! {
            answer = answers.recv() => match answer {
                Some(answer) => Message::Text(String::from(Box::<str>::from(answer)).into()),
                None => return,
            },
            _ = pings.tick() => Message::Ping(axum::body::Bytes::new()),
            () = stop.cancelled() => {
                let bye = CloseFrame { code: close_code::AWAY, reason: "the server stops; reconnect and resume by cursor".into() };
                timeout(Duration::from_secs(2), writer.send(Message::Close(Some(bye)))).await.ok();
                return;
            }
        };
        match timeout(Duration::from_secs(UNREAD_S), writer.send(message)).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) | Err(_) => return,
        }
    }
}
