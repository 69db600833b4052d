//! What to open.

use std::fmt::Write as _;

use super::present::ON_AIR;
use super::{Addresses, new_key};
use crate::app::App;
use crate::booking::links::LinkFilter;
use crate::kernel::Ctx;
use crate::meetings::filter::MeetingFilter;
use crate::tenancy::organizations::Organization;

/// What a person reads who wants to look around; makes a key for it.
pub async fn welcome(app: &App, at: &Addresses, organization: &Organization) -> anyhow::Result<String> {
    let ctx = Ctx::system(organization.id, "demo".to_owned());
    let key = new_key(app, organization, "demo").await?;
    let base = &at.base;
    let mut text =
        format!("\n{} is ready to look around in. Everything here is made up, and only this machine can see it.\n\n", organization.name);
    let mut rows = pages(app, &ctx, at).await?;
    rows.push(("Key (role admin)".to_owned(), key.clone()));
    let widest = rows.iter().map(|(what, _)| what.chars().count()).max().unwrap_or_default();
    for (what, address) in rows {
        writeln!(text, "  {what:<widest$}  {address}")?;
    }
    text.push('\n');
    writeln!(text, "Every meeting of the next weeks, for example:\n")?;
    writeln!(text, "{}\n", call_line(base, &key))?;
    write!(text, "Ctrl+C ends it. For a fresh one delete {} and begin again.", super::house::FILE)?;
    Ok(text)
}

async fn pages(app: &App, ctx: &Ctx, at: &Addresses) -> anyhow::Result<Vec<(String, String)>> {
    let base = &at.base;
    let mut pages = vec![("Start".to_owned(), format!("{base}/")), ("Every method".to_owned(), format!("{base}/docs"))];
    pages.push(("What is going on".to_owned(), format!("{base}/admin (sign in with the key below)")));
    let filter: MeetingFilter = serde_json::from_value(serde_json::json!({ "text": ON_AIR, "state": ["started"], "limit": 1 }))?;
    if let Some(meeting) = app.meetings.list(ctx, &filter).await?.items.into_iter().next() {
        pages.push(("Join a meeting".to_owned(), meeting.join_url));
    }
    for link in app.booking.list_links(ctx, &LinkFilter::default()).await?.items {
        pages.extend(link.url.map(|url| (link.title, url)));
    }
    pages.push(("What providers keep".to_owned(), format!("{}/_stand-in", at.stand_ins)));
    Ok(pages)
}

fn call_line(base: &str, key: &str) -> String {
    let call = r#"{"jsonrpc":"2.0","id":1,"method":"meeting.list","params":{"state":["ready"],"sort":"start"}}"#;
    format!("curl -s {base}/rpc -H 'Authorization: Bearer {key}' -H 'Content-Type: application/json' -d '{call}'")
}
