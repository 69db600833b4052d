//! Rows whose columns are chosen at run time, read in as few values as the engine allows.
//!
//! SQLite's driver copies each value of a row by itself: a row of ten columns costs ten copies. So there a row is read as one JSON array.

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
    /// Appends `columns`, to be read by [`Sql::fetch_cells`].
    pub fn columns(&mut self, engine: Engine, columns: &[Column]) -> &mut Self {
        let is_packed = engine == Engine::Sqlite;
        if is_packed {
            self.push("json_array(");
        }
        for (at, column) in columns.iter().enumerate() {
            self.push(if at == 0 { "" } else { ", " });
            match column.holds {
                Holds::Ids if is_packed => self.push("lower(hex(").push(column.sql).push("))"),
                Holds::IdsOrText if is_packed => {
                    self.push("case typeof(").push(column.sql).push(") when 'blob' then lower(hex(").push(column.sql);
                    self.push(")) else ").push(column.sql).push(" end")
                }
                Holds::Ids | Holds::IdsOrText | Holds::Plain => self.push(column.sql),
            };
        }
        if is_packed { self.push(")") } else { self }
    }

    /// The rows of a select of `columns`.
    pub async fn fetch_cells(self, tx: &mut Tx, columns: &[Column]) -> Result<Vec<Cells>, Failure> {
        if tx.engine() == Engine::Postgres {
            return self.fetch_all(tx).await;
        }
        let rows: Vec<(String,)> = self.fetch_all(tx).await?;
        rows.iter().map(|(row,)| unpacked(row, columns)).collect()
    }
}

fn unpacked(row: &str, columns: &[Column]) -> Result<Cells, Failure> {
    let mut cells: Vec<Cell> = serde_json::from_str(row)?;
    for (cell, _) in cells.iter_mut().zip(columns).filter(|(_, column)| column.holds == Holds::Ids) {
        if let Cell::Text(digits) = cell {
            *cell = Uuid::try_parse(digits).map_or(Cell::Null, Cell::Id);
        }
    }
    Ok(Cells(cells))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packed_row_holds_what_its_columns_hold() {
        let column = |holds| Column { sql: "x", holds };
        let columns = [Holds::Ids, Holds::Ids, Holds::Plain, Holds::Plain, Holds::Plain, Holds::Plain, Holds::IdsOrText].map(column);
        let row = r#"["0199a3c5e1f07d2a8b4c6d5e4f302112","",null,7,1.5,"\"x\"","0199a3c5e1f07d2a8b4c6d5e4f302112"]"#;
        let id = Uuid::from_u128(0x0199_a3c5_e1f0_7d2a_8b4c_6d5e_4f30_2112);
        let shown = "0199a3c5e1f07d2a8b4c6d5e4f302112".to_owned();
        let cells =
            [Cell::Id(id), Cell::Null, Cell::Null, Cell::Int(7), Cell::Real(1.5), Cell::Text("\"x\"".to_owned()), Cell::Text(shown)];
        assert_eq!(unpacked(row, &columns).unwrap().0, cells);
    }
}
