//! What is in the database: sealed values, what failed for good, the providers.

use std::sync::Arc;

use super::{Findings, erps};
use crate::config::Config;
use crate::db::{Db, DbSettings};
use crate::kernel::clock::{SystemClock, SystemEntropy};
use crate::kernel::{Failure, Sealer, Timestamp};
use crate::operations::{sealings, store};
use crate::providers::calls::caller::Calls;
use crate::providers::probe::{self, Vantage};
use crate::providers::{Resolved, accounts};
use crate::tenancy::organizations;
use crate::{master_key, providers};

pub(super) async fn look(config: &Config, found: &mut Findings) {
    let (db, sealer) = match open(config).await {
        Ok(both) => both,
        Err(error) => return found.fail("database", format!("{error:#}"), "Check database.url and the master key"),
    };
    if let Err(failure) = look_inside(config, &db, &sealer, found).await {
        found.fail("database", format!("cannot be read: {failure}"), "Look at its log");
    }
    db.close().await;
}

pub(super) async fn open(config: &Config) -> anyhow::Result<(Db, Sealer)> {
    providers::jitsi::token::crypto::install();
    let settings = DbSettings { url: config.database.url.clone(), max_connections: 2, sqlite_readers: 1 };
    let db = Db::open(&settings, Arc::new(SystemClock), Arc::new(SystemEntropy)).await?;
    Ok((db, master_key::load(&config.secrets)?))
}

async fn look_inside(config: &Config, db: &Db, sealer: &Sealer, found: &mut Findings) -> Result<(), Failure> {
    let sealed = sealings::look(db, sealer).await?;
    match sealed.unreadable.first() {
        None => found.ok("sealed values", format!("all {} open with this master key", sealed.seen)),
        Some(first) => found.fail(
            "sealed values",
            format!("{} of {} do not open, for example {first}", sealed.unreadable.len(), sealed.seen),
            "Put the master key back that sealed them, before the present one in its file or after it",
        ),
    }
    look_at_failures(db, found).await?;
    look_at_recordings(config, db, found).await?;
    erps::look(db, found).await?;
    look_at_providers(config, db, sealer, found).await
}

async fn look_at_failures(db: &Db, found: &mut Findings) -> Result<(), Failure> {
    let failures = store::failures(&mut db.reader().await?).await?;
    for (name, count, fix) in [
        ("jobs", failures.dead_jobs, "See job.list, mend the cause, then job.requeue"),
        ("deliveries", failures.failed_deliveries, "See webhook.delivery.list, mend the cause, then webhook.delivery.redeliver_failed"),
        ("letters", failures.failed_letters, "See notification.list, mend the cause, then notification.retry"),
    ] {
        match count {
            0 => found.ok(name, "none was given up"),
            count => found.warn(name, format!("{count} were given up"), fix),
        }
    }
    Ok(())
}

async fn look_at_recordings(config: &Config, db: &Db, found: &mut Findings) -> Result<(), Failure> {
    let root = config.recordings.bucket().map_or_else(|| "no bucket".to_owned(), |(bucket, _)| format!("s3://{bucket}/"));
    match store::recordings_elsewhere(&mut db.reader().await?, &root).await? {
        0 => {}
        count => found.fail(
            "recordings",
            format!("{count} are in another bucket than recordings.store_url names, and cannot be downloaded"),
            "Name that bucket again, or bring its files into the new one and change their file_key",
        ),
    }
    Ok(())
}

async fn look_at_providers(config: &Config, db: &Db, sealer: &Sealer, found: &mut Findings) -> Result<(), Failure> {
    let (calls, base) = (calls(config, db), config.server.base());
    let from = Vantage { clock: &**db.clock(), base: &base, jaas: probe::JAAS };
    let known = known_accounts(db, sealer).await?;
    if known.is_empty() {
        report("installation's Jitsi", Resolved::of_installation(&config.jitsi), &calls, from, found).await;
    }
    for (name, account) in known {
        let heard = account.as_ref().ok().filter(|account| !account.settings.webhook_secrets().is_empty()).and_then(|account| account.id);
        report(&name, account, &calls, from, found).await;
        if let Some(id) = heard {
            look_at_messages(&name, store::last_heard(&mut db.reader().await?, id).await?, found);
        }
    }
    Ok(())
}

// Its modules and webhooks are set up at the provider, where we cannot look: what came is the proof.
fn look_at_messages(name: &str, last: Option<Timestamp>, found: &mut Findings) {
    match last {
        Some(at) => found.ok(name, format!("its last message came at {at}")),
        None => found.warn(
            name,
            "no message of it ever came: nothing is known of who came and went, and of recordings",
            "Set up its events (a Jitsi: deploy/jitsi/README.md; others: webhooks in their console) with this account's address and secret",
        ),
    }
}

pub(super) fn calls(config: &Config, db: &Db) -> Arc<Calls> {
    Arc::new(Calls::new(&config.providers, db.clock().clone(), db.entropy().clone()))
}

// The connection goes back before the network is asked.
pub(super) async fn known_accounts(db: &Db, sealer: &Sealer) -> Result<Vec<(String, Result<Resolved, Failure>)>, Failure> {
    let (mut reader, mut known) = (db.reader().await?, Vec::new());
    for organization in organizations::list(&mut reader).await? {
        for account in store::accounts(&mut reader, organization.id).await? {
            let name = format!("provider {} of {}", account.name, organization.slug);
            known.push((name, accounts::account(&mut reader, sealer, organization.id, account.id).await));
        }
    }
    Ok(known)
}

pub(super) async fn report(name: &str, account: Result<Resolved, Failure>, calls: &Arc<Calls>, from: Vantage<'_>, found: &mut Findings) {
    let probed = match account {
        Ok(account) => probe::probe(&account, calls, from).await,
        Err(failure) => Err(failure),
    };
    match probed {
        Ok(report) => found.probed(name, report),
        Err(failure) => found.fail(name, failure.to_string(), "Correct the account (provider.update)"),
    }
}
