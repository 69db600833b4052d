//! Files in a bucket of an S3-compatible store.

use std::path::Path as File;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use axum::body::Body;
use futures_util::TryStreamExt as _;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path;
use object_store::{Error, GetOptions, GetRange, ObjectStore as _, ObjectStoreExt as _, RetryConfig};
use secrecy::ExposeSecret as _;
use tokio::time::Instant;

use super::transport::Transport;
use super::upload::{self, Upload};
use crate::{config, egress};

/// How long a call may take as a whole: who downloads decides how long that takes.
const LONGEST: Duration = Duration::from_secs(86_400);
/// How long the store may be silent.
const SILENT: Duration = Duration::from_secs(60);
/// How long a call is tried again by itself; then a job begins anew later.
const AGAIN_FOR: Duration = Duration::from_secs(15);
const SCHEME: &str = "s3://";

/// Whether a `file_key` leads into a bucket.
pub(super) fn is_one(key: &str) -> bool {
    key.starts_with(SCHEME)
}

/// A bucket, and the place in it where files are kept.
pub(super) struct Bucket {
    store: AmazonS3,
    /// `s3://<bucket>/`
    root: String,
    prefix: Path,
}

impl Bucket {
    /// The one that `config` names, if it names one. Nothing is called.
    pub fn new(config: &config::Recordings) -> anyhow::Result<Option<Self>> {
        let Some((bucket, prefix)) = config.bucket() else { return Ok(None) };
        let client = egress::client(true, LONGEST).read_timeout(SILENT).build()?;
        let retry = RetryConfig { max_retries: 2, retry_timeout: AGAIN_FOR, ..RetryConfig::default() };
        let mut builder = AmazonS3Builder::new()
            .with_http_connector(Transport(client))
            .with_retry(retry)
            .with_allow_http(true)
            // One call for one file: not every store knows the other way.
            .with_disable_bulk_delete(true)
            .with_bucket_name(bucket)
            .with_region(&config.s3_region)
            .with_access_key_id(&config.s3_key_id)
            .with_secret_access_key(config.s3_secret.expose_secret());
        if !config.s3_endpoint.is_empty() {
            builder = builder.with_endpoint(&config.s3_endpoint);
        }
        let prefix = Path::parse(prefix).context("recordings.store_url: what follows the bucket must be a path")?;
        Ok(Some(Self { store: builder.build()?, root: format!("{SCHEME}{bucket}/"), prefix }))
    }

    /// Whether a `file_key` leads into this one.
    pub fn has(&self, key: &str) -> bool {
        key.starts_with(&self.root)
    }

    /// Takes a file over; see [`super::Files::keep`].
    pub async fn take(&self, name: &str, file: &File, until: Instant) -> anyhow::Result<Option<String>> {
        let path = self.path_of(name)?;
        match upload::upload(&self.store, &path, file, until).await? {
            Upload::Whole => Ok(Some(format!("{}{path}", self.root))),
            Upload::GoesOn => Ok(None),
        }
    }

    /// Forgets an upload that was interrupted.
    pub async fn give_up(&self, name: &str, file: &File) -> anyhow::Result<()> {
        upload::give_up(&self.store, &self.path_of(name)?, file).await
    }

    /// From the octet `from` on.
    pub async fn open(&self, key: &str, from: u64) -> anyhow::Result<Body> {
        let range = (from > 0).then_some(GetRange::Offset(from));
        let found = self.store.get_opts(&self.path_in(key)?, GetOptions { range, ..GetOptions::default() }).await?;
        Ok(Body::from_stream(found.into_stream().map_err(std::io::Error::other)))
    }

    /// What is not there is removed.
    pub async fn remove(&self, key: &str) -> anyhow::Result<()> {
        match self.store.delete(&self.path_in(key)?).await {
            Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Writes, reads and removes a small file.
    pub async fn try_out(&self) -> anyhow::Result<()> {
        let path = self.path_of("omeet-doctor")?;
        let said: &[u8] = b"written by omeet doctor\n";
        self.store.put(&path, said.to_vec().into()).await.context("cannot be written to")?;
        let read = self.store.get(&path).await.context("cannot be read")?.bytes().await.context("cannot be read")?;
        ensure!(read == said, "answers something else than was written");
        self.store.delete(&path).await.context("lets nothing be deleted")
    }

    fn path_of(&self, name: &str) -> anyhow::Result<Path> {
        Ok(self.prefix.parts().chain(Path::parse(name)?.parts()).collect())
    }

    fn path_in(&self, key: &str) -> anyhow::Result<Path> {
        Ok(Path::parse(key.strip_prefix(&self.root).context("it is in another bucket")?)?)
    }
}
