//! Getting a file before its link dies: bit by bit, from public addresses only, checked for size and type.

use std::path::{Path, PathBuf};
use std::time::Duration;

use aws_lc_rs::digest::{Context, SHA256};
use reqwest::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, LOCATION, RANGE};
use reqwest::{Response, StatusCode};
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use url::Url;

use super::model::{Recording, RecordingState};
use super::service::Source;
use super::{Recordings, store};
use crate::db::Tx;
use crate::egress;
use crate::jobs::{Job, JobOutcome, MAX_ATTEMPTS};
use crate::kernel::{Failure, OrgId, RecordingId};
use crate::providers::for_messages;

/// The kind of job that fetches.
pub(super) const FETCH: &str = "recording.fetch";
/// Addresses that one may lead on to.
const HOPS: usize = 5;
/// What is never a recording: a page of an error or a login.
const NEVER: [&str; 2] = ["text/html", "application/xhtml"];

#[derive(Deserialize)]
struct Payload {
    recording: RecordingId,
}

/// Why a file is not there yet.
enum Trouble {
    /// Trying again may help.
    Passing(String),
    /// It never will.
    Lasting(String),
}

impl Recordings {
    pub(super) async fn run_fetch(&self, job: Job) -> JobOutcome {
        let (Some(org), Ok(Payload { recording })) = (job.org, serde_json::from_value(job.payload)) else {
            return JobOutcome::Dead("not a recording".to_owned());
        };
        let found = match self.wanted(org, recording).await {
            Ok(Some(found)) => found,
            Ok(None) => return JobOutcome::Done,
            Err(failure) => return JobOutcome::Retry { after: None, why: failure.to_string() },
        };
        match self.fetch_file(&found).await {
            Ok((size, digest)) => self.stored(found, size, digest).await.into(),
            Err(Trouble::Passing(why)) if job.attempt < MAX_ATTEMPTS => JobOutcome::Retry { after: None, why },
            Err(Trouble::Passing(why) | Trouble::Lasting(why)) => self.failed(found, why).await.into(),
        }
    }

    async fn wanted(&self, org: OrgId, id: RecordingId) -> Result<Option<Recording>, Failure> {
        let found = store::find(&mut self.meetings.db().reader().await?, org, id).await?;
        Ok(found.filter(|recording| recording.state == RecordingState::Fetching))
    }

    async fn stored(&self, mut recording: Recording, size: i64, digest: String) -> Result<(), Failure> {
        (recording.state, recording.error, recording.link) = (RecordingState::Stored, None, None);
        (recording.size_bytes, recording.sha256) = (Some(size), Some(digest));
        recording.file_key = Some(file_key(&recording));
        self.settled(recording, "recording.ready").await
    }

    async fn failed(&self, mut recording: Recording, why: String) -> Result<(), Failure> {
        (recording.state, recording.error) = (RecordingState::Failed, Some(why));
        self.settled(recording, "recording.failed").await
    }

    async fn settled(&self, recording: Recording, event: &'static str) -> Result<(), Failure> {
        let recordings = self.clone();
        let unit = async move |tx: &mut Tx| {
            store::save(tx, &recording).await?;
            recordings.announce(tx, event, &recording).await
        };
        self.meetings.db().unit(move |tx| Box::pin(async move { unit(tx).await })).await
    }

    /// Goes on where an earlier attempt stopped; answers size and digest of the whole.
    async fn fetch_file(&self, recording: &Recording) -> Result<(i64, String), Trouble> {
        let source = self.source(recording).map_err(|failure| Trouble::Lasting(failure.message().to_owned()))?;
        let source = source.ok_or_else(|| Trouble::Lasting("there is no link".to_owned()))?;
        let source = self.with_token(recording, source).await?;
        let (path, part) = (self.path(recording), self.path(recording).with_extension("part"));
        create_folder(&part).await?;
        let have = tokio::fs::metadata(&part).await.map_or(0, |file| file.len());
        let response = self.ask(&source, have).await?;
        let goes_on = response.status() == StatusCode::PARTIAL_CONTENT;
        self.check(&response, if goes_on { have } else { 0 })?;
        self.write(response, &part, goes_on).await?;
        tokio::fs::rename(&part, &path).await.map_err(io)?;
        digest(&path).await
    }

    // Tokens of an account end soon: one is got when it is needed.
    async fn with_token(&self, recording: &Recording, source: Source) -> Result<Source, Trouble> {
        let Some(provider) = recording.provider_id.filter(|_| source.with_account) else { return Ok(source) };
        let ours = |failure: Failure| Trouble::Passing(failure.to_string());
        let account = {
            let mut tx = self.meetings.db().reader().await.map_err(ours)?;
            for_messages(&mut tx, self.meetings.sealer(), provider).await.map_err(ours)?
        };
        let account = account.ok_or_else(|| Trouble::Lasting("its provider account is switched off".to_owned()))?;
        let caller = self.calls.of(account.id, account.resolved.version);
        let token = account.resolved.file_token(&caller).await.map_err(|trouble| Trouble::Passing(trouble.says()))?;
        Ok(Source { token: token.map(|token| token.expose_secret().to_owned()), ..source })
    }

