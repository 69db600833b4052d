//! PostgreSQL: `pg_dump` and `pg_restore`. The rows of an archive are counted in its data, so that a copy is known to be whole without
//! a database to restore it to.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context as _, ensure};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use url::Url;

use super::archive::feed;
use super::programs::{connecting, program, succeeded};
use super::{Contents, MIGRATIONS, Say, contents, files};

type Tables = BTreeMap<String, i64>;

/// What runs servers is called so (`db/connect.rs`).
const SERVERS: &str = "select count(*) from pg_stat_activity where datname = current_database() and application_name = 'omeet'";

pub(super) async fn make(url: &str, to: &Path, say: Say<'_>) -> anyhow::Result<Contents> {
    let mut dump = program("pg_dump")?;
    let mut conn = connect(url).await?;
    // Counted in the state that is copied.
    sqlx::raw_sql("begin isolation level repeatable read read only").execute(&mut conn).await?;
    let snapshot: String = sqlx::query_scalar("select pg_export_snapshot()").fetch_one(&mut conn).await?;
    let counted = count_tables(&mut conn).await?;
    files::empty(to)?;
    say("copying");
    dump.args(["--format=custom", "--no-owner", "--no-privileges", "--snapshot"]).arg(snapshot).arg("--file").arg(to);
    succeeded("pg_dump", &connecting(&mut dump, url)?.output().await?)?;
    conn.close().await?;
    say("looking into the copy");
    let copy = look(to).await.context("the copy")?;
    ensure!(copy.tables == counted, "the copy does not hold what the database held");
    Ok(copy)
}

pub(super) async fn look(file: &Path) -> anyhow::Result<Contents> {
    let mut reading = program("pg_restore")?;
    reading.args(["--data-only", "--file=-"]).arg(file).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = reading.spawn()?;
    let (tables, schema) = count_copied(BufReader::new(child.stdout.take().context("pg_restore")?)).await?;
    succeeded("pg_restore", &child.wait_with_output().await?)?;
    contents("postgres", schema, tables, Some(file))
}

// In the text of an archive the rows of a table stand one a line between `COPY name (...) FROM stdin;` and `\.`.
async fn count_copied(mut lines: impl AsyncBufRead + Unpin) -> anyhow::Result<(Tables, i64)> {
    let (mut tables, mut schema, mut table, mut line) = (Tables::new(), 0, None::<String>, Vec::new());
    while lines.read_until(b'\n', &mut line).await? > 0 {
        match &table {
            None => table = line.strip_prefix(b"COPY public.").map(name_of),
            Some(_) if line.starts_with(b"\\.") => table = None,
            Some(name) if name == MIGRATIONS => {
                schema = schema.max(first_column(&line));
                *tables.entry(name.clone()).or_default() += 1;
            }
            Some(name) => *tables.entry(name.clone()).or_default() += 1,
        }
        if let Some(name) = &table {
            tables.entry(name.clone()).or_default();
        }
        line.clear();
    }
    Ok((tables, schema))
}

fn name_of(rest: &[u8]) -> String {
    let name = rest.split(|octet| *octet == b' ').next().unwrap_or_default();
    String::from_utf8_lossy(name).trim_matches('"').to_owned()
}

fn first_column(line: &[u8]) -> i64 {
    let column = line.split(|octet| *octet == b'\t').next().unwrap_or_default();
    String::from_utf8_lossy(column).parse().unwrap_or(0)
}

pub(super) async fn restore(file: &Path, url: &str, force: bool, say: Say<'_>) -> anyhow::Result<()> {
    let mut conn = connect(url).await?;
    let running: i64 = sqlx::query_scalar(SERVERS).fetch_one(&mut conn).await?;
    ensure!(running == 0, "the database is in use by omeet ({running} connections); stop it first");
    let occupied = !count_tables(&mut conn).await?.is_empty();
    ensure!(!occupied || force, "the database has tables already; --force replaces all of schema public");
    conn.close().await?;
    say("restoring");
    replace(file, url).await
}

