//! Accounts whose credentials stand in the environment (S4.4): `ZOOM_ACCOUNT_ID`, `ZOOM_CLIENT_ID`, `ZOOM_CLIENT_SECRET`, and
//! so on, each also as `<NAME>_FILE` that names a file.
//!
//! They belong to the installation's first organization. What changed there since the last start is taken over: that is how
//! such credentials are rotated.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::model::{AccountChanges, NewAccount, ProviderKind};
use super::{service, store};
use crate::db::{Db, Tx};
use crate::kernel::{Ctx, Failure, Sealer};

struct Group {
    kind: ProviderKind,
    name: &'static str,
    /// The setting, its variable, and whether it has to be there.
    variables: &'static [(&'static str, &'static str, bool)],
}

const GROUPS: [Group; 3] = [
    Group {
        kind: ProviderKind::Zoom,
        name: "Zoom",
        variables: &[
            ("account_id", "ZOOM_ACCOUNT_ID", true),
            ("client_id", "ZOOM_CLIENT_ID", true),
            ("client_secret", "ZOOM_CLIENT_SECRET", true),
            ("host_user", "ZOOM_HOST_USER", true),
            ("webhook_secret", "ZOOM_WEBHOOK_SECRET", false),
        ],
    },
    Group {
        kind: ProviderKind::GoogleMeet,
        name: "Google Meet",
        variables: &[
            ("project_id", "GOOGLE_PROJECT_ID", false),
            ("client_email", "GOOGLE_CLIENT_EMAIL", true),
            ("private_key", "GOOGLE_PRIVATE_KEY", true),
            ("host_user", "GOOGLE_HOST_USER", true),
        ],
    },
    Group {
        kind: ProviderKind::Teams,
        name: "Microsoft Teams",
        variables: &[
            ("tenant_id", "TEAMS_TENANT_ID", true),
            ("client_id", "TEAMS_CLIENT_ID", true),
            ("client_secret", "TEAMS_CLIENT_SECRET", true),
            ("host_user", "TEAMS_HOST_USER", true),
            ("webhook_secret", "TEAMS_WEBHOOK_SECRET", false),
        ],
    },
];

/// What became of the credentials of one provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Became {
    Created,
    Updated,
    Unchanged,
    /// An account of another kind has the name.
    NameTaken,
}

/// Makes or changes the accounts that `variables` describe, and says so. One that does not fit is said in the log and left out.
pub async fn adopt(db: &Db, sealer: &Arc<Sealer>, variables: &HashMap<String, String>) -> Result<(), Failure> {
    for group in &GROUPS {
        let Some(settings) = settings(group, variables) else { continue };
        let account = group.name;
        match take(db, sealer, group, settings).await {
            Ok(Became::Created) => tracing::info!(account, "a provider account was made from the environment"),
            Ok(Became::Updated) => tracing::info!(account, "a provider account has new credentials from the environment"),
            Ok(Became::Unchanged) => tracing::info!(account, "a provider account has the credentials of the environment"),
            Ok(Became::NameTaken) => {
                tracing::warn!(account, "the credentials in the environment are not used: an account of another kind has the name")
            }
            Err(failure) => tracing::error!(account, %failure, "the credentials in the environment do not fit"),
        }
    }
    Ok(())
}

async fn take(db: &Db, sealer: &Arc<Sealer>, group: &Group, settings: Map<String, Value>) -> Result<Became, Failure> {
    let (sealer, kind, name) = (sealer.clone(), group.kind, group.name);
    db.unit(move |tx| Box::pin(async move { put(tx, &sealer, kind, name, settings).await })).await
}

// All that have to be there, or none: a part of them is said to be one.
fn settings(group: &Group, variables: &HashMap<String, String>) -> Option<Map<String, Value>> {
    let found: Vec<_> = group.variables.iter().map(|(setting, name, needed)| (*setting, *name, *needed, value(name, variables))).collect();
    if found.iter().all(|(.., value)| value.is_none()) {
        return None;
    }
    if let Some((_, missing, ..)) = found.iter().find(|(_, _, needed, value)| *needed && value.is_none()) {
        tracing::warn!(provider = group.name, missing, "the credentials in the environment are not complete");
        return None;
    }
    Some(found.into_iter().filter_map(|(setting, _, _, value)| Some((setting.to_owned(), Value::from(value?)))).collect())
}

