//! Rows whose columns are chosen at run time, read in as few values as the engine allows.
//!
//! SQLite's driver hands over row by row, and copies each value of a row by itself. So there all rows come as one JSON array of arrays.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, SeqAccess, Visitor};
use uuid::Uuid;

use super::cell::{Cell, Cells};
use super::sql::Sql;
use super::tx::{Engine, Tx};
use crate::kernel::Failure;

/// A column.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Its expression.
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

impl Sql {
    /// Begins a select of `columns`, to be read by [`Sql::fetch_cells`].
    pub fn select_cells(engine: Engine, columns: &[Column]) -> Self {
        let is_packed = engine == Engine::Sqlite;
        // The aggregate meets the rows in the order of the select within.
        let mut sql = Self::new(if is_packed { "select '[' || group_concat(packed) || ']' from (select json_array(" } else { "select " });
        for (at, column) in columns.iter().enumerate() {
            sql.push(if at == 0 { "" } else { ", " });
            match column.holds {
                Holds::Ids if is_packed => sql.push("hex(").push(column.sql).push(")"),
                Holds::IdsOrText if is_packed => {
                    sql.push("case typeof(").push(column.sql).push(") when 'blob' then lower(hex(").push(column.sql);
                    sql.push(")) else ").push(column.sql).push(" end")
                }
                Holds::Ids | Holds::IdsOrText | Holds::Plain => sql.push(column.sql),
            };
        }
        sql.push(if is_packed { ") as packed" } else { "" });
        sql
    }

    /// The rows of a select of `columns`.
    pub async fn fetch_cells(mut self, tx: &mut Tx, columns: &[Column]) -> Result<Vec<Cells>, Failure> {
        if tx.engine() == Engine::Postgres {
            return self.fetch_all(tx).await;
        }
        self.push(")");
        let (packed,): (Option<String>,) = self.fetch_one(tx).await?;
        Ok(packed.map_or(Ok(Vec::new()), |packed| unpacked(&packed, columns))?)
    }
}

fn unpacked(packed: &str, columns: &[Column]) -> serde_json::Result<Vec<Cells>> {
    Rows(columns).deserialize(&mut serde_json::Deserializer::from_str(packed))
}

struct Rows<'c>(&'c [Column]);
struct Row<'c>(&'c [Column]);
struct Identifier;

impl<'de> DeserializeSeed<'de> for Rows<'_> {
    type Value = Vec<Cells>;

    fn deserialize<D: Deserializer<'de>>(self, rows: D) -> Result<Self::Value, D::Error> {
        rows.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Rows<'_> {
    type Value = Vec<Cells>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("rows")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut rows = Vec::new();
        while let Some(row) = seq.next_element_seed(Row(self.0))? {
            rows.push(row);
        }
        Ok(rows)
    }
}

impl<'de> DeserializeSeed<'de> for Row<'_> {
    type Value = Cells;

    fn deserialize<D: Deserializer<'de>>(self, row: D) -> Result<Cells, D::Error> {
        row.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Row<'_> {
    type Value = Cells;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} values", self.0.len())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Cells, A::Error> {
        let mut cells = Vec::with_capacity(self.0.len());
        for (at, column) in self.0.iter().enumerate() {
            let cell = if column.holds == Holds::Ids { seq.next_element_seed(Identifier) } else { seq.next_element() };
            cells.push(cell?.ok_or_else(|| A::Error::invalid_length(at, &self))?);
        }
        Ok(Cells(cells))
    }
}

impl<'de> DeserializeSeed<'de> for Identifier {
    type Value = Cell;

    fn deserialize<D: Deserializer<'de>>(self, digits: D) -> Result<Cell, D::Error> {
        digits.deserialize_str(self)
    }
}

// The digits of nothing are none.
impl Visitor<'_> for Identifier {
    type Value = Cell;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the digits of an identifier")
    }

    fn visit_str<E>(self, digits: &str) -> Result<Cell, E> {
        Ok(Uuid::try_parse(digits).map_or(Cell::Null, Cell::Id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_rows_hold_what_their_columns_hold() {
        let column = |holds| Column { sql: "x", holds };
        let columns = [Holds::Ids, Holds::Ids, Holds::Plain, Holds::Plain, Holds::Plain, Holds::Plain, Holds::IdsOrText].map(column);
        let rows = r#"[["0199A3C5E1F07D2A8B4C6D5E4F302112","",null,7,1.5,"\"x\"","0199a3c5e1f07d2a8b4c6d5e4f302112"]]"#;
        let id = Uuid::from_u128(0x0199_a3c5_e1f0_7d2a_8b4c_6d5e_4f30_2112);
        let shown = "0199a3c5e1f07d2a8b4c6d5e4f302112".to_owned();
        let cells =
            [Cell::Id(id), Cell::Null, Cell::Null, Cell::Int(7), Cell::Real(1.5), Cell::Text("\"x\"".to_owned()), Cell::Text(shown)];
        assert_eq!(unpacked(rows, &columns).unwrap()[0].0, cells);
        assert!(unpacked("[[\"\"]]", &columns).is_err(), "a row that is too short");
    }
}
