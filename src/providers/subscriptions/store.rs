//! SQL of subscriptions.

use serde_json::{Map, Value};
use sqlx::types::Json;

use super::Subscription;
use crate::args;
use crate::db::{Arg, SealedColumn, Sql, Tx};
use crate::kernel::{Failure, MeetingId, OrgId, ProviderId, ProviderSubscriptionId, Timestamp};
use crate::providers::ProviderKind;
use crate::providers::accounts;
use crate::providers::calls::feed::Near;

const SELECT: &str = "select id, org_id, provider_id, meeting_id, topic, external_id, known, expires_at, renew_at, error, created_at,
    updated_at from provider_subscription where ";

/// All of an account.
pub async fn of_account(tx: &mut Tx, org: OrgId, provider: ProviderId) -> Result<Vec<Subscription>, Failure> {
    let mut sql = Sql::new(SELECT);
    sql.push("org_id = ").bind(org).push(" and provider_id = ").bind(provider).push(" order by id");
    sql.fetch_all(tx).await
}

/// The one that its provider calls `external_id`.
pub(super) async fn find(tx: &mut Tx, org: OrgId, provider: ProviderId, external_id: &str) -> Result<Option<Subscription>, Failure> {
    let mut sql = Sql::new(SELECT);
    sql.push("org_id = ").bind(org).push(" and provider_id = ").bind(provider).push(" and external_id = ").bind(external_id);
    sql.fetch_optional(tx).await
}

/// Writes what is known; a topic of an account has one row.
pub async fn put(tx: &mut Tx, s: &Subscription) -> Result<(), Failure> {
    let sql = "insert into provider_subscription
            (id, org_id, provider_id, meeting_id, topic, external_id, known, expires_at, renew_at, error, created_at, updated_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        on conflict (provider_id, topic) do update set meeting_id = excluded.meeting_id, external_id = excluded.external_id,
            known = excluded.known, expires_at = excluded.expires_at, renew_at = excluded.renew_at, error = excluded.error,
            updated_at = excluded.updated_at";
    let now = tx.now();
    let mut args = args![s.id, s.org_id, s.provider_id];
    args.push(Arg::id(s.meeting_id));
    args.extend(args![&s.topic, s.external_id.clone(), &s.known, s.expires_at, s.renew_at, s.error.clone(), s.created_at, now]);
    tx.execute(sql, args).await.map(drop)
}

/// Forgets one that is ended.
pub async fn remove(tx: &mut Tx, org: OrgId, id: ProviderSubscriptionId) -> Result<(), Failure> {
    tx.execute("delete from provider_subscription where org_id = $1 and id = $2", args![org, id]).await.map(drop)
}

/// Meetings of an account that are there, begin before `until`, and end after `since`.
pub async fn near(tx: &mut Tx, org: OrgId, provider: ProviderId, since: Timestamp, until: Timestamp) -> Result<Vec<Near>, Failure> {
    let sql = "select l.meeting_id, l.external_id from provider_meeting l join meeting m on m.id = l.meeting_id
        where l.org_id = $1 and l.provider_id = $2 and l.external_id is not null and l.state = 'ready'
            and m.state in ('ready', 'started', 'ended') and m.start_at <= $3 and m.end_at >= $4
        order by m.start_at, m.id";
    let rows: Vec<(MeetingId, String)> = tx.fetch_all(sql, args![org, provider, until, since]).await?;
    Ok(rows.into_iter().map(|(meeting, external_id)| Near { meeting, external_id }).collect())
}

/// Active accounts of all organizations that may have to be asked for reports.
pub async fn called(tx: &mut Tx) -> Result<Vec<(OrgId, ProviderId)>, Failure> {
    let mut sql = Sql::new("select org_id, id from provider_account where active and kind in ");
    sql.bind_list([ProviderKind::GoogleMeet.name(), ProviderKind::Teams.name()]).push(" order by id");
    sql.fetch_all(tx).await
}

/// What is left of an account that was deleted.
#[derive(Debug, sqlx::FromRow)]
pub struct Leaving {
    /// Who runs the calls.
    pub kind: ProviderKind,
    /// Its settings.
    pub settings: Json<Map<String, Value>>,
    /// Its secrets, sealed in the place that they had.
    pub secrets: Option<Vec<u8>>,
}

impl Leaving {
    /// That of an account, if it left something to be ended.
    pub async fn find(tx: &mut Tx, org: OrgId, provider: ProviderId) -> Result<Option<Self>, Failure> {
        let sql = "select kind, settings, secrets from provider_leaving where org_id = $1 and id = $2";
        tx.fetch_optional(sql, args![org, provider]).await
    }
}

/// Keeps what it takes to call the provider of an account that has subscriptions; answers whether it has.
pub(super) async fn leave(tx: &mut Tx, org: OrgId, provider: ProviderId) -> Result<bool, Failure> {
    let sql = "insert into provider_leaving (id, org_id, kind, settings, secrets, left_at)
        select p.id, p.org_id, p.kind, p.settings, p.secrets, $3 from provider_account p
        where p.org_id = $1 and p.id = $2 and exists (select 1 from provider_subscription s where s.provider_id = p.id)";
    let now = tx.now();
    Ok(tx.execute(sql, args![org, provider, now]).await? > 0)
}

/// Forgets all of an account that was deleted.
pub async fn forget(tx: &mut Tx, org: OrgId, provider: ProviderId) -> Result<(), Failure> {
    tx.execute("delete from provider_subscription where org_id = $1 and provider_id = $2", args![org, provider]).await?;
    tx.execute("delete from provider_leaving where org_id = $1 and id = $2", args![org, provider]).await.map(drop)
}

/// The secrets of accounts that leave: as they were sealed when the account was there.
pub const SEALED: SealedColumn = SealedColumn { table: "provider_leaving", ..accounts::SEALED };
