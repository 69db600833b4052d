//! `omeet key ...`.

use clap::{Subcommand, ValueEnum};

use super::organizations::named;
use super::{Output, open_present};
use crate::config::Config;
use crate::db::{Db, Tx};
use crate::kernel::{Ctx, KeyId, PageRequest, Role, Timestamp};
use crate::tenancy::keys::{self, ApiKey, CreatedKey, KeyKind, NewKey};
use crate::tenancy::users;

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Kind {
    Service,
    User,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum RoleName {
    User,
    Manager,
    Admin,
}

#[derive(Debug, clap::Args)]
pub(super) struct Create {
    /// Slug, name or identifier of the organization
    #[arg(long)]
    organization: Option<String>,
    /// service: the ERP's, may name an actor; user: one user's
    #[arg(long, value_enum)]
    kind: Kind,
    /// Login of the user, for a user key
    #[arg(long)]
    user: Option<String>,
    /// The highest role it acts with
    #[arg(long, value_enum)]
    role: RoleName,
    /// What it is for
    #[arg(long)]
    name: Option<String>,
    /// What it may use, such as meeting:read or meeting:*, separated by commas; all when absent
    #[arg(long, value_delimiter = ',')]
    scopes: Vec<String>,
    /// Days until it ends by itself; never when absent
    #[arg(long)]
    expires_in_days: Option<u32>,
    #[command(flatten)]
    output: Output,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Create a key; it is shown this once
    Create(Create),
    /// List keys, without their secrets
    List {
        /// Slug, name or identifier of the organization
        #[arg(long)]
        organization: Option<String>,
        #[command(flatten)]
        output: Output,
    },
    /// Revoke a key; running servers obey within a second
    Revoke {
        /// Identifier (key_...)
        id: String,
        /// Slug, name or identifier of the organization
        #[arg(long)]
        organization: Option<String>,
        #[command(flatten)]
        output: Output,
    },
    /// Replace a key; the old one works on for a while
    Rotate {
        /// Identifier (key_...)
        id: String,
        /// Slug, name or identifier of the organization
        #[arg(long)]
        organization: Option<String>,
        /// Minutes that the old key works on
        #[arg(long, default_value_t = 60)]
        overlap_min: u32,
        #[command(flatten)]
        output: Output,
    },
}

pub(super) async fn run(config: &Config, command: Command) -> anyhow::Result<()> {
    let db = open_present(config).await?;
    let done = carry_out(&db, command).await;
    db.close().await;
    done
}

async fn carry_out(db: &Db, command: Command) -> anyhow::Result<()> {
    match command {
        Command::Create(create) => self::create(db, create).await,
        Command::List { organization, output } => list(db, organization.as_deref(), output).await,
        Command::Revoke { id, organization, output } => {
            let (ctx, id) = (context(db, organization.as_deref(), Some(&id)).await?, key_id(&id)?);
            let revoked = db.unit(move |tx| Box::pin(async move { keys::revoke(tx, &ctx, id).await })).await?;
            output.print(&revoked, || format!("Revoked {}.", revoked.id))
        }
        Command::Rotate { id, organization, overlap_min, output } => {
            let (ctx, id) = (context(db, organization.as_deref(), Some(&id)).await?, key_id(&id)?);
            let created = db.unit(move |tx| Box::pin(async move { keys::rotate(tx, &ctx, id, Some(overlap_min)).await })).await?;
            output.print(&created, || shown_once(&created))
        }
    }
}

async fn create(db: &Db, create: Create) -> anyhow::Result<()> {
    let ctx = context(db, create.organization.as_deref(), None).await?;
    let new = NewKey {
        kind: match create.kind {
            Kind::Service => KeyKind::Service,
            Kind::User => KeyKind::User,
        },
        user: create.user,
        name: create.name,
        role: match create.role {
            RoleName::User => Role::User,
            RoleName::Manager => Role::Manager,
            RoleName::Admin => Role::Admin,
        },
        scopes: create.scopes,
        expires_at: create.expires_in_days.map(|days| db.clock().now().plus_min(i64::from(days) * 24 * 60)),
    };
    let login = new.user.clone();
    let unit = async move |tx: &mut Tx| {
        let known = match &new.user {
            Some(login) => users::find_login(tx, ctx.org, login).await?.is_some(),
            None => true,
        };
        Ok((keys::create(tx, &ctx, new).await?, known))
    };
    let (created, known) = db.unit(move |tx| Box::pin(async move { unit(tx).await })).await?;
    create.output.print(&created, || {
        let made = login.filter(|_| !known).map(|login| format!("\nThere was no user {login}: it was created with the key."));
        shown_once(&created) + &made.unwrap_or_default()
    })
}

async fn list(db: &Db, organization: Option<&str>, output: Output) -> anyhow::Result<()> {
    let (ctx, mut all, mut cursor) = (context(db, organization, None).await?, Vec::new(), None);
    loop {
        let page = PageRequest { limit: Some(200), cursor };
        let page = keys::list(&mut db.reader().await?, &ctx, &page).await?;
        all.extend(page.items);
        cursor = page.next;
        if cursor.is_none() {
            let now = db.clock().now();
            let lines = || all.iter().map(|key| line(key, now)).collect::<Vec<_>>().join("\n");
            return output.print(&serde_json::json!({ "items": all }), lines);
        }
    }
}

fn shown_once(created: &CreatedKey) -> String {
    format!("{}\n\nThis key is shown once: omeet keeps only a hash of it.", created.key)
}

fn line(key: &ApiKey, now: Timestamp) -> String {
    let ends = [key.revoked_at, key.expires_at].into_iter().flatten().min();
    let state = match (ends, key.revoked_at) {
        (None, _) => "valid".to_owned(),
        (Some(at), _) if now < at => format!("valid until {at}"),
        (Some(at), Some(revoked)) if at == revoked => format!("revoked {at}"),
        (Some(at), _) => format!("expired {at}"),
    };
    format!(
        "{}  {:<8} {:<8} {:<30} {}",
        key.id,
        format!("{:?}", key.kind).to_lowercase(),
        format!("{:?}", key.role).to_lowercase(),
        state,
        key.name
    )
}

fn key_id(text: &str) -> anyhow::Result<KeyId> {
    text.parse().map_err(|error| anyhow::anyhow!("{text}: {error}"))
}

// A key names its organization, so that nobody has to.
async fn context(db: &Db, organization: Option<&str>, key: Option<&str>) -> anyhow::Result<Ctx> {
    let of_key = match (organization, key) {
        (None, Some(key)) => keys::organization_of(&mut db.reader().await?, key_id(key)?).await?,
        _ => None,
    };
    let org = match of_key {
        Some(org) => org,
        None => named(db, organization).await?.id,
    };
    Ok(Ctx::system(org, "command-line".to_owned()))
}
