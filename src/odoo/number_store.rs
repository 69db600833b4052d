//! SQL of the numbers of records.

use uuid::Uuid;

use super::model::Identity;
use super::numbers::Key;
use crate::args;
use crate::db::{Arg, Relation, Sql, Tx};
use crate::kernel::{Failure, OrgId};

/// The numbers of an organization, for conditions on `id` and on what points elsewhere.
pub(super) static RELATION: Relation = Relation {
    from: |sql, _, _| {
        sql.push("odoo_number o");
    },
    scope: |sql, ctx| {
        sql.push("o.org_id = ").bind(ctx.org);
    },
    identity: "o.number",
};

type Row = (i64, Option<Uuid>, Option<String>);

fn pair((number, record, word): Row) -> Option<(i64, Key)> {
    record.map(Key::Record).or(word.map(Key::Word)).map(|key| (number, key))
}

/// Numbers that were given to `keys` already.
pub(super) async fn of_keys(tx: &mut Tx, org: OrgId, model: &str, identity: Identity, keys: &[Key]) -> Result<Vec<(i64, Key)>, Failure> {
    let column = if identity == Identity::Record { " and record in " } else { " and word in " };
    let mut found = Vec::with_capacity(keys.len());
    for chunk in keys.chunks(500) {
        let mut sql = Sql::new("select number, record, word from odoo_number where org_id = ");
        sql.bind(org).push(" and model = ").bind(model).push(column).bind_list(chunk.iter().map(Arg::from));
        found.extend(sql.fetch_all::<Row>(tx).await?.into_iter().filter_map(pair));
    }
    Ok(found)
}

/// The keys behind `numbers`.
pub(super) async fn of_numbers(tx: &mut Tx, org: OrgId, model: &str, numbers: &[i64]) -> Result<Vec<(i64, Key)>, Failure> {
    let mut found = Vec::with_capacity(numbers.len());
    for chunk in numbers.chunks(500) {
        let mut sql = Sql::new("select number, record, word from odoo_number where org_id = ");
        sql.bind(org).push(" and model = ").bind(model).push(" and number in ").bind_list(chunk.iter().copied());
        found.extend(sql.fetch_all::<Row>(tx).await?.into_iter().filter_map(pair));
    }
    Ok(found)
}

/// Gives numbers to those of `keys` that have none; whoever asks at the same time waits.
pub(super) async fn give(tx: &mut Tx, org: OrgId, model: &str, identity: Identity, keys: Vec<Key>) -> Result<(), Failure> {
    let begin = "insert into odoo_counter (org_id, model, last_number) values ($1, $2, 0) on conflict do nothing";
    tx.execute(begin, args![org, model]).await?;
    let hold = "update odoo_counter set last_number = last_number where org_id = $1 and model = $2";
    tx.execute(hold, args![org, model]).await?;
    let (last,): (i64,) = tx.fetch_one("select last_number from odoo_counter where org_id = $1 and model = $2", args![org, model]).await?;
    let given: std::collections::HashSet<Key> = of_keys(tx, org, model, identity, &keys).await?.into_iter().map(|(_, key)| key).collect();
    let mut seen = given;
    let fresh: Vec<(i64, Key)> = keys.into_iter().filter(|key| seen.insert(key.clone())).zip(last + 1..).map(|(key, n)| (n, key)).collect();
    insert(tx, org, model, &fresh).await?;
    let last = fresh.last().map_or(last, |(number, _)| *number);
    let end = "update odoo_counter set last_number = $3 where org_id = $1 and model = $2";
    tx.execute(end, args![org, model, last]).await.map(drop)
}

async fn insert(tx: &mut Tx, org: OrgId, model: &str, fresh: &[(i64, Key)]) -> Result<(), Failure> {
    for chunk in fresh.chunks(500) {
        let mut sql = Sql::new("insert into odoo_number (org_id, model, number, record, word) values ");
        for (at, (number, key)) in chunk.iter().enumerate() {
            if at > 0 {
                sql.push(", ");
            }
            let (record, word) = match key {
                Key::Record(id) => (Arg::Id(Some(*id)), Arg::Text(None)),
                Key::Word(word) => (Arg::Id(None), Arg::Text(Some(word.clone()))),
                Key::Number(_) => continue,
            };
            sql.bind_list([Arg::from(org), Arg::from(model), Arg::from(*number), record, word]);
        }
        sql.execute(tx).await?;
    }
    Ok(())
}
