//! The one database of a world's processes.

use std::path::Path;
use std::sync::atomic::AtomicI64;
use std::sync::{Arc, LazyLock};

use tempfile::TempDir;

use super::BEGIN_MS;
use super::fates::ReplicaClock;
use crate::db::Db;
use crate::db::standstill::OUTSIDE;
use crate::db::testing::open_with;
use crate::kernel::clock::SeededEntropy;

const NAME: &str = "world.db";

/// The file with its schema, and nothing in it: every world has a copy.
static EMPTY: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let folder = folder();
    let clock = ReplicaClock { simulated_ms: Arc::new(AtomicI64::new(BEGIN_MS)), ahead_ms: 0 };
    OUTSIDE.block_on(async { database(folder.path(), clock, 0).await.close().await });
    std::fs::read(folder.path().join(NAME)).unwrap()
});

/// A new database, without a process.
pub fn folder_with_database() -> TempDir {
    let folder = folder();
    std::fs::write(folder.path().join(NAME), &*EMPTY).unwrap();
    folder
}

// In memory where there is such a place: a world commits some hundred times.
fn folder() -> TempDir {
    TempDir::new_in("/dev/shm").or_else(|_| TempDir::new()).unwrap()
}

/// A process's own view of the database in `folder`.
pub async fn database(folder: &Path, clock: ReplicaClock, seed: u64) -> Db {
    let url = format!("sqlite://{}?mode=rwc", folder.join(NAME).display());
    open_with(&url, Arc::new(clock), Arc::new(SeededEntropy::new(seed))).await
}