// One transaction: the old tables go when the new ones are whole, or not at all.
async fn replace(file: &Path, url: &str) -> anyhow::Result<()> {
    let (mut reading, mut writing) = (program("pg_restore")?, program("psql")?);
    reading.args(["--no-owner", "--no-privileges", "--file=-"]).arg(file).stdout(Stdio::piped()).stderr(Stdio::piped());
    writing.args(["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--file=-"]).stdout(Stdio::null());
    writing.stdin(Stdio::piped()).stderr(Stdio::piped());
    let mut reader = reading.spawn()?;
    let mut writer = connecting(&mut writing, url)?.spawn()?;
    let (mut from, mut to) = (BufReader::new(reader.stdout.take().context("pg_restore")?), writer.stdin.take().context("psql")?);
    let read = async {
        let fed = feed(&mut from, &mut to).await;
        drop(from);
        let read = reader.wait_with_output().await?;
        if fed.is_ok() && read.status.success() {
            to.write_all(b"commit;\n").await.ok();
        }
        drop(to);
        anyhow::Ok((fed, read))
    };
    let (read, written) = tokio::join!(read, writer.wait_with_output());
    let (fed, read) = read?;
    succeeded("psql", &written?)?;
    succeeded("pg_restore", &read)?;
    fed
}

pub(super) async fn count(url: &str) -> anyhow::Result<Contents> {
    let mut conn = connect(url).await?;
    let tables = count_tables(&mut conn).await?;
    let schema = match tables.contains_key(MIGRATIONS) {
        true => sqlx::query_scalar("select max(version) from _sqlx_migrations").fetch_one(&mut conn).await?,
        false => 0,
    };
    conn.close().await?;
    contents("postgres", schema, tables, None)
}

async fn count_tables(conn: &mut PgConnection) -> anyhow::Result<Tables> {
    let sql = "select table_name::text from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'";
    let (names, mut counts): (Vec<String>, _) = (sqlx::query_scalar(sql).fetch_all(&mut *conn).await?, Tables::new());
    for name in names {
        let sql = format!("select count(*) from public.\"{}\"", name.replace('"', "\"\""));
        counts.insert(name, sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&mut *conn).await?);
    }
    Ok(counts)
}

pub(super) async fn create_scratch(url: &str) -> anyhow::Result<String> {
    let mut conn = connect(url).await?;
    let random: i64 = sqlx::query_scalar("select (random() * 1e15)::bigint").fetch_one(&mut conn).await?;
    let name = format!("omeet_drill_{random}");
    let created = sqlx::raw_sql(AssertSqlSafe(format!("create database {name} template template0"))).execute(&mut conn).await;
    created.context("a drill restores to a database of its own, which this role may not create (alter role ... createdb)")?;
    conn.close().await?;
    let mut scratch = Url::parse(url).context("database.url")?;
    scratch.set_path(&name);
    Ok(scratch.into())
}

pub(super) async fn drop_scratch(url: &str, scratch: &str) -> anyhow::Result<()> {
    let name = Url::parse(scratch)?.path().trim_start_matches('/').to_owned();
    ensure!(name.starts_with("omeet_drill_"), "{name} is no scratch database");
    let mut conn = connect(url).await?;
    sqlx::raw_sql(AssertSqlSafe(format!("drop database {name} with (force)"))).execute(&mut conn).await?;
    conn.close().await?;
    Ok(())
}

async fn connect(url: &str) -> anyhow::Result<PgConnection> {
    PgConnection::connect(url).await.context("database.url: PostgreSQL does not answer")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn rows_are_counted_in_the_text_of_an_archive() {
        let text = b"SET x;\nCOPY public.meeting (id, name) FROM stdin;\n1\tCOPY public.organization (x)\n2\t\\\\.\n\\.\n\nCOPY public.room (id) FROM stdin;\n\\.\n\
            COPY public._sqlx_migrations (version) FROM stdin;\n20260101000000\tx\n20270101000000\tx\n\\.\n";
        let (tables, schema) = count_copied(BufReader::new(&text[..])).await.unwrap();
        assert_eq!(tables, Tables::from([("meeting".to_owned(), 2), ("room".to_owned(), 0), (MIGRATIONS.to_owned(), 2)]));
        assert_eq!(schema, 20_270_101_000_000);
    }
}
