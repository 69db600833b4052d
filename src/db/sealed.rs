//! Columns whose values are sealed, and putting them under another master key.

use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::{Db, Tx, idempotency};
use crate::args;
use crate::kernel::{Failure, Sealer};

/// Rows in one unit of work: few, so that a running service waits for none of them long.
const ROWS: usize = 50;

/// A column whose values are sealed, each for its own row.
#[derive(Clone, Copy)]
pub struct SealedColumn {
    /// Its table, which has an `id`.
    pub table: &'static str,
    /// The column.
    pub column: &'static str,
    /// The place that the value of a row is bound to.
    pub place: fn(Uuid) -> String,
}

/// What was found in sealed columns.
#[derive(Debug, Default, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Sealings {
    /// Sealed values that were looked at.
    pub seen: u64,
    /// Those that were sealed anew.
    pub resealed: u64,
    /// The places of those that no key opens.
    pub unreadable: Vec<String>,
}

impl Sealings {
    /// Both together.
    pub fn add(&mut self, other: Self) {
        self.seen += other.seen;
        self.resealed += other.resealed;
        self.unreadable.extend(other.unreadable);
    }

    /// What `sealed` should be instead, if anything.
    pub(super) fn look(&mut self, sealer: &Sealer, place: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        self.seen += 1;
        match sealer.reseal(place, sealed) {
            Ok(better) => better,
            Err(_) => {
                self.unreadable.push(place.to_owned());
                None
            }
        }
    }
}

impl Db {
    /// Puts every value of `columns`, and the answers kept for idempotency keys, under the first key of `sealer`. May be interrupted at any time and
    /// begun again; what a running service writes meanwhile is left as it wrote it.
    pub async fn reseal(&self, columns: &[SealedColumn], sealer: &Sealer) -> Result<Sealings, Failure> {
        let mut sealings = Sealings::default();
        for column in columns {
            let mut after = Uuid::nil();
            while let Some(last) = self.reseal_some(*column, sealer, after, &mut sealings).await? {
                after = last;
            }
        }
        sealings.add(idempotency::reseal(self, sealer).await?);
        Ok(sealings)
    }

    /// A column among these that holds a sealed value.
    pub async fn sealed_somewhere(&self, columns: &[SealedColumn]) -> Result<Option<SealedColumn>, Failure> {
        let mut reader = self.reader().await?;
        for of in columns {
            let sql = format!("select 1 from {} where {} is not null limit 1", of.table, of.column);
            if reader.fetch_optional::<(i32,)>(AssertSqlSafe(sql), args![]).await?.is_some() {
                return Ok(Some(*of));
            }
        }
        Ok(None)
    }

    /// Whether every sealed value opens; changes nothing.
    pub async fn look_at_sealed(&self, columns: &[SealedColumn], sealer: &Sealer) -> Result<Sealings, Failure> {
        let (mut sealings, mut reader) = (Sealings::default(), self.reader().await?);
        for column in columns {
            let mut after = Uuid::nil();
            while let Some(rows) = some(&mut reader, *column, after).await? {
                after = rows.last().map_or(after, |(id, _)| *id);
                rows.iter().for_each(|(id, sealed)| drop(sealings.look(sealer, &(column.place)(*id), sealed)));
            }
        }
        Ok(sealings)
    }

    // The last row that was looked at, while there may be more.
    async fn reseal_some(&self, column: SealedColumn, sealer: &Sealer, after: Uuid, sum: &mut Sealings) -> Result<Option<Uuid>, Failure> {
        let Some(rows) = some(&mut self.reader().await?, column, after).await? else { return Ok(None) };
        let last = rows.last().map(|(id, _)| *id);
        let changes: Vec<_> =
            rows.into_iter().filter_map(|(id, old)| sum.look(sealer, &(column.place)(id), &old).map(|new| (id, old, new))).collect();
        if !changes.is_empty() {
            sum.resealed += self.unit(move |tx| Box::pin(replace(tx, column, changes))).await?;
        }
        Ok(last)
    }
}

async fn some(tx: &mut Tx, column: SealedColumn, after: Uuid) -> Result<Option<Vec<(Uuid, Vec<u8>)>>, Failure> {
    let SealedColumn { table, column, .. } = column;
    let sql = format!("select id, {column} from {table} where {column} is not null and id > $1 order by id limit {ROWS}");
    let rows: Vec<(Uuid, Vec<u8>)> = tx.fetch_all(AssertSqlSafe(sql), vec![super::Arg::Id(Some(after))]).await?;
    Ok((!rows.is_empty()).then_some(rows))
}

async fn replace(tx: &mut Tx, column: SealedColumn, changes: Vec<(Uuid, Vec<u8>, Vec<u8>)>) -> Result<u64, Failure> {
    let (SealedColumn { table, column, .. }, mut changed) = (column, 0);
    for (id, old, new) in changes {
        let sql = format!("update {table} set {column} = $1 where id = $2 and {column} = $3");
        let mut args = args![new];
        args.extend([super::Arg::Id(Some(id)), super::Arg::from(old)]);
        changed += tx.execute(AssertSqlSafe(sql), args).await?;
    }
    Ok(changed)
}
