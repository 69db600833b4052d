//! Numbers of many rows as one value: ten thousand rows take longer to hand over than to find.

use sqlx::error::BoxDynError;
use sqlx::postgres::{PgTypeInfo, PgValueRef};
use sqlx::sqlite::{SqliteTypeInfo, SqliteValueRef};
use sqlx::{Decode, Postgres, Sqlite, Type};

use super::sql::Sql;
use super::tx::Engine;

/// What [`Sql::numbers`] answers; null where there is no row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Numbers(pub Vec<i64>);

impl Sql {
    /// Appends the aggregate of an expression that is a whole number in every row.
    pub fn numbers(&mut self, engine: Engine, expression: &'static str) -> &mut Self {
        match engine {
            Engine::Sqlite => self.push("group_concat(").push(expression).push(", ' ')"),
            Engine::Postgres => self.push("array_agg(").push(expression).push(")"),
        }
    }
}

impl Type<Sqlite> for Numbers {
    fn type_info() -> SqliteTypeInfo {
        <str as Type<Sqlite>>::type_info()
    }
}

impl<'r> Decode<'r, Sqlite> for Numbers {
    fn decode(value: SqliteValueRef<'r>) -> Result<Self, BoxDynError> {
        let text = <&str as Decode<Sqlite>>::decode(value)?;
        Ok(Self(text.split_ascii_whitespace().map(str::parse).collect::<Result<_, _>>()?))
    }
}

impl Type<Postgres> for Numbers {
    fn type_info() -> PgTypeInfo {
        <Vec<i64> as Type<Postgres>>::type_info()
    }
}

impl<'r> Decode<'r, Postgres> for Numbers {
    fn decode(value: PgValueRef<'r>) -> Result<Self, BoxDynError> {
        <Vec<i64> as Decode<Postgres>>::decode(value).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::testing::engines;

    #[tokio::test]
    async fn numbers_come_as_they_are() {
        for (engine, db) in engines().await {
            let mut tx = db.reader().await.unwrap();
            for (rows, expected) in [(3, Some(vec![-1, 0, i64::MAX])), (0, None)] {
                let mut sql = Sql::new("select ");
                sql.numbers(tx.engine(), "n").push(" from (select -1 as n, 1 as o union all select 0, 2 union all select ");
                sql.bind(i64::MAX).push(", 3 order by 2) t where o <= ").bind(rows);
                let (numbers,): (Option<Numbers>,) = sql.fetch_one(&mut tx).await.unwrap();
                assert_eq!(numbers.map(|Numbers(numbers)| numbers), expected, "{engine}");
            }
        }
    }
}
