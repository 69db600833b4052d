//! The first start: an organization, a key, and a line to paste.

use std::io::Write as _;

use crate::app::App;
use crate::kernel::{Ctx, Role};
use crate::tenancy::keys::{self, KeyKind, NewKey};
use crate::tenancy::organizations;

/// Creates organization `main` with a service key when there is no organization yet, and says what to do next.
pub async fn first_start(app: &App, base: &str) -> anyhow::Result<()> {
    if !organizations::list(&mut app.db.reader().await?).await?.is_empty() {
        return Ok(());
    }
    let organization = match organizations::create(&app.db, "Main", Some("main")).await {
        // Another process started at the same moment and was first.
        Err(failure) if failure.kind() == &organizations::SLUG_TAKEN => return Ok(()),
        created => created?,
    };
    let ctx = Ctx::system(organization.id, "first-start".to_owned());
    let new = NewKey {
        kind: KeyKind::Service,
        user: None,
        name: Some("first key".to_owned()),
        role: Role::Admin,
        scopes: Vec::new(),
        expires_at: None,
    };
    let created = app.db.unit(move |tx| Box::pin(async move { keys::create(tx, &ctx, new).await })).await?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "omeet is ready at {base}\n")?;
    writeln!(out, "Organization: {} ({})", organization.name, organization.slug)?;
    writeln!(out, "Service key (shown this once): {}\n", created.key)?;
    writeln!(out, "Create a meeting and open its join_url in a browser:\n")?;
    writeln!(out, "{}\n", curl_line(base, &created.key))?;
    out.flush()?;
    Ok(())
}

fn curl_line(base: &str, key: &str) -> String {
    let call = r#"{"jsonrpc":"2.0","id":1,"method":"meeting.instant","params":{"name":"My first meeting"}}"#;
    format!("curl -s {base}/rpc -H 'Authorization: Bearer {key}' -H 'Content-Type: application/json' -d '{call}'")
}
