//! The bucket that recordings go to.

use super::Findings;
use crate::config::Config;
use crate::recordings::try_bucket;

pub(super) async fn look(config: &Config, found: &mut Findings) {
    let name = "store of recordings";
    if !config.recordings.fetch {
        return found.ok(name, "recordings stay at their providers (recordings.fetch is off)");
    }
    match try_bucket(&config.recordings).await {
        None => found.ok(name, format!("the folder {}", config.recordings.folder)),
        Some(Ok(url)) => found.ok(name, format!("{url} takes a file, gives it back and removes it")),
        Some(Err(why)) => found.fail(
            name,
            format!("{} {why}", config.recordings.store_url),
            "Check recordings.store_url, s3_endpoint, s3_region, and that the key may put, get and delete objects there",
        ),
    }
}
