//! Stand-ins beside those for providers: an ERP that hears of every change, one that is broken, and whoever keeps recordings.

use axum::Router;
use axum::http::{StatusCode, header};
use axum::routing::{any, get, post};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::lost::PLACE;
use crate::stand_ins::StandIns;

/// Where an ERP listens.
pub const ERP: &str = "/erp/events";
/// Where one listened once.
pub const OLD_ERP: &str = "/old-erp/events";
/// A recording that can be fetched.
pub const RECORDING: &str = "/files/recording.mp4";

/// The smallest file that calls itself MP4.
const MP4: &[u8] = b"\0\0\0\x18ftypisom\0\0\x02\0isomiso2\0\0\0\x08free";

/// Takes the stand-ins' address.
///
/// # Errors
/// When somebody else has it.
pub async fn listen(address: &str) -> anyhow::Result<TcpListener> {
    let host = address.trim_start_matches("http://");
    TcpListener::bind(host).await.map_err(|error| anyhow::anyhow!("stand-ins cannot listen on {host}: {error}; choose another --port"))
}

/// Answers until it is stopped.
///
/// # Errors
/// When the socket breaks.
pub async fn serve(socket: TcpListener, stand_ins: StandIns, published: Value, stop: CancellationToken) -> std::io::Result<()> {
    let routes = Router::new()
        .route(ERP, post(async || "ok"))
        .route(OLD_ERP, post(async || (StatusCode::BAD_GATEWAY, "this ERP was switched off")))
        .route(RECORDING, get(async || ([(header::CONTENT_TYPE, "video/mp4")], MP4)))
        .route(&format!("{PLACE}/oauth2/v3/certs"), get(async move || published.to_string()))
        .route(&format!("{PLACE}/{{*gone}}"), any(async || (StatusCode::SERVICE_UNAVAILABLE, "this account was closed")))
        .merge(stand_ins.router());
    axum::serve(socket, routes).with_graceful_shutdown(stop.cancelled_owned()).await
}
