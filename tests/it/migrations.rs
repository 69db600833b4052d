//! Both engines end with the same tables, columns and nullability.

use omeet::db::Engine;
use serde_json::json;

use crate::support::on_every_engine;

type Column = (String, String, bool);

const SQLITE: &str = "select t.name, c.name, c.\"notnull\" = 0 and c.pk = 0 from sqlite_schema t join pragma_table_info(t.name) c
    where t.type = 'table' and t.name not like 'sqlite_%' and t.name <> '_sqlx_migrations' order by 1, 2";
const POSTGRES: &str = "select table_name::text, column_name::text, is_nullable = 'YES' from information_schema.columns
    where table_schema = 'public' and table_name <> '_sqlx_migrations' order by 1, 2";

#[tokio::test]
async fn the_engines_have_the_same_schema() {
    let seen = std::sync::Mutex::new(Vec::<Vec<Column>>::new());
    on_every_engine(async |service| {
        let mut tx = service.app.db.reader().await.unwrap();
        let sql = match tx.engine() {
            Engine::Sqlite => SQLITE,
            Engine::Postgres => POSTGRES,
        };
        let mut columns: Vec<Column> = tx.fetch_all(sql, vec![]).await.unwrap();
        columns.sort();
        assert!(columns.len() > 100, "{}", columns.len());
        seen.lock().unwrap().push(columns);
    })
    .await;
    let seen = seen.into_inner().unwrap();
    assert!(seen.iter().all(|columns| columns == &seen[0]), "{seen:#?}");
}

// SQLite makes a table for every list of more than two values that a row is checked against; and what is checked is still checked.
#[tokio::test]
async fn rows_that_are_written_often_are_checked_without_lists() {
    on_every_engine(async |service| {
        let client = service.organization("Checked").await;
        client.ok("meeting.create", json!({ "name": "Checked", "participants": [{ "name": "Ana", "email": "ana@example.org" }] })).await;
        let mut tx = service.app.db.reader().await.unwrap();
        if tx.engine() == Engine::Sqlite {
            let often = "select name, sql from sqlite_schema where type = 'table' and name in
                ('meeting', 'participant', 'lobby_entry', 'booking', 'webhook_delivery', 'webhook_receipt', 'presence_mark', 'notification')";
            let tables: Vec<(String, String)> = tx.fetch_all(often, vec![]).await.unwrap();
            assert_eq!(tables.len(), 8);
            let lists = |sql: &str| sql.split(" in (").skip(1).any(|list| list.split(')').next().unwrap().split(',').count() > 2);
            assert_eq!(tables.iter().filter(|(_, sql)| lists(sql)).collect::<Vec<_>>(), Vec::<&(String, String)>::new());
        }
        for wrong in ["update meeting set state = 'paused'", "update meeting set access = 'all'", "update participant set role = 'king'"] {
            let unit = service.app.db.unit(move |tx| Box::pin(async move { tx.execute(wrong, vec![]).await })).await;
            assert!(unit.is_err(), "{wrong}");
        }
    })
    .await;
}

// S17: what is not in the list would be lost with the old master key.
#[test]
fn every_sealed_column_can_be_sealed_anew() {
    const NOT_SEALED: [&str; 5] = ["hash", "fingerprint", "token_hash", "state_hash", "picture"];
    let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations/postgres");
    let (mut in_schema, mut table) = (std::collections::BTreeSet::new(), String::new());
    for file in std::fs::read_dir(dir).unwrap() {
        for line in std::fs::read_to_string(file.unwrap().path()).unwrap().lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            match words.as_slice() {
                ["create" | "alter", "table", name, ..] => table = (*name).to_owned(),
                [column, kind, ..] if kind.starts_with("bytea") && !NOT_SEALED.contains(column) => {
                    in_schema.extend([format!("{table}.{column}")])
                }
                ["add", "column", column, kind, ..] if kind.starts_with("bytea") => in_schema.extend([format!("{table}.{column}")]),
                _ => {}
            }
        }
    }
    let listed = omeet::operations::sealings::COLUMNS.iter().map(|sealed| format!("{}.{}", sealed.table, sealed.column)).collect();
    assert_eq!(in_schema, listed);
}