// By itself, or in the file that `<NAME>_FILE` names.
fn value(name: &str, variables: &HashMap<String, String>) -> Option<String> {
    if let Some(value) = variables.get(name).filter(|value| !value.is_empty()) {
        return Some(value.clone());
    }
    let file = variables.get(&format!("{name}_FILE")).filter(|file| !file.is_empty())?;
    let read = std::fs::read_to_string(file)
        .inspect_err(|error| tracing::warn!(variable = format!("{name}_FILE"), file, %error, "cannot be read"));
    read.ok().map(|text| text.trim().to_owned())
}

async fn put(tx: &mut Tx, sealer: &Sealer, kind: ProviderKind, name: &str, settings: Map<String, Value>) -> Result<Became, Failure> {
    let Some(org) = store::first_organization(tx).await? else { return Ok(Became::Unchanged) };
    let ctx = Ctx::system(org, "environment".to_owned());
    match store::find_named(tx, org, name).await? {
        Some(known) if known.kind == kind => {
            let changes = AccountChanges { id: known.id, version: None, name: None, active: None, settings };
            let is_new = service::update_if_changed(tx, &ctx, sealer, known, changes).await?;
            Ok(if is_new { Became::Updated } else { Became::Unchanged })
        }
        Some(_) => Ok(Became::NameTaken),
        None => {
            let new = NewAccount { kind, name: name.to_owned(), is_default: Some(false), settings };
            service::create(tx, &ctx, sealer, new).await.map(|_| Became::Created)
        }
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;
    use crate::db::testing::{engines, organization};
    use crate::providers::accounts::{account, settings::Settings};
    use crate::providers::testing::sealer;

    fn variables(secret: &str) -> HashMap<String, String> {
        let pairs =
            [("ZOOM_ACCOUNT_ID", "a"), ("ZOOM_CLIENT_ID", "i"), ("ZOOM_CLIENT_SECRET", secret), ("ZOOM_HOST_USER", "h@example.org")];
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
    }

    // S4.4: what is said of it is what became of it.
    #[tokio::test]
    async fn what_became_of_credentials_is_known() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "two\n").unwrap();
        let mut by_file = variables("");
        by_file.insert("ZOOM_CLIENT_SECRET_FILE".to_owned(), file.path().display().to_string());
        for (engine, db) in engines().await {
            organization(&db).await;
            for (given, became) in [
                (&variables("one"), Became::Created),
                (&variables("one"), Became::Unchanged),
                (&by_file, Became::Updated),
                (&by_file, Became::Unchanged),
            ] {
                let settings = settings(&GROUPS[0], given).unwrap();
                assert_eq!(take(&db, &sealer(), &GROUPS[0], settings).await.unwrap(), became, "{engine}");
            }
            let other = Group { kind: ProviderKind::Teams, ..GROUPS[0] };
            assert_eq!(take(&db, &sealer(), &other, Map::new()).await.unwrap(), Became::NameTaken, "{engine}");
        }
    }

    // S4.4: made once, and a new secret is taken over at the next start.
    #[tokio::test]
    async fn credentials_of_the_environment_are_taken_over() {
        for (engine, db) in engines().await {
            let org = organization(&db).await;
            for (secret, version) in [("one", 1), ("one", 1), ("two", 2)] {
                adopt(&db, &sealer(), &variables(secret)).await.unwrap();
                let mut tx = db.reader().await.unwrap();
                let known = store::find_named(&mut tx, org, "Zoom").await.unwrap().unwrap();
                assert_eq!(known.version, version, "{engine}, {secret}");
                let Settings::Zoom(zoom) = account(&mut tx, &sealer(), org, known.id).await.unwrap().settings else { panic!() };
                assert_eq!(zoom.client_secret.expose_secret(), secret);
            }
            let part = HashMap::from([("TEAMS_TENANT_ID".to_owned(), "t".to_owned())]);
            adopt(&db, &sealer(), &part).await.unwrap();
            assert!(store::find_named(&mut db.reader().await.unwrap(), org, "Microsoft Teams").await.unwrap().is_none());
        }
    }
}
