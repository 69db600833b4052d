//! One time for all processes of a PostgreSQL: the server's.

use super::{Db, Pools};
use crate::args;
use crate::kernel::Failure;

/// An answer that took longer says too little about when it was given, for instance because this process was asleep.
const PROMPT_MS: i64 = 500;
/// So near, clocks agree: time that steps back and forth with every answer would be worse.
const NEAR_MS: i64 = 20;

impl Db {
    /// Sets the clock by that of PostgreSQL, as far as it lets itself be set. On SQLite there is one process, and its clock is right.
    pub async fn agree_on_time(&self) -> Result<(), Failure> {
        let Pools::Postgres(_) = &self.pools else { return Ok(()) };
        let (mut reader, clock) = (self.reader().await?, self.clock());
        let before = clock.now();
        let sql = "select cast(extract(epoch from clock_timestamp()) * 1000 as bigint)";
        let (theirs_ms,): (i64,) = reader.fetch_one(sql, args![]).await?;
        let took_ms = clock.now().since_ms(before);
        let behind_ms = theirs_ms - before.ms() - took_ms / 2;
        if (0..=PROMPT_MS).contains(&took_ms) && behind_ms.abs() > NEAR_MS {
            clock.shift(behind_ms);
        }
        Ok(())
    }
}