    // A token is for the host it was given for, and for no other that one leads on to.
    async fn ask(&self, source: &Source, have: u64) -> Result<Response, Trouble> {
        let mut url = self.checked(&source.url)?;
        let first = url.host_str().map(str::to_owned);
        for _ in 0..HOPS {
            let mut request = self.client.get(url.clone());
            if have > 0 {
                request = request.header(RANGE, format!("bytes={have}-"));
            }
            if let Some(token) = source.token.as_ref().filter(|_| url.host_str().map(str::to_owned) == first) {
                request = request.header(AUTHORIZATION, format!("Bearer {token}"));
            }
            let response = request.send().await.map_err(|error| Trouble::Passing(egress::reason(error)))?;
            if !response.status().is_redirection() {
                return Ok(response);
            }
            let next = response.headers().get(LOCATION).and_then(|value| value.to_str().ok()).and_then(|to| url.join(to).ok());
            url = self.checked(next.ok_or_else(|| Trouble::Lasting("it leads nowhere".to_owned()))?.as_str())?;
        }
        Err(Trouble::Lasting(format!("it leads on more than {HOPS} times")))
    }

    fn checked(&self, url: &str) -> Result<Url, Trouble> {
        egress::check(url, self.allow_private).map_err(|failure| Trouble::Lasting(failure.message().to_owned()))
    }

    fn check(&self, response: &Response, have: u64) -> Result<(), Trouble> {
        match response.status() {
            StatusCode::OK | StatusCode::PARTIAL_CONTENT => {}
            status if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => {
                return Err(Trouble::Passing(format!("it answers {status}")));
            }
            status => return Err(Trouble::Lasting(format!("it answers {status}"))),
        }
        let header =
            |name| response.headers().get(name).and_then(|value: &reqwest::header::HeaderValue| value.to_str().ok()).unwrap_or_default();
        let length: u64 = header(CONTENT_LENGTH).parse().unwrap_or(0);
        if have + length > self.max_bytes {
            return Err(Trouble::Lasting(format!("it is larger than {} MiB (recordings.max_mb)", self.max_bytes >> 20)));
        }
        match NEVER.iter().find(|never| header(CONTENT_TYPE).to_lowercase().starts_with(**never)) {
            Some(never) => Err(Trouble::Lasting(format!("it is {never}, not a recording"))),
            None => Ok(()),
        }
    }

    async fn write(&self, mut response: Response, part: &Path, goes_on: bool) -> Result<(), Trouble> {
        let mut options = tokio::fs::OpenOptions::new();
        options.create(true).write(true).append(goes_on).truncate(!goes_on);
        let mut file = options.open(part).await.map_err(io)?;
        let mut size = file.metadata().await.map_or(0, |file| file.len());
        while let Some(chunk) = response.chunk().await.map_err(|error| Trouble::Passing(egress::reason(error)))? {
            size += chunk.len() as u64;
            if size > self.max_bytes {
                drop(file);
                tokio::fs::remove_file(part).await.ok();
                return Err(Trouble::Lasting(format!("it is larger than {} MiB (recordings.max_mb)", self.max_bytes >> 20)));
            }
            file.write_all(&chunk).await.map_err(io)?;
        }
        file.sync_all().await.map_err(io)
    }

    /// Where a file is.
    pub(super) fn path(&self, recording: &Recording) -> PathBuf {
        self.folder.join(file_key(recording))
    }

    pub(super) async fn remove_file(&self, recording: &Recording) {
        for path in [self.path(recording), self.path(recording).with_extension("part")] {
            tokio::time::timeout(Duration::from_secs(5), tokio::fs::remove_file(path)).await.ok();
        }
    }
}

// Made of identifiers only: nothing of what a provider said becomes a path.
fn file_key(recording: &Recording) -> String {
    format!("{}/{}.bin", recording.org_id, recording.id)
}

async fn create_folder(path: &Path) -> Result<(), Trouble> {
    match path.parent() {
        Some(folder) => tokio::fs::create_dir_all(folder).await.map_err(io),
        None => Ok(()),
    }
}

fn io(error: std::io::Error) -> Trouble {
    Trouble::Passing(format!("the file cannot be written: {error}"))
}

async fn digest(path: &Path) -> Result<(i64, String), Trouble> {
    let mut file = tokio::fs::File::open(path).await.map_err(io)?;
    let (mut context, mut size, mut buffer) = (Context::new(&SHA256), 0_i64, vec![0; 64 * 1024]);
    loop {
        let read = file.read(&mut buffer).await.map_err(io)?;
        if read == 0 {
            return Ok((size, crate::providers::inbound::hex(context.finish().as_ref())));
        }
        context.update(&buffer[..read]);
        size += i64::try_from(read).unwrap_or_default();
    }
}
