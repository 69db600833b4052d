//! Many meetings, made by SQL from one that the service made itself.

use anyhow::{Context as _, Result};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection, Row as _, SqliteConnection};

/// Columns that must differ from copy to copy, as SQL over the number `n` (SQLite, PostgreSQL).
const FRESH: [(&str, &str, &str); 8] = [
    ("id", "randomblob(16)", "gen_random_uuid()"),
    ("room_code", "printf('%010d', n)", "lpad(n::text, 10, '0')"),
    ("room_name", "'room' || n", "'room' || n"),
    ("name", "'Meeting ' || n", "'Meeting ' || n"),
    ("start_at", "start_at + n * 60000", "start_at + n * 60000"),
    ("end_at", "end_at + n * 60000", "end_at + n * 60000"),
    ("created_at", "created_at + n", "created_at + n"),
    ("ticket", "'ticket' || n", "'ticket' || n"),
];

/// Copies the only meeting and its first participant until there are `count`.
pub async fn fill(database: &str, count: u64) -> Result<()> {
    if database.starts_with("sqlite") { fill_sqlite(database, count).await } else { fill_postgres(database, count).await }
}

async fn fill_sqlite(database: &str, count: u64) -> Result<()> {
    let options: sqlx::sqlite::SqliteConnectOptions = database.parse()?;
    let mut connection = options.connect().await?;
    let numbers = format!("with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < {})", count - 1);
    sqlx::raw_sql("pragma cache_size = -400000; pragma synchronous = off").execute(&mut connection).await?;
    let columns = sqlite_columns(&mut connection, "meeting").await?;
    let meetings = format!("{numbers} insert into meeting ({}) select {} from meeting, numbers", columns.join(", "), selected(&columns, 1));
    sqlx::raw_sql(AssertSqlSafe(meetings)).execute(&mut connection).await.context("meetings")?;
    let columns = sqlite_columns(&mut connection, "participant").await?;
    sqlx::raw_sql(AssertSqlSafe(participants(&columns, 1))).execute(&mut connection).await.context("participants")?;
    sqlx::raw_sql("analyze; pragma wal_checkpoint(truncate)").execute(&mut connection).await?;
    Ok(connection.close().await?)
}

async fn fill_postgres(database: &str, count: u64) -> Result<()> {
    let mut connection = PgConnection::connect(database).await?;
    sqlx::raw_sql("set synchronous_commit = off; set maintenance_work_mem = '1GB'").execute(&mut connection).await?;
    let columns = postgres_columns(&mut connection, "meeting").await?;
    let meetings = format!(
        "insert into meeting ({}) select {} from meeting, generate_series(1::bigint, {}) as n",
        columns.join(", "),
        selected(&columns, 2),
        count - 1
    );
    indexed_afterwards(&mut connection, "meeting", meetings).await.context("meetings")?;
    let columns = postgres_columns(&mut connection, "participant").await?;
    indexed_afterwards(&mut connection, "participant", participants(&columns, 2)).await.context("participants")?;
    sqlx::raw_sql("analyze").execute(&mut connection).await?;
    Ok(())
}

// Indexes that are built over all rows take a fraction of the time that entering each row takes.
async fn indexed_afterwards(connection: &mut PgConnection, table: &str, insert: String) -> Result<()> {
    let of_no_constraint = "select indexrelid::regclass::text, pg_get_indexdef(indexrelid) from pg_index
        where indrelid = $1::text::regclass and not exists (select from pg_constraint where conindid = indexrelid)";
    let indexes: Vec<(String, String)> = sqlx::query_as(of_no_constraint).bind(table).fetch_all(&mut *connection).await?;
    for (name, _) in &indexes {
        sqlx::raw_sql(AssertSqlSafe(format!("drop index {name}"))).execute(&mut *connection).await?;
    }
    sqlx::raw_sql(AssertSqlSafe(insert)).execute(&mut *connection).await?;
    for (_, definition) in indexes {
        sqlx::raw_sql(AssertSqlSafe(definition)).execute(&mut *connection).await?;
    }
    Ok(())
}

fn participants(columns: &[String], engine: usize) -> String {
    let chosen = selected(columns, engine).replace("meeting_id", "copy.id");
    let source = "(select * from participant limit 1) as sample, (select id, row_number() over () as n from meeting where id <> (select meeting_id from participant limit 1)) as copy";
    let chosen =
        chosen.split(", ").map(|part| if columns.iter().any(|column| column == part) { format!("sample.{part}") } else { part.to_owned() });
    format!("insert into participant ({}) select {} from {}", columns.join(", "), chosen.collect::<Vec<_>>().join(", "), source)
}

fn selected(columns: &[String], engine: usize) -> String {
    let fresh =
        |column: &String| FRESH.iter().find(|(name, ..)| name == column).map(|row| if engine == 1 { row.1 } else { row.2 }.to_owned());
    columns.iter().map(|column| fresh(column).unwrap_or_else(|| column.clone())).collect::<Vec<_>>().join(", ")
}

async fn sqlite_columns(connection: &mut SqliteConnection, table: &str) -> Result<Vec<String>> {
    let rows = sqlx::query("select name from pragma_table_info($1)").bind(table).fetch_all(connection).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

async fn postgres_columns(connection: &mut PgConnection, table: &str) -> Result<Vec<String>> {
    let rows = sqlx::query("select column_name::text from information_schema.columns where table_name = $1 order by ordinal_position")
        .bind(table)
        .fetch_all(connection)
        .await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// Ids of meetings all over the table, as they are written on the wire.
pub async fn some_ids(database: &str, count: usize) -> Result<Vec<String>> {
    let sqlite = format!("select lower(hex(id)) from meeting order by random() limit {count}");
    let postgres = format!("select replace(id::text, '-', '') from meeting order by random() limit {count}");
    let hex: Vec<String> = if database.starts_with("sqlite") {
        let options: sqlx::sqlite::SqliteConnectOptions = database.parse()?;
        sqlx::query_scalar(AssertSqlSafe(sqlite)).fetch_all(&mut options.connect().await?).await?
    } else {
        sqlx::query_scalar(AssertSqlSafe(postgres)).fetch_all(&mut PgConnection::connect(database).await?).await?
    };
    Ok(hex.into_iter().map(|hex| format!("mtg_{hex}")).collect())
}

/// All rows of all tables, to see how many a create writes.
pub async fn rows(database: &str) -> Result<i64> {
    if database.starts_with("sqlite") {
        let options: sqlx::sqlite::SqliteConnectOptions = database.parse()?;
        let mut connection = options.connect().await?;
        let tables: Vec<String> = sqlx::query_scalar("select name from sqlite_schema where type = 'table' and name not like 'sqlite_%'")
            .fetch_all(&mut connection)
            .await?;
        return Ok(sqlx::query_scalar(AssertSqlSafe(sum_of(&tables))).fetch_one(&mut connection).await?);
    }
    let mut connection = PgConnection::connect(database).await?;
    let tables: Vec<String> =
        sqlx::query_scalar("select tablename::text from pg_tables where schemaname = 'public'").fetch_all(&mut connection).await?;
    Ok(sqlx::query_scalar(AssertSqlSafe(sum_of(&tables))).fetch_one(&mut connection).await?)
}

fn sum_of(tables: &[String]) -> String {
    let counts: Vec<_> = tables.iter().map(|table| format!("(select count(*) from {table})")).collect();
    format!("select {}", counts.join(" + "))
}
