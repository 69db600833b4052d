//! Rows whose columns are chosen at run time, read in as few values as the engine allows.
//!
//! SQLite's driver hands over row by row, and copies each value of a row by itself. So there all rows come as two values: a JSON array of
//! arrays, and, because JSON has no bytes, the identifiers of all rows one after the other.

use std::borrow::Cow;
use std::fmt;
use std::slice::ChunksExact;

use serde::de::{DeserializeSeed, Deserializer, Error, SeqAccess, Visitor};
use uuid::Uuid;

use super::cell::{Cell, Cells};
use super::sql::Sql;
use super::tx::{Engine, Tx};
use crate::kernel::{Ctx, Failure};

/// Bytes of an identifier; a row that has none there has as many zeros, which identify nothing.
const ID_BYTES: usize = 16;

/// A column.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Its expression, as [`Sql::expression`] takes it.
    pub sql: &'static str,
    /// What it holds, as far as that is known beforehand.
    pub holds: Holds,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// Identifiers.
    Ids,
    /// Identifiers or anything else; identifiers come as their 32 digits.
    IdsOrText,
    /// No identifiers.
    Plain,
}

/// What a select of chosen columns answered.
#[derive(Debug)]
pub enum Rows {
    /// As SQLite packs them.
    Packed {
        /// An array of arrays; nothing where there are no rows.
        json: Option<String>,
        /// The identifiers.
        ids: Vec<u8>,
        /// What was asked for.
        columns: Vec<Column>,
    },
    /// Read already.
    Read(Table<'static>),
}

/// Rows of equal length.
#[derive(Debug, Clone)]
pub struct Table<'r> {
    width: usize,
    cells: Vec<Cell<'r>>,
}

impl<'r> Table<'r> {
    /// How many rows there are.
    pub fn height(&self) -> usize {
        self.rows().len()
    }

    /// Row by row.
    pub fn rows(&self) -> ChunksExact<'_, Cell<'r>> {
        self.cells.chunks_exact(self.width)
    }
}

impl Rows {
    /// The rows; their texts stay where they are.
    pub fn table(&self) -> Result<Cow<'_, Table<'_>>, Failure> {
        match self {
            Self::Packed { json, ids, columns } => Ok(Cow::Owned(unpacked(json.as_deref().unwrap_or("[]"), ids, columns)?)),
            Self::Read(table) => Ok(Cow::Borrowed(table)),
        }
    }
}

impl Sql {
    /// Begins a select of `columns`, at least one, to be read by [`Sql::fetch_rows`].
    pub fn select_columns(engine: Engine, ctx: &Ctx, columns: &[Column]) -> Self {
        let mut sql = Self::default();
        match engine {
            Engine::Sqlite => sql.select_packed(ctx, columns),
            Engine::Postgres => {
                sql.push("select ");
                sql.listed(columns, ", ", |sql, column| sql.expression(ctx, column.sql));
            }
        }
        sql
    }

    // The aggregates meet the rows in the order of the select within. Bytes that are put together count as text, NUL and all.
    fn select_packed(&mut self, ctx: &Ctx, columns: &[Column]) {
        let (ids, others): (Vec<Column>, Vec<Column>) = columns.iter().partition(|column| column.holds == Holds::Ids);
        self.push("select '[' || group_concat(packed) || ']', cast(group_concat(ids, '') as blob) from (select json_array(");
        self.listed(&others, ", ", |sql, column| match column.holds {
            Holds::IdsOrText => {
                sql.push("case typeof(").expression(ctx, column.sql).push(") when 'blob' then lower(hex(").expression(ctx, column.sql);
                sql.push(")) else ").expression(ctx, column.sql).push(" end")
            }
            Holds::Ids | Holds::Plain => sql.expression(ctx, column.sql),
        });
        self.push(") as packed, ").push(if ids.is_empty() { "''" } else { "" });
        self.listed(&ids, " || ", |sql, column| sql.push("coalesce(").expression(ctx, column.sql).push(", zeroblob(16))"));
        self.push(" as ids");
    }

