//! What is in the database: sealed values, what failed for good, the ERPs that are told, the providers.

use std::sync::Arc;
use std::time::Duration;

use super::Findings;
use crate::config::Config;
use crate::db::{Db, DbSettings};
use crate::kernel::clock::{SystemClock, SystemEntropy};
use crate::kernel::{Failure, Sealer};
use crate::operations::{sealings, store};
use crate::providers::calls::caller::Calls;
use crate::providers::{Resolved, accounts, probe};
use crate::tenancy::organizations;
use crate::{master_key, providers};

/// How long an ERP may take to answer.
const ERP_WITHIN: Duration = Duration::from_secs(5);

pub(super) async fn look(config: &Config, found: &mut Findings) {
    providers::jitsi::token::crypto::install();
    let settings = DbSettings { url: config.database.url.clone(), max_connections: 2, sqlite_readers: 1 };
    let opened = Db::open(&settings, Arc::new(SystemClock), Arc::new(SystemEntropy)).await;
    let (db, sealer) = match opened.and_then(|db| Ok((db, master_key::load(&config.secrets, &SystemEntropy)?))) {
        Ok(both) => both,
        Err(error) => return found.fail("database", format!("{error:#}"), "Check database.url and the master key"),
    };
    if let Err(failure) = look_inside(config, &db, &sealer, found).await {
        found.fail("database", format!("cannot be read: {failure}"), "Look at its log");
    }
    db.close().await;
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
    look_at_erps(db, found).await?;
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

async fn look_at_erps(db: &Db, found: &mut Findings) -> Result<(), Failure> {
    let erps = store::erps(&mut db.reader().await?).await?;
    if erps.is_empty() {
        found.ok("erp", "none is told of events (webhook.endpoint.create)");
    }
    let client = reqwest::Client::builder().timeout(ERP_WITHIN).redirect(reqwest::redirect::Policy::none());
    let client = client.build().map_err(Failure::internal)?;
    for erp in erps {
        look_at_erp(&client, &erp, found).await;
    }
    Ok(())
}

// Any answer is one: what is there is not ours to judge.
async fn look_at_erp(client: &reqwest::Client, erp: &store::Erp, found: &mut Findings) {
    let origin = url::Url::parse(&erp.url).map(|url| url.origin().ascii_serialization()).unwrap_or_default();
    let name = format!("erp of {}", erp.organization);
    match client.head(&origin).send().await {
        Err(error) => {
            let why = if error.is_timeout() { "does not answer in time" } else { "cannot be reached" };
            found.fail(&name, format!("{origin} {why}"), "Check the endpoint's address, the ERP, and the network between");
        }
        Ok(_) if erp.failing => {
            found.warn(
                &name,
                format!("{origin} answers, but refuses events"),
                "See webhook.delivery.list for what it says, and the ERP's log",
            );
        }
        Ok(_) => found.ok(&name, format!("{origin} answers")),
    }
}

async fn look_at_providers(config: &Config, db: &Db, sealer: &Sealer, found: &mut Findings) -> Result<(), Failure> {
    let calls = Arc::new(Calls::new(&config.providers, db.clock().clone(), db.entropy().clone()).map_err(Failure::internal)?);
    let known = known_accounts(db, sealer).await?;
    if known.is_empty() {
        report("installation's Jitsi", Resolved::of_installation(&config.jitsi), &calls, db, found).await;
    }
    for (name, account) in known {
        report(&name, account, &calls, db, found).await;
    }
    Ok(())
}

// The connection goes back before the network is asked.
async fn known_accounts(db: &Db, sealer: &Sealer) -> Result<Vec<(String, Result<Resolved, Failure>)>, Failure> {
    let (mut reader, mut known) = (db.reader().await?, Vec::new());
    for organization in organizations::list(&mut reader).await? {
        for account in store::accounts(&mut reader, organization.id).await? {
            let name = format!("provider {} of {}", account.name, organization.slug);
            known.push((name, accounts::account(&mut reader, sealer, organization.id, account.id).await));
        }
    }
    Ok(known)
}

async fn report(name: &str, account: Result<Resolved, Failure>, calls: &Arc<Calls>, db: &Db, found: &mut Findings) {
    let probed = match account {
        Ok(account) => probe::probe(&account, calls, &**db.clock()).await,
        Err(failure) => Err(failure),
    };
    match probed {
        Ok(report) => found.probed(name, report),
        Err(failure) => found.fail(name, failure.to_string(), "Correct the account (provider.update)"),
    }
}
