//! SQL of what lately was booked: instants, the newest first.

use crate::args;
use crate::db::{Arg, Tx};
use crate::kernel::{Failure, LinkId, OrgId, Timestamp};

/// By one e-mail address.
pub(super) async fn by_email(tx: &mut Tx, org: OrgId, email: &str, since: Timestamp, most: u32) -> Result<Vec<Timestamp>, Failure> {
    let sql = "select created_at from booking where org_id = $1 and email = $2 and created_at > $3 order by created_at desc limit $4";
    recent(tx, sql, args![org, email, since, most]).await
}

/// From one network.
pub(super) async fn by_address(tx: &mut Tx, org: OrgId, address: &str, since: Timestamp, most: u32) -> Result<Vec<Timestamp>, Failure> {
    let sql = "select created_at from booking where org_id = $1 and address = $2 and created_at > $3 order by created_at desc limit $4";
    recent(tx, sql, args![org, address, since, most]).await
}

/// With one link, by guests: what the ERP books has no address.
pub(super) async fn by_link(tx: &mut Tx, link: LinkId, since: Timestamp, most: u32) -> Result<Vec<Timestamp>, Failure> {
    let sql = "select created_at from booking where link_id = $1 and address <> '' and created_at > $2 order by created_at desc limit $3";
    recent(tx, sql, args![link, since, most]).await
}

async fn recent(tx: &mut Tx, sql: &'static str, args: Vec<Arg>) -> Result<Vec<Timestamp>, Failure> {
    let rows: Vec<(Timestamp,)> = tx.fetch_all(sql, args).await?;
    Ok(rows.into_iter().map(|(at,)| at).collect())
}
