//! Where the files of recordings are kept: in a folder, or in a bucket of an S3-compatible store.
//!
//! A file is put together in the folder either way, so that a fetch goes on where an earlier attempt stopped. What is whole stays there, or goes
//! into the bucket. `recording.file_key` says which: `<organization>/<recording>.bin` in the folder, `s3://<bucket>/...` in a bucket. So what was
//! kept before a change of `recordings.store_url` is found where it is.
//!
//! | file | holds |
//! |---|---|
//! | [`folder`] | files on a disk |
//! | [`bucket`] | files in a bucket |
//! | `upload` | the way into a bucket, part by part |
//! | `transport` | our HTTP client, under the library that speaks S3 |

mod bucket;
mod folder;
#[cfg(test)]
mod tests;
mod transport;
mod upload;

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use axum::body::Body;
use tokio::time::Instant;

use super::model::Recording;
use crate::config;
use crate::kernel::{OrgId, RecordingId};
use bucket::Bucket;
use folder::Folder;

/// Both places.
pub(super) struct Files {
    folder: Folder,
    bucket: Option<Bucket>,
}

/// A file, or the end of one, on its way out.
pub(super) struct Opened {
    /// Octets of the whole.
    pub size: u64,
    /// The octet at which it begins, where that was asked for.
    pub from: Option<u64>,
    pub body: Body,
}

impl Files {
    /// The places that `config` names.
    pub fn new(config: &config::Recordings) -> anyhow::Result<Self> {
        Ok(Self { folder: Folder(PathBuf::from(&config.folder)), bucket: Bucket::new(config)? })
    }

    /// Where a file is put together.
    pub fn part(&self, recording: &Recording) -> PathBuf {
        self.folder.path(&name(recording.org_id, recording.id)).with_extension("part")
    }

    /// Where a file is once it is whole, until it is kept somewhere else.
    pub fn whole(&self, recording: &Recording) -> PathBuf {
        self.folder.path(&name(recording.org_id, recording.id))
    }

    /// Keeps a file that is whole, and answers its `file_key`; nothing when there was no time left, and the next attempt has to go on.
    pub async fn keep(&self, recording: &Recording, until: Instant) -> anyhow::Result<Option<String>> {
        match &self.bucket {
            None => Ok(Some(name(recording.org_id, recording.id))),
            Some(bucket) => bucket.take(&name(recording.org_id, recording.id), &self.whole(recording), until).await,
        }
    }

    /// Removes what was needed only until the file was kept.
    pub async fn tidy(&self, recording: &Recording) -> std::io::Result<()> {
        match recording.file_key.as_deref() {
            Some(key) if bucket::is_one(key) => self.folder.remove(&name(recording.org_id, recording.id)).await,
            _ => Ok(()),
        }
    }

    /// A file that is kept; `from` chooses, by its size, at which octet to begin.
    pub async fn open(&self, recording: &Recording, from: impl Fn(u64) -> Option<u64>) -> anyhow::Result<Opened> {
        let key = recording.file_key.clone().unwrap_or_else(|| name(recording.org_id, recording.id));
        if bucket::is_one(&key) {
            let size = recording.size_bytes.and_then(|size| u64::try_from(size).ok()).context("its size is not known")?;
            let from = from(size);
            let body = self.bucket(&key)?.open(&key, from.unwrap_or(0)).await?;
            return Ok(Opened { size, from, body });
        }
        self.folder.open(&key, from).await
    }

    /// Removes the file of a recording wherever it is, whole or not; `key` is its `file_key`.
    pub async fn remove(&self, org: OrgId, id: RecordingId, key: Option<&str>) -> anyhow::Result<()> {
        let name = name(org, id);
        if let Some(bucket) = &self.bucket {
            bucket.give_up(&name, &self.folder.path(&name)).await?;
        }
        self.folder.remove(&name).await?;
        match key.filter(|key| bucket::is_one(key)) {
            Some(key) => self.bucket(key)?.remove(key).await,
            None => Ok(()),
        }
    }

    fn bucket(&self, key: &str) -> anyhow::Result<&Bucket> {
        match &self.bucket {
            Some(bucket) if bucket.has(key) => Ok(bucket),
            _ => bail!("it is in another bucket than recordings.store_url names"),
        }
    }
}

/// Whether the bucket that `config` names, if it names one, takes a file, gives it back and removes it: its address, or what is wrong.
pub async fn try_bucket(config: &config::Recordings) -> Option<Result<String, String>> {
    let bucket = match Bucket::new(config).transpose()? {
        Ok(bucket) => bucket,
        Err(error) => return Some(Err(format!("{error:#}"))),
    };
    Some(bucket.try_out().await.map(|()| config.store_url.clone()).map_err(|error| crate::egress::shorten(&format!("{error:#}"))))
}

// Made of identifiers only: nothing of what a provider said becomes a path.
fn name(org: OrgId, id: RecordingId) -> String {
    format!("{org}/{id}.bin")
}
