//! Both engines end with the same tables, columns and nullability.

use omeet::db::Engine;

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
