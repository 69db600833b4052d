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
