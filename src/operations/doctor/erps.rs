//! The ERPs that are told of events.

use std::time::Duration;

use futures_util::StreamExt as _;
use reqwest::Client;
use reqwest::redirect::Policy;

use super::Findings;
use crate::db::Db;
use crate::kernel::Failure;
use crate::operations::store::{self, Erp};

/// How long an ERP may take to answer.
const WITHIN: Duration = Duration::from_secs(5);
const AT_ONCE: usize = 16;

pub(super) async fn look(db: &Db, found: &mut Findings) -> Result<(), Failure> {
    let erps = store::erps(&mut db.reader().await?).await?;
    if erps.is_empty() {
        found.ok("erp", "none is told of events (webhook.endpoint.create)");
    }
    let client = Client::builder().timeout(WITHIN).redirect(Policy::none()).build().map_err(Failure::internal)?;
    let asked = erps.into_iter().map(async |erp| {
        let answer = client.head(origin(&erp)).send().await;
        (erp, answer.map(drop))
    });
    let answers: Vec<_> = futures_util::stream::iter(asked).buffered(AT_ONCE).collect().await;
    for (erp, answer) in answers {
        match &erp.disabled_reason {
            Some(why) => say_disabled(&erp, why, found),
            None => judge(&erp, answer, found),
        }
    }
    Ok(())
}

fn name(erp: &Erp) -> String {
    format!("erp of {}", erp.organization)
}

fn origin(erp: &Erp) -> String {
    url::Url::parse(&erp.url).map(|url| url.origin().ascii_serialization()).unwrap_or_default()
}

fn say_disabled(erp: &Erp, why: &str, found: &mut Findings) {
    found.warn(
        &name(erp),
        format!("the endpoint at {} was disabled: {why}", origin(erp)),
        "Where it takes events again, webhook.endpoint.update with active true delivers what waits; otherwise webhook.endpoint.delete",
    );
}

// Any answer is one: what is there is not ours to judge.
fn judge(erp: &Erp, answer: reqwest::Result<()>, found: &mut Findings) {
    let (name, origin) = (name(erp), origin(erp));
    match answer {
        Err(error) => {
            let why = if error.is_timeout() { "does not answer in time" } else { "cannot be reached" };
            found.fail(&name, format!("{origin} {why}"), "Check the endpoint's address, the ERP, and the network between");
        }
        Ok(()) if erp.failing => {
            let fix = "See webhook.delivery.list for what it says, and the ERP's log";
            found.warn(&name, format!("{origin} answers, but refuses events"), fix);
        }
        Ok(()) => found.ok(&name, format!("{origin} answers")),
    }
}
