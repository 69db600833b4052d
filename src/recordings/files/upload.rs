//! The way into a bucket: small files in one call, larger ones part by part, so that an attempt goes on where the one before stopped. The store
//! checks every part: its SHA-256 is signed with the call.

use std::path::{Path as File, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use object_store::aws::AmazonS3;
use object_store::multipart::{MultipartStore as _, PartId};
use object_store::path::Path;
use object_store::{Error, ObjectStoreExt as _, PutPayload};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};
use tokio::time::{Instant, timeout};

/// Octets of a part, and of what goes in one call.
const PART: u64 = 8 << 20;
/// How many parts S3 takes.
const MOST_PARTS: u64 = 10_000;
/// How long one part may take, so that an attempt ends while its job is still ours.
const PART_WITHIN: Duration = Duration::from_secs(30);
/// The extension of what an upload knows of itself, beside its file.
pub(super) const BESIDE: &str = "upload";

/// How far an upload is.
pub(super) enum Upload {
    Whole,
    /// There was no time left.
    GoesOn,
}

/// What the next attempt has to know.
#[derive(Serialize, Deserialize)]
struct Progress {
    upload_id: String,
    part_octets: u64,
    /// The store's words for the parts that it has.
    parts: Vec<String>,
}

/// Brings a file to `to`; begins no part after `until`.
pub(super) async fn upload(store: &AmazonS3, to: &Path, file: &File, until: Instant) -> anyhow::Result<Upload> {
    let size = tokio::fs::metadata(file).await?.len();
    if size <= PART {
        let whole = tokio::fs::read(file).await?;
        timeout(PART_WITHIN, store.put(to, whole.into())).await.context("it took too long")??;
    } else {
        match upload_parts(store, to, file, size, until).await {
            Ok(true) => {}
            Ok(false) => return Ok(Upload::GoesOn),
            // It was completed, and nobody heard: what is there is looked at.
            Err(error) if is_gone(&error) && store.head(to).await.is_ok_and(|there| there.size == size) => {}
            Err(error) => return Err(error),
        }
    }
    let there = store.head(to).await?.size;
    ensure!(there == size, "the store has {there} octets of {size}");
    Ok(Upload::Whole)
}

// What the store does not know any more (it gives up uploads that lie about) is begun anew by the next attempt.
async fn upload_parts(store: &AmazonS3, to: &Path, file: &File, size: u64, until: Instant) -> anyhow::Result<bool> {
    let beside = file.with_extension(BESIDE);
    let mut progress = match read(&beside).await {
        Some(progress) => progress,
        None => begin(store, to, size, &beside).await?,
    };
    let outcome = put_parts(store, to, file, (size, until), &mut progress, &beside).await;
    if matches!(outcome, Ok(true)) || outcome.as_ref().is_err_and(is_gone) {
        remove(&beside).await?;
    }
    outcome
}

async fn begin(store: &AmazonS3, to: &Path, size: u64, beside: &File) -> anyhow::Result<Progress> {
    let upload_id = store.create_multipart(to).await?;
    let progress = Progress { upload_id, part_octets: part_octets(size), parts: Vec::new() };
    write(beside, &progress).await?;
    Ok(progress)
}

async fn put_parts(
    store: &AmazonS3,
    to: &Path,
    file: &File,
    (size, until): (u64, Instant),
    progress: &mut Progress,
    beside: &File,
) -> anyhow::Result<bool> {
    let mut file = tokio::fs::File::open(file).await?;
    let count = size.div_ceil(progress.part_octets);
    file.seek(std::io::SeekFrom::Start(progress.parts.len() as u64 * progress.part_octets)).await?;
    while (progress.parts.len() as u64) < count {
        if Instant::now() >= until {
            return Ok(false);
        }
        let mut part = Vec::new();
        (&mut file).take(progress.part_octets).read_to_end(&mut part).await?;
        let put = store.put_part(to, &progress.upload_id, progress.parts.len(), PutPayload::from(part));
        progress.parts.push(timeout(PART_WITHIN, put).await.context("it took too long")??.content_id);
        write(beside, progress).await?;
    }
    let parts = progress.parts.iter().map(|content_id| PartId { content_id: content_id.clone() }).collect();
    store.complete_multipart(to, &progress.upload_id, parts).await?;
    Ok(true)
}

fn is_gone(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(Error::NotFound { .. }))
}

/// Of one size but for the last, as some stores ask.
pub(super) fn part_octets(size: u64) -> u64 {
    PART.max(size.div_ceil(MOST_PARTS))
}

/// Tells the store that no more parts come.
pub(super) async fn give_up(store: &AmazonS3, to: &Path, file: &File) -> anyhow::Result<()> {
    let beside = file.with_extension(BESIDE);
    let Some(progress) = read(&beside).await else { return Ok(()) };
    match store.abort_multipart(to, &progress.upload_id).await {
        Ok(()) | Err(Error::NotFound { .. }) => Ok(remove(&beside).await?),
        Err(error) => Err(error.into()),
    }
}

async fn read(beside: &File) -> Option<Progress> {
    serde_json::from_slice(&tokio::fs::read(beside).await.ok()?).ok()
}

// In one step: half of it would be worth nothing.
async fn write(beside: &File, progress: &Progress) -> anyhow::Result<()> {
    let new: PathBuf = beside.with_extension("upload-new");
    tokio::fs::write(&new, serde_json::to_vec(progress)?).await?;
    Ok(tokio::fs::rename(&new, beside).await?)
}

async fn remove(beside: &File) -> std::io::Result<()> {
    match tokio::fs::remove_file(beside).await {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
