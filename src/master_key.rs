//! The keys that seal secrets at rest: from the configuration, or from a file that is made at the first start.
//!
//! The first key seals, all of them open, so that `omeet rotate-keys` can change it under a running service.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret as _, SecretString};

use crate::config::Secrets;
use crate::kernel::{Entropy, Sealer, Timestamp};

/// Reads the master keys.
///
/// # Errors
/// When one is no key, or the file cannot be read.
pub fn load(secrets: &Secrets) -> anyhow::Result<Sealer> {
    if !secrets.master_key.expose_secret().is_empty() {
        return Sealer::new(&secrets.master_key);
    }
    let path = PathBuf::from(&secrets.master_key_file);
    let text = std::fs::read_to_string(&path).with_context(|| format!("secrets.master_key_file: {}", path.display()))?;
    Ok(Sealer::new(&text.into())?.rereading(Box::new(move || std::fs::read_to_string(&path).ok().map(SecretString::from))))
}

/// Whether there is no master key yet.
pub fn is_missing(secrets: &Secrets) -> bool {
    secrets.master_key.expose_secret().is_empty() && !Path::new(&secrets.master_key_file).exists()
}

/// Makes one, unless another process was first: then that one counts.
///
/// # Errors
/// When its file cannot be made.
pub fn make(secrets: &Secrets, entropy: &dyn Entropy) -> anyhow::Result<()> {
    let path = Path::new(&secrets.master_key_file);
    create(path, entropy).with_context(|| format!("secrets.master_key_file: {}", path.display()))
}

fn generate(entropy: &dyn Entropy) -> SecretString {
    let mut bytes = [0_u8; 32];
    entropy.fill(&mut bytes);
    STANDARD.encode(bytes).into()
}

fn create(path: &Path, entropy: &dyn Entropy) -> anyhow::Result<()> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(mut file) => writeln!(file, "{}", generate(entropy).expose_secret())?,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(()),
        Err(error) => return Err(error.into()),
    }
    tracing::info!(path = %path.display(), "made a master key: keep a copy of it, apart from the backups");
    Ok(())
}

/// The file of the master keys while they change: one process at a time.
pub struct Rotation {
    path: PathBuf,
    keys: Vec<SecretString>,
    // Held until the rotation ends.
    _lock: File,
}

impl Rotation {
    /// Begins; refuses where another process is at it.
    ///
    /// # Errors
    /// When there is no such file, or it is held.
    pub fn begin(path: &Path) -> anyhow::Result<Self> {
        let lock = File::open(folder(path)).and_then(|folder| folder.try_lock().map_err(Into::into).map(|()| folder));
        let lock = lock.with_context(|| format!("another rotation is under way in {}", folder(path).display()))?;
        let text = std::fs::read_to_string(path).with_context(|| format!("secrets.master_key_file: {}", path.display()))?;
        let keys = text.split_whitespace().map(|key| key.to_owned().into()).collect();
        Ok(Self { path: path.to_owned(), keys, _lock: lock })
    }

    /// How many keys there are: more than one while a rotation is not finished.
    pub fn keys(&self) -> usize {
        self.keys.len()
    }

    /// Puts a new key before the others.
    ///
    /// # Errors
    /// When the file cannot be replaced.
    pub fn add(&mut self, entropy: &dyn Entropy) -> anyhow::Result<()> {
        self.keys.insert(0, generate(entropy));
        self.store()
    }

    /// Keeps the first key only. The others go to a file beside it, for the backups that need them; answers which.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn forget_old(&mut self, now: Timestamp) -> anyhow::Result<PathBuf> {
        ensure!(self.keys.len() > 1, "there is no old key");
        let mut retired = self.path.clone().into_os_string();
        retired.push(format!(".retired-{}", now.secs()));
        let retired = PathBuf::from(retired);
        write(&retired, &self.path, &self.keys[1..])?;
        self.keys.truncate(1);
        self.store()?;
        Ok(retired)
    }

    fn store(&self) -> anyhow::Result<()> {
        let mut beside = self.path.clone().into_os_string();
        beside.push(".new");
        write(Path::new(&beside), &self.path, &self.keys)?;
        std::fs::rename(&beside, &self.path)?;
        File::open(folder(&self.path))?.sync_all()?;
        Ok(())
    }
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

// Whoever may read `like` may read it: the command may run as root, the service does not.
fn write(path: &Path, like: &Path, keys: &[SecretString]) -> anyhow::Result<()> {
    let context = || format!("cannot write {}", path.display());
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path).with_context(context)?;
    let owner = std::fs::metadata(like)?;
    std::os::unix::fs::fchown(&file, Some(owner.uid()), Some(owner.gid())).with_context(context)?;
    for key in keys {
        writeln!(file, "{}", key.expose_secret()).with_context(context)?;
    }
    file.sync_all().with_context(context)
}
