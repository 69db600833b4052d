//! SQL of styles and templates.

use super::style::{Style, Template};
use crate::args;
use crate::db::Tx;
use crate::kernel::{Failure, OrgId};

pub(super) async fn find(tx: &mut Tx, org: OrgId) -> Result<Option<Style>, Failure> {
    tx.fetch_optional("select sender_name, reply_to, logo_url, color, footer from mail_style where org_id = $1", args![org]).await
}

pub(super) async fn put(tx: &mut Tx, org: OrgId, style: &Style) -> Result<(), Failure> {
    let sql =
        "insert into mail_style (org_id, sender_name, reply_to, logo_url, color, footer, updated_at) values ($1, $2, $3, $4, $5, $6, $7)
        on conflict (org_id) do update set sender_name = excluded.sender_name, reply_to = excluded.reply_to, logo_url = excluded.logo_url,
            color = excluded.color, footer = excluded.footer, updated_at = excluded.updated_at";
    let (Style { sender_name, reply_to, logo_url, color, footer }, now) = (style.clone(), tx.now());
    tx.execute(sql, args![org, sender_name, reply_to, logo_url, color, footer, now]).await.map(drop)
}

/// All templates of an organization: a handful per language.
pub(super) async fn templates(tx: &mut Tx, org: OrgId) -> Result<Vec<Template>, Failure> {
    tx.fetch_all("select kind, lang, subject, intro from mail_template where org_id = $1 order by kind, lang", args![org]).await
}

pub(super) async fn put_template(tx: &mut Tx, org: OrgId, template: &Template) -> Result<(), Failure> {
    let sql = "insert into mail_template (org_id, kind, lang, subject, intro, updated_at) values ($1, $2, $3, $4, $5, $6)
        on conflict (org_id, kind, lang) do update set subject = excluded.subject, intro = excluded.intro, updated_at = excluded.updated_at";
    let (Template { kind, lang, subject, intro }, now) = (template.clone(), tx.now());
    tx.execute(sql, args![org, kind, lang, subject, intro, now]).await.map(drop)
}

pub(super) async fn delete_template(tx: &mut Tx, org: OrgId, kind: &str, lang: &str) -> Result<bool, Failure> {
    Ok(tx.execute("delete from mail_template where org_id = $1 and kind = $2 and lang = $3", args![org, kind, lang]).await? > 0)
}
