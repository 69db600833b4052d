use tempfile::TempDir;

use super::*;
use crate::recordings::files::upload::part_octets;

fn config(folder: &TempDir, store_url: &str) -> config::Recordings {
    let mut config = crate::config::Config::load(None).unwrap().recordings;
    config.folder = folder.path().to_str().unwrap().to_owned();
    (config.store_url, config.s3_key_id, config.s3_secret) = (store_url.to_owned(), "k".to_owned(), "s".to_owned().into());
    config
}

// S3 takes 10,000 parts of 5 MiB at least, all of one size but for the last.
#[test]
fn parts_are_neither_too_small_nor_too_many() {
    for size in [8 << 20, (8 << 20) + 1, 4 << 30, 1 << 40, 5 << 40] {
        let octets = part_octets(size);
        assert!(octets >= 5 << 20 && size.div_ceil(octets) <= 10_000, "{size}: {octets}");
    }
}

// S2.21: a key says where a file is, whatever the configuration says by now.
#[test]
fn a_file_is_looked_for_where_its_key_says() {
    let folder = TempDir::new().unwrap();
    let keys = ["s3://one/a/o/r.bin", "s3://one/o/r.bin", "s3://onemore/o/r.bin", "s3://two/o/r.bin"];
    assert!(keys.iter().all(|key| bucket::is_one(key)) && !bucket::is_one("o/r.bin"));
    let files = Files::new(&config(&folder, "s3://one/a")).unwrap();
    assert_eq!(keys.map(|key| files.bucket(key).is_ok()), [true, true, false, false]);
    let files = Files::new(&config(&folder, "")).unwrap();
    assert!(keys.iter().all(|key| files.bucket(key).is_err()));
}

#[tokio::test]
async fn removing_leaves_nothing_behind_and_may_be_repeated() {
    let home = TempDir::new().unwrap();
    let (folder, name) = (Folder(home.path().to_owned()), "o/r.bin");
    std::fs::create_dir(home.path().join("o")).unwrap();
    for file in ["r.bin", "r.part", "r.upload"] {
        std::fs::write(home.path().join("o").join(file), "x").unwrap();
    }
    for _ in 0..2 {
        folder.remove(name).await.unwrap();
        assert_eq!(std::fs::read_dir(home.path().join("o")).unwrap().count(), 0);
    }
}
