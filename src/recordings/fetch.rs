//! Getting a file before its link dies: bit by bit, from public addresses only, checked for size and type.

use std::path::Path;
use std::time::Duration;

use aws_lc_rs::digest::{Context, SHA256};
use reqwest::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, LOCATION, RANGE};
use reqwest::{Response, StatusCode};
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::Instant;
use url::Url;

use super::model::{Recording, RecordingState};
use super::service::Source;
use super::{Recordings, remove, store};
use crate::db::Tx;
use crate::egress;
use crate::jobs::{Job, JobOutcome, MAX_ATTEMPTS};
use crate::kernel::{Failure, OrgId, RecordingId};
use crate::providers::for_messages;

/// The kind of job that fetches.
pub(super) const FETCH: &str = "recording.fetch";
/// From its beginning, how long an attempt brings parts of a file into a bucket: its job is another's after a minute and a half.
const KEEPS_FOR: Duration = Duration::from_secs(50);
/// Addresses that one may lead on to.
const HOPS: usize = 5;
/// What is never a recording: a page of an error or a login.
const NEVER: [&str; 2] = ["text/html", "application/xhtml"];

#[derive(Deserialize)]
struct Payload {
    recording: RecordingId,
}

/// A file that is kept.
struct Kept {
    key: String,
    size: i64,
    sha256: String,
}

/// Why a file is not there yet.
enum Trouble {
    /// It is on its way: the next attempt goes on.
    Unfinished,
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
            Ok(Some(found)) if found.state == RecordingState::Fetching => found,
            // A process that was killed may have left what was needed only until the file was kept.
            Ok(Some(found)) => return self.tidy(&found).await,
            // An attempt that ran when it was deleted may have left what it had begun.
            Ok(None) => return self.remove_file(org, recording, None).await,
            Err(failure) => return JobOutcome::Retry { after: None, why: failure.to_string() },
        };
        match self.fetch_file(&found).await {
            Ok(kept) => {
                self.stored(found, kept).await.unwrap_or_else(|failure| JobOutcome::Retry { after: None, why: failure.to_string() })
            }
            Err(Trouble::Unfinished) => JobOutcome::Again(Duration::ZERO),
            Err(Trouble::Passing(why)) if job.attempt < MAX_ATTEMPTS => JobOutcome::Retry { after: None, why },
            Err(Trouble::Passing(why) | Trouble::Lasting(why)) => self.failed(found, why).await.into(),
        }
    }

    pub(super) async fn wanted(&self, org: OrgId, id: RecordingId) -> Result<Option<Recording>, Failure> {
        store::find(&mut self.meetings.db().reader().await?, org, id).await
    }

    async fn tidy(&self, recording: &Recording) -> JobOutcome {
        match self.files.tidy(recording).await {
            Ok(()) => JobOutcome::Done,
            Err(error) => JobOutcome::Retry { after: None, why: format!("its copy in the folder cannot be removed: {error}") },
        }
    }

    async fn stored(&self, recording: Recording, kept: Kept) -> Result<JobOutcome, Failure> {
        let there = Recording { file_key: Some(kept.key.clone()), ..recording };
        self.settled(&there, "recording.ready", move |now| {
            (now.state, now.error, now.link) = (RecordingState::Stored, None, None);
            (now.size_bytes, now.sha256, now.file_key) = (Some(kept.size), Some(kept.sha256), Some(kept.key));
        })
        .await?;
        Ok(self.tidy(&there).await)
    }

    async fn failed(&self, recording: Recording, why: String) -> Result<(), Failure> {
        self.settled(&recording, "recording.failed", move |now| (now.state, now.error) = (RecordingState::Failed, Some(why))).await
    }

    // On the row as it is by now: what was decided of it meanwhile stands, and what was deleted stays so.
    async fn settled<F>(&self, fetched: &Recording, event: &'static str, change: F) -> Result<(), Failure>
    where
        F: FnOnce(&mut Recording) + Send + 'static,
    {
        let (recordings, fetched) = (self.clone(), fetched.clone());
        let unit = async move |tx: &mut Tx| {
            let Some(mut now) = store::hold(tx, fetched.org_id, fetched.id).await? else { return remove::soon(tx, &fetched).await };
            change(&mut now);
            store::save(tx, &now).await?;
            if now.state == RecordingState::Failed {
                remove::soon(tx, &now).await?;
            }
            recordings.announce(tx, event, &now).await
        };
        self.meetings.db().unit(move |tx| Box::pin(async move { unit(tx).await })).await
    }

    // Goes on where an earlier attempt stopped.
    async fn fetch_file(&self, recording: &Recording) -> Result<Kept, Trouble> {
        let (until, whole) = (Instant::now() + KEEPS_FOR, self.files.whole(recording));
        if !tokio::fs::try_exists(&whole).await.map_err(io)? {
            self.download(recording, &whole).await?;
        }
        let (size, sha256) = digest(&whole).await?;
        let kept = self.files.keep(recording, until).await;
        match kept.map_err(|error| Trouble::Passing(egress::shorten(&format!("the file cannot be kept: {error:#}"))))? {
            Some(key) => Ok(Kept { key, size, sha256 }),
            None => Err(Trouble::Unfinished),
        }
    }

    async fn download(&self, recording: &Recording, whole: &Path) -> Result<(), Trouble> {
        let source = self.source(recording).map_err(|failure| Trouble::Lasting(failure.message().to_owned()))?;
        let source = source.ok_or_else(|| Trouble::Lasting("there is no link".to_owned()))?;
        let source = self.with_token(recording, source).await?;
        let part = self.files.part(recording);
        create_folder(&part).await?;
        let have = tokio::fs::metadata(&part).await.map_or(0, |file| file.len());
        let response = self.ask(&source, have).await?;
        if have > 0 && !goes_on_at(&response, have) {
            // It may be whole already, or another file by now: begun anew, it is either.
            tokio::fs::remove_file(&part).await.map_err(io)?;
            return Err(Trouble::Passing(format!("it answers {} to who has {have} octets of it", response.status())));
        }
        let goes_on = response.status() == StatusCode::PARTIAL_CONTENT;
        self.check(&response, if goes_on { have } else { 0 })?;
        self.write(response, &part, goes_on).await?;
        tokio::fs::rename(&part, whole).await.map_err(io)
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
        let client = self.client.get().map_err(Trouble::Passing)?;
        for _ in 0..HOPS {
            let mut request = client.get(url.clone());
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
}

// Whoever gives it as a whole, or refuses it, is taken at their word; what is said of a part has to be the part that was asked for.
fn goes_on_at(response: &Response, have: u64) -> bool {
    match response.status() {
        StatusCode::RANGE_NOT_SATISFIABLE => false,
        StatusCode::PARTIAL_CONTENT => {
            let range = response.headers().get(CONTENT_RANGE).and_then(|value| value.to_str().ok());
            let from = range.and_then(|range| range.strip_prefix("bytes ")?.split('-').next()?.trim().parse().ok());
            from.is_none_or(|from: u64| from == have)
        }
        _ => true,
    }
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