    fn listed(&mut self, columns: &[Column], between: &'static str, one: impl for<'s> Fn(&'s mut Self, &Column) -> &'s mut Self) {
        for (at, column) in columns.iter().enumerate() {
            self.push(if at == 0 { "" } else { between });
            one(self, column);
        }
    }

    /// The rows of a select of `columns`.
    pub async fn fetch_rows(mut self, tx: &mut Tx, columns: Vec<Column>) -> Result<Rows, Failure> {
        if tx.engine() == Engine::Postgres {
            let cells = self.fetch_all::<Cells>(tx).await?.into_iter().flat_map(|row| row.0).collect();
            return Ok(Rows::Read(Table { width: columns.len(), cells }));
        }
        self.push(")");
        let (json, ids): (Option<String>, Option<Vec<u8>>) = self.fetch_one(tx).await?;
        Ok(Rows::Packed { json, ids: ids.unwrap_or_default(), columns })
    }
}

fn unpacked<'r>(json: &'r str, ids: &[u8], columns: &[Column]) -> serde_json::Result<Table<'r>> {
    let mut unpacking = Unpacking { columns, ids: ids.chunks_exact(ID_BYTES), cells: Vec::with_capacity(64 * columns.len()) };
    AllRows(&mut unpacking).deserialize(&mut serde_json::Deserializer::from_str(json))?;
    Ok(Table { width: columns.len(), cells: unpacking.cells })
}

struct Unpacking<'r, 'c> {
    columns: &'c [Column],
    ids: ChunksExact<'c, u8>,
    cells: Vec<Cell<'r>>,
}

impl Unpacking<'_, '_> {
    fn id(&mut self) -> Option<Cell<'static>> {
        let id = Uuid::from_slice(self.ids.next()?).ok()?;
        Some(if id.is_nil() { Cell::Null } else { Cell::Id(id) })
    }
}

struct AllRows<'u, 'r, 'c>(&'u mut Unpacking<'r, 'c>);
struct OneRow<'u, 'r, 'c>(&'u mut Unpacking<'r, 'c>);

impl<'r> DeserializeSeed<'r> for AllRows<'_, 'r, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'r>>(self, rows: D) -> Result<(), D::Error> {
        rows.deserialize_seq(self)
    }
}

impl<'r> Visitor<'r> for AllRows<'_, 'r, '_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("rows")
    }

    fn visit_seq<A: SeqAccess<'r>>(self, mut seq: A) -> Result<(), A::Error> {
        while seq.next_element_seed(OneRow(self.0))?.is_some() {}
        Ok(())
    }
}

impl<'r> DeserializeSeed<'r> for OneRow<'_, 'r, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'r>>(self, row: D) -> Result<(), D::Error> {
        row.deserialize_seq(self)
    }
}

impl<'r> Visitor<'r> for OneRow<'_, 'r, '_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} values", self.0.columns.len())
    }

    fn visit_seq<A: SeqAccess<'r>>(self, mut seq: A) -> Result<(), A::Error> {
        for (at, column) in self.0.columns.iter().enumerate() {
            let cell = if column.holds == Holds::Ids { self.0.id() } else { seq.next_element()? };
            self.0.cells.push(cell.ok_or_else(|| A::Error::invalid_length(at, &self))?);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_rows_hold_what_their_columns_hold() {
        let column = |holds| Column { sql: "x", holds };
        let columns = [Holds::Ids, Holds::Plain, Holds::Plain, Holds::Ids, Holds::Plain, Holds::Plain, Holds::IdsOrText].map(column);
        let id = Uuid::from_u128(0x0199_a3c5_e1f0_7d2a_8b4c_6d5e_4f30_2112);
        let ids = [id.into_bytes(), [0; ID_BYTES]].concat();
        let json = r#"[[null,7,1.5,"\"x\"","0199a3c5e1f07d2a8b4c6d5e4f302112"]]"#;
        let text = |text: &'static str| Cell::Text(text.into());
        let shown = text("0199a3c5e1f07d2a8b4c6d5e4f302112");
        let expected = [Cell::Id(id), Cell::Null, Cell::Int(7), Cell::Null, Cell::Real(1.5), text("\"x\""), shown];
        let table = unpacked(json, &ids, &columns).unwrap();
        assert_eq!((table.height(), table.rows().next().unwrap()), (1, expected.as_slice()));
        assert!(unpacked(json, &ids[..20], &columns).is_err(), "an identifier that is missing");
        assert!(unpacked("[[\"\"]]", &ids, &columns).is_err(), "a row that is too short");
    }
}
