//! `/recordings/<ticket>`: files of ours, for whoever holds an address that works for a while, or a public link.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;

use super::files::Opened;
use super::model::{Recording, RecordingState};
use super::tickets::Ticket;
use super::{Recordings, store};
use crate::kernel::Failure;

impl Recordings {
    /// The routes.
    pub fn router(self) -> Router {
        Router::new().route("/recordings/{ticket}", get(by_ticket)).route("/recordings/public/{token}", get(by_link)).with_state(self)
    }

    async fn of_ticket(&self, ticket: &str) -> Result<Option<Recording>, Failure> {
        let now = self.meetings.db().clock().now();
        let Some(ticket) = Ticket::open(self.meetings.sealer(), ticket, now) else { return Ok(None) };
        let found = store::find(&mut self.meetings.db().reader().await?, ticket.org, ticket.recording).await?;
        Ok(found.filter(|recording| recording.visibility >= ticket.needs))
    }

    async fn of_link(&self, token: &str) -> Result<Option<Recording>, Failure> {
        let now = self.meetings.db().clock().now();
        let found = store::find_public(&mut self.meetings.db().reader().await?, token).await?;
        Ok(found.filter(|recording| recording.public_until.is_none_or(|until| now < until)))
    }

    async fn serve(&self, found: Result<Option<Recording>, Failure>, headers: &HeaderMap) -> Response {
        let recording = match found {
            Ok(Some(recording)) if recording.state == RecordingState::Stored => recording,
            Ok(_) => return (StatusCode::NOT_FOUND, "there is no such recording\n").into_response(),
            Err(failure) => {
                tracing::error!(%failure, "a recording could not be looked up");
                return (StatusCode::INTERNAL_SERVER_ERROR, "something went wrong on our side\n").into_response();
            }
        };
        match self.files.open(&recording, |size| first_octet(headers, size)).await {
            Ok(opened) => dressed(&recording, opened),
            Err(error) => {
                tracing::error!(recording = %recording.id, error = %format!("{error:#}"), "the file of a recording cannot be read");
                (StatusCode::NOT_FOUND, "the file of this recording is gone\n").into_response()
            }
        }
    }
}

// `bytes=<from>-`: what players and download managers ask for. Anything else gets the whole.
fn first_octet(headers: &HeaderMap, size: u64) -> Option<u64> {
    let range = headers.get(header::RANGE)?.to_str().ok()?;
    range.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok().filter(|from| *from < size)
}

// Always a download: a transcript is somebody else's text, and no page of ours.
fn dressed(recording: &Recording, Opened { size, from, body }: Opened) -> Response {
    let status = if from.is_some() { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
    let range = from.map(|from| format!("bytes {from}-{}/{size}", size.saturating_sub(1)));
    let mut response = (status, body).into_response();
    let extension = match recording.mime.as_str() {
        "video/mp4" => "mp4",
        "audio/mp4" => "m4a",
        "text/vtt" => "vtt",
        "application/json" => "json",
        _ => "txt",
    };
    let pairs = [
        (header::CONTENT_TYPE, recording.mime.clone()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{}.{extension}\"", recording.kind.name())),
        (header::CONTENT_LENGTH, (size - from.unwrap_or(0)).to_string()),
        (header::ACCEPT_RANGES, "bytes".to_owned()),
        (header::CACHE_CONTROL, "private, no-store".to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'".to_owned()),
        (header::REFERRER_POLICY, "no-referrer".to_owned()),
    ];
    for (name, value) in pairs.into_iter().chain(range.map(|range| (header::CONTENT_RANGE, range))) {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

async fn by_ticket(State(recordings): State<Recordings>, Path(ticket): Path<String>, headers: HeaderMap) -> Response {
    let found = recordings.of_ticket(&ticket).await;
    recordings.serve(found, &headers).await
}

async fn by_link(State(recordings): State<Recordings>, Path(token): Path<String>, headers: HeaderMap) -> Response {
    let found = recordings.of_link(&token).await;
    recordings.serve(found, &headers).await
}
