//! PostgreSQL's own programs.

use std::path::PathBuf;
use std::process::{Output, Stdio};

use anyhow::{Context as _, bail};
use tokio::process::Command;
use url::Url;

/// A program of PostgreSQL's client package: from the path, or from where Debian and Red Hat keep it.
pub(super) fn program(name: &str) -> anyhow::Result<Command> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).chain(folders()).map(|folder| folder.join(name)).find(|file| file.is_file());
    let Some(found) = found else {
        bail!(
            "{name} is not installed; it comes with PostgreSQL's client (apt-get install postgresql-client), as new as the server or newer"
        )
    };
    let mut command = Command::new(found);
    command.kill_on_drop(true).stdin(Stdio::null());
    Ok(command)
}

fn folders() -> Vec<PathBuf> {
    let of =
        |parent: &str| std::fs::read_dir(parent).into_iter().flatten().flatten().map(|entry| entry.path().join("bin")).collect::<Vec<_>>();
    let mut folders = of("/usr/lib/postgresql");
    // The newest first: an older one refuses a newer server.
    folders.sort_by_key(|folder| {
        std::cmp::Reverse(folder.parent().and_then(|version| version.file_name()?.to_str()?.parse::<u32>().ok()).unwrap_or(0))
    });
    folders
}

/// Lets `command` connect to `url`. The password goes by the environment, where other users do not see it.
pub(super) fn connecting<'c>(command: &'c mut Command, url: &str) -> anyhow::Result<&'c mut Command> {
    let mut url = Url::parse(url).context("database.url")?;
    if let Some(password) = url.password() {
        command.env("PGPASSWORD", decoded(password));
    }
    url.set_password(None).ok();
    Ok(command.arg("--dbname").arg(url.as_str()))
}

fn decoded(percent_encoded: &str) -> String {
    let pair = format!("p={}", percent_encoded.replace('+', "%2B").replace('&', "%26"));
    url::form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}

/// What a finished program says is an error when it failed.
pub(super) fn succeeded(name: &str, output: &Output) -> anyhow::Result<()> {
    if output.status.success() {
        return Ok(());
    }
    bail!("{name}: {}", String::from_utf8_lossy(&output.stderr).trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_passed_as_it_is() {
        for (encoded, plain) in [("a%2Fb%40c", "a/b@c"), ("1+1", "1+1"), ("%25", "%"), ("a&b=c", "a&b=c")] {
            assert_eq!(decoded(encoded), plain);
        }
        let mut command = Command::new("true");
        connecting(&mut command, "postgres://omeet:hu%2Fsh@localhost/omeet").unwrap();
        let arguments: Vec<_> = command.as_std().get_args().collect();
        assert_eq!(arguments, ["--dbname", "postgres://omeet@localhost/omeet"]);
    }
}
