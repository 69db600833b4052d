//! SQL of deliveries whose events go.

use std::collections::BTreeSet;

use super::{deliveries, endpoints};
use crate::args;
use crate::db::Tx;
use crate::kernel::{EndpointId, Failure, OrgId};

/// Removes the deliveries of all events up to `last`. What was still to be delivered is so at endpoints that are switched off only: what
/// waits behind it there moves up.
pub async fn release(tx: &mut Tx, org: OrgId, last: i64) -> Result<(), Failure> {
    let sql = "select distinct endpoint_id, subject from webhook_delivery where org_id = $1 and event_seq <= $2 and state = 'pending'";
    let waiting: Vec<(EndpointId, String)> = tx.fetch_all(sql, args![org, last]).await?;
    for endpoint in waiting.iter().map(|(endpoint, _)| *endpoint).collect::<BTreeSet<_>>() {
        endpoints::hold(tx, org, endpoint).await?;
    }
    tx.execute("delete from webhook_delivery where org_id = $1 and event_seq <= $2", args![org, last]).await?;
    for (endpoint, subject) in waiting {
        deliveries::promote(tx, endpoint, &subject).await?;
    }
    Ok(())
}
