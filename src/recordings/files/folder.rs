//! Files on a disk.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use axum::body::Body;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};

use super::Opened;
use super::upload::BESIDE;

/// How long a disk may take to forget a file: a network's may be gone.
const REMOVED_WITHIN: Duration = Duration::from_secs(5);

/// A folder.
pub(super) struct Folder(pub PathBuf);

impl Folder {
    /// Where the file of this name is.
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// See [`super::Files::open`].
    pub async fn open(&self, name: &str, from: impl Fn(u64) -> Option<u64>) -> anyhow::Result<Opened> {
        let mut file = tokio::fs::File::open(self.path(name)).await?;
        let size = file.metadata().await?.len();
        let from = from(size);
        file.seek(io::SeekFrom::Start(from.unwrap_or(0))).await?;
        let stream = futures_util::stream::try_unfold(file, async |mut file| {
            let mut buffer = vec![0; 64 * 1024];
            let read = file.read(&mut buffer).await?;
            buffer.truncate(read);
            Ok::<_, io::Error>((read > 0).then_some((buffer, file)))
        });
        Ok(Opened { size, from, body: Body::from_stream(stream) })
    }

    /// Removes a file with everything that was put together beside it; what is not there is removed.
    pub async fn remove(&self, name: &str) -> io::Result<()> {
        let whole = self.path(name);
        for path in [whole.with_extension("part"), whole.with_extension(BESIDE), whole] {
            match tokio::time::timeout(REMOVED_WITHIN, tokio::fs::remove_file(path)).await {
                Ok(Err(error)) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                Ok(_) => {}
                Err(_) => return Err(io::ErrorKind::TimedOut.into()),
            }
        }
        Ok(())
    }
}
