//! Organizations.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::args;
use crate::audit;
use crate::db::{Db, Relation, Tx, dialect};
use crate::kernel::failure::{Class, Kind};
use crate::kernel::{Ctx, Failure, OrgId, Role, Timestamp, text};
use crate::rpc::{Example, Registry, Rule, Spec};

/// The slug is taken.
pub static SLUG_TAKEN: Kind = Kind::new(Class::Conflict, "organization.slug_taken", "Another organization has this slug");
/// No such organization.
pub static NOT_FOUND: Kind = Kind::new(Class::NotFound, "organization.not_found", "No such organization");

/// A tenant.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, sqlx::FromRow)]
pub struct Organization {
    /// Identifier.
    pub id: OrgId,
    /// Short name in lower case, unique in the installation.
    pub slug: String,
    /// Name that people read.
    pub name: String,
    /// IANA zone for whoever has none of their own.
    pub tz: String,
    /// Language tag for whoever has none of their own.
    pub lang: String,
    /// When it was created.
    pub created_at: Timestamp,
}

/// The caller's own organization, as `g`.
pub static RELATION: Relation = Relation {
    from: |sql, _, _| {
        sql.push("organization g");
    },
    scope: |sql, ctx| {
        sql.push("g.id = ").bind(ctx.org);
    },
    identity: "g.id",
};

/// Creates an organization; without `slug` one is made from the name.
pub async fn create(db: &Db, name: &str, slug: Option<&str>) -> Result<Organization, Failure> {
    let name = text::line("name", name, 120)?;
    let slug = slug_of("slug", slug.unwrap_or(&name))?;
    db.unit(move |tx| Box::pin(async move { insert(tx, name, slug).await })).await
}

async fn insert(tx: &mut Tx, name: String, slug: String) -> Result<Organization, Failure> {
    let organization = Organization { id: tx.new_id(), slug, name, tz: "UTC".into(), lang: "en".into(), created_at: tx.now() };
    let Organization { id, slug, name, tz, lang, created_at } = &organization;
    let sql = "insert into organization (id, slug, name, tz, lang, event_seq, created_at) values ($1, $2, $3, $4, $5, 0, $6)";
    match tx.try_execute(sql, args![*id, slug, name, tz, lang, *created_at]).await {
        Err(error) if dialect::violates(&error, "organization", &["slug"]) => Err(Failure::from(&SLUG_TAKEN).with("field", "slug")),
        Err(error) => Err(error.into()),
        Ok(_) => {
            let ctx = Ctx::system(*id, String::new());
            audit::record(tx, &ctx, "organization.create", id, audit::changes(&Value::Null, &organization)).await?;
            Ok(organization)
        }
    }
}

fn slug_of(field: &str, from: &str) -> Result<String, Failure> {
    let dashed: String = from.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let slug = dashed.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-");
    if slug.is_empty() || slug.len() > 60 {
        return Err(crate::kernel::failure::invalid(field, "must hold 1 to 60 letters or digits"));
    }
    Ok(slug)
}

/// The organization whose identifier, slug or name is `text`.
pub async fn find_by_any(tx: &mut Tx, text: &str) -> Result<Option<Organization>, Failure> {
    if let Ok(id) = text.parse::<OrgId>() {
        return find(tx, id).await;
    }
    let sql = "select id, slug, name, tz, lang, created_at from organization where slug = $1 or name = $1 order by created_at limit 1";
    tx.fetch_optional(sql, args![text]).await
}

/// One organization.
pub async fn find(tx: &mut Tx, id: OrgId) -> Result<Option<Organization>, Failure> {
    tx.fetch_optional("select id, slug, name, tz, lang, created_at from organization where id = $1", args![id]).await
}

/// All of them, oldest first.
pub async fn list(tx: &mut Tx) -> Result<Vec<Organization>, Failure> {
    tx.fetch_all("select id, slug, name, tz, lang, created_at from organization order by created_at, id", args![]).await
}

/// What `organization.update` may change.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Update {
    /// Name that people read.
    name: Option<String>,
    /// IANA zone.
    tz: Option<String>,
    /// Language tag, for example en, id, fr.
    lang: Option<String>,
}

async fn update(tx: &mut Tx, ctx: &Ctx, update: Update) -> Result<Organization, Failure> {
    let before = find(tx, ctx.org).await?.ok_or(&NOT_FOUND)?;
    let mut after = before.clone();
    if let Some(name) = update.name {
        after.name = text::line("name", &name, 120)?;
    }
    if let Some(tz) = update.tz {
        after.tz = text::time_zone("tz", &tz)?;
    }
    if let Some(lang) = update.lang {
        after.lang = text::line("lang", &lang, 20)?;
    }
    let sql = "update organization set name = $2, tz = $3, lang = $4 where id = $1";
    tx.execute(sql, args![ctx.org, &after.name, &after.tz, &after.lang]).await?;
    audit::record(tx, ctx, "organization.update", ctx.org, audit::changes(&before, &after)).await?;
    Ok(after)
}

/// Parameters of a method that takes none.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

const SHOWN: &str = r#"{"id": "org_0199a3c5e1f07d2a8b4c6d5e4f302112", "slug": "main", "name": "Main", "tz": "Asia/Jakarta", "lang": "id",
    "created_at": "2026-11-21T09:00:00Z"}"#;

static GET: Spec = Spec {
    name: "organization.get",
    summary: "Show the organization of the key",
    description: "A key belongs to one organization; there is no way to see another.",
    rule: Rule::AtLeast(Role::User),
    changes: false,
    errors: &[&NOT_FOUND],
    example: Example { params: "{}", result: SHOWN },
}
.checked();

static UPDATE: Spec = Spec {
    name: "organization.update",
    summary: "Change the organization's name, time zone or language",
    description: "Only the fields that are given change.",
    rule: Rule::AtLeast(Role::Admin),
    changes: true,
    errors: &[&NOT_FOUND],
    example: Example { params: r#"{"tz": "Asia/Jakarta", "lang": "id"}"#, result: SHOWN },
}
.checked();

/// Adds the methods.
pub fn register(registry: &mut Registry, db: &Db) {
    let (reader, writer) = (db.clone(), db.clone());
    registry.add(&GET, move |ctx: Ctx, _: Nothing| {
        let db = reader.clone();
        async move { Ok(find(&mut db.reader().await?, ctx.org).await?.ok_or(&NOT_FOUND)?) }
    });
    registry.add(&UPDATE, move |ctx: Ctx, params: Update| {
        let db = writer.clone();
        async move {
            let caller = ctx.clone();
            db.write(&ctx, move |tx| Box::pin(async move { update(tx, &caller, params).await })).await
        }
    });
}
