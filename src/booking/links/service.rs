//! Use-cases of booking links.

use serde_json::{Value, json};
use sqlx::types::Json;

use super::input::{Fields, LinkChange, LinkFilter, MOST_HOSTS, NewLink};
use super::model::{Confirmation, Link, LinkRules, LinkView, Team};
use super::{Held, picture, store};
use crate::booking::{Booking, LINK_CHANGED, LINK_NOT_FOUND, people};
use crate::db::Tx;
use crate::events::{self, NewEvent};
use crate::kernel::failure::{FORBIDDEN, invalid};
use crate::kernel::{Ctx, Failure, LinkId, Page, PageRequest, UserId, code};
use crate::tenancy::{Actor, organizations, users};
use crate::{audit, providers, rooms};

/// What was deleted.
#[derive(Debug, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct DeletedLink {
    /// Identifier.
    pub id: LinkId,
    /// Always true.
    pub deleted: bool,
}

impl Booking {
    /// Adds a link.
    pub async fn create_link(&self, ctx: &Ctx, new: NewLink) -> Result<LinkView, Failure> {
        let (booking, caller) = (self.clone(), ctx.clone());
        let unit = async move |tx: &mut Tx| {
            let fields = Fields::from(new);
            let hosts = named_hosts(tx, &caller, fields.hosts.clone()).await?;
            let hosts = hosts.unwrap_or_else(|| caller.user().into_iter().collect());
            let mut link = blank(tx, &caller, hosts.first().copied()).await?;
            settle(tx, &caller, &mut link, fields, hosts.len()).await?;
            store::insert(tx, &link).await?;
            store::set_hosts(tx, caller.org, link.id, &hosts).await?;
            let held = Held { hosts: store::hosts(tx, caller.org, link.id).await?, link };
            booking.announce_link(tx, &caller, ("booking.link.create", "booking.link.created"), &Value::Null, &held).await
        };
        self.db.write(ctx, move |tx| Box::pin(async move { unit(tx).await })).await
    }

    /// Changes a link. What is booked stays as it is.
    pub async fn update_link(&self, ctx: &Ctx, change: LinkChange) -> Result<LinkView, Failure> {
        let (booking, caller) = (self.clone(), ctx.clone());
        let unit = async move |tx: &mut Tx| {
            let before = managed(tx, &caller, change.id).await?;
            if change.version.is_some_and(|version| version != before.link.version) {
                return Err(Failure::from(&LINK_CHANGED).with("version", before.link.version));
            }
            let fields = Fields::from(change);
            let hosts = named_hosts(tx, &caller, fields.hosts.clone()).await?;
            let mut link = before.link.clone();
            settle(tx, &caller, &mut link, fields, hosts.as_ref().map_or(before.hosts.len(), Vec::len)).await?;
            if let Some(hosts) = &hosts {
                store::set_hosts(tx, caller.org, link.id, hosts).await?;
            }
            booking.save_link(tx, &caller, "booking.link.update", before, link).await
        };
        self.db.write(ctx, move |tx| Box::pin(async move { unit(tx).await })).await
    }

    /// Gives a link another address; the old one then looks like none.
    pub async fn regenerate_token(&self, ctx: &Ctx, id: LinkId) -> Result<LinkView, Failure> {
        let (booking, caller) = (self.clone(), ctx.clone());
        let unit = async move |tx: &mut Tx| {
            let before = managed(tx, &caller, id).await?;
            let link = Link { token: code::token(tx.entropy()), ..before.link.clone() };
            booking.save_link(tx, &caller, "booking.link.regenerate_token", before, link).await
        };
        self.db.write(ctx, move |tx| Box::pin(async move { unit(tx).await })).await
    }

    /// Removes a link; what was booked by it stays.
    pub async fn delete_link(&self, ctx: &Ctx, id: LinkId) -> Result<DeletedLink, Failure> {
        let caller = ctx.clone();
        let unit = async move |tx: &mut Tx| {
            let shown = json!(managed(tx, &caller, id).await?.view("", false));
            if !store::delete(tx, caller.org, id).await? {
                return Err(Failure::from(&LINK_NOT_FOUND));
            }
            audit::record(tx, &caller, "booking.link.delete", id, audit::changes(&shown, &Value::Null)).await?;
            events::append(tx, caller.org, NewEvent::new("booking.link.deleted", id, shown)).await?;
            Ok(DeletedLink { id, deleted: true })
        };
        self.db.write(ctx, move |tx| Box::pin(async move { unit(tx).await })).await
    }

    /// One link.
    pub async fn get_link(&self, ctx: &Ctx, id: LinkId) -> Result<LinkView, Failure> {
        let held = seen(&mut self.db.reader().await?, ctx, id).await?;
        Ok(held.view(&self.base, held.managed_by(ctx)))
    }

    /// A page of the links that the caller keeps or hosts.
    pub async fn list_links(&self, ctx: &Ctx, filter: &LinkFilter) -> Result<Page<LinkView>, Failure> {
        let limit = PageRequest { limit: filter.limit, cursor: None }.limit()?;
        let mut tx = self.db.reader().await?;
        let host = match &filter.host {
            Some(named) => Some(people::named(&mut tx, ctx, "host", named).await?.id),
            None => None,
        };
        let held = store::list(&mut tx, ctx, filter, host, limit).await?;
        let views = held.into_iter().map(|held| held.view(&self.base, held.managed_by(ctx))).collect();
        Page::cut(views, limit, |link: &LinkView| link.id)
    }

    /// The picture of a link with its type.
    pub(in crate::booking) fn picture(held: &Held) -> Option<(Vec<u8>, &'static str)> {
        let bytes = held.link.picture.clone()?;
        picture::mime(&bytes).map(|mime| (bytes.clone(), mime))
    }

    async fn save_link(&self, tx: &mut Tx, ctx: &Ctx, action: &'static str, before: Held, mut link: Link) -> Result<LinkView, Failure> {
        let hosts = store::hosts(tx, ctx.org, link.id).await?;
        if link == before.link && hosts == before.hosts {
            return Ok(before.view(&self.base, true));
        }
        (link.version, link.updated_at) = (before.link.version + 1, tx.now());
        store::save(tx, &link, before.link.version).await?;
        let shown = json!(before.view("", false));
        self.announce_link(tx, ctx, (action, "booking.link.updated"), &shown, &Held { link, hosts }).await
    }

    async fn announce_link(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        done: (&str, &'static str),
        before: &Value,
        after: &Held,
    ) -> Result<LinkView, Failure> {
        let shown = after.view("", false);
        audit::record(tx, ctx, done.0, shown.id, audit::changes(before, &shown)).await?;
        events::append(tx, ctx.org, NewEvent::new(done.1, shown.id, json!(shown))).await?;
        Ok(after.view(&self.base, true))
    }
}

/// The link, if the caller may see it.
pub(in crate::booking) async fn seen(tx: &mut Tx, ctx: &Ctx, id: LinkId) -> Result<Held, Failure> {
    let held = store::find(tx, ctx.org, id).await?.filter(|held| held.seen_by(ctx));
    held.ok_or_else(|| Failure::from(&LINK_NOT_FOUND))
}

async fn managed(tx: &mut Tx, ctx: &Ctx, id: LinkId) -> Result<Held, Failure> {
    let held = seen(tx, ctx, id).await?;
    if held.managed_by(ctx) { Ok(held) } else { Err(FORBIDDEN.because("Access denied: only its owner or a manager may change this link")) }
}

async fn blank(tx: &mut Tx, ctx: &Ctx, first: Option<UserId>) -> Result<Link, Failure> {
    let host = match first {
        Some(id) => users::find(tx, ctx.org, id).await?,
        None => return Err(invalid("hosts", "must name somebody: this call acts for no user")),
    };
    let tz = match host.and_then(|host| host.tz) {
        Some(tz) => tz,
        None => organizations::find(tx, ctx.org).await?.map_or_else(|| "UTC".to_owned(), |organization| organization.tz),
    };
    let now = tx.now();
    Ok(Link {
        id: tx.new_id(),
        org_id: ctx.org,
        owner_id: ctx.user().or(first),
        token: code::token(tx.entropy()),
        title: String::new(),
        description: String::new(),
        team: Team::Single,
        tz,
        rules: Json(LinkRules::default()),
        questions: Json(Vec::new()),
        confirmation: Confirmation::Host,
        verify_email: false,
        provider_id: None,
        room_id: None,
        embed_origins: Json(Vec::new()),
        picture: None,
        active: true,
        version: 1,
        created_at: now,
        updated_at: now,
    })
}

async fn named_hosts(tx: &mut Tx, ctx: &Ctx, actors: Option<Vec<Actor>>) -> Result<Option<Vec<UserId>>, Failure> {
    let Some(actors) = actors else { return Ok(None) };
    if actors.is_empty() || actors.len() > MOST_HOSTS {
        return Err(invalid("hosts", format!("must be 1 to {MOST_HOSTS}")));
    }
    let mut hosts = Vec::with_capacity(actors.len());
    for (at, actor) in actors.into_iter().enumerate() {
        let host = people::host(tx, ctx, actor).await.map_err(|failure| failure.under(&format!("hosts[{at}]")))?;
        if hosts.contains(&host) {
            return Err(invalid(&format!("hosts[{at}]"), "must not be named twice"));
        }
        hosts.push(host);
    }
    if !ctx.sees_all() && hosts.iter().any(|host| Some(*host) != ctx.user()) {
        return Err(FORBIDDEN.because("Access denied: only a manager may name other hosts").with("field", "hosts"));
    }
    Ok(Some(hosts))
}

async fn settle(tx: &mut Tx, ctx: &Ctx, link: &mut Link, fields: Fields, hosts: usize) -> Result<(), Failure> {
    if let Some(provider) = fields.provider_id {
        link.provider_id = match provider {
            Some(id) => providers::accounts::choose(tx, ctx.org, Some(id)).await?.map(|(id, _)| id),
            None => None,
        };
    }
    if let Some(room) = fields.room_id {
        if let Some(id) = room {
            rooms::find(tx, ctx.org, id).await?.ok_or_else(|| Failure::from(&rooms::NOT_FOUND).with("field", "room_id"))?;
        }
        link.room_id = room;
    }
    let shares = fields.team.unwrap_or(if hosts < 2 {
        Team::Single
    } else if link.team == Team::Single {
        Team::RoundRobin
    } else {
        link.team
    });
    if shares == Team::Single && hosts > 1 {
        return Err(invalid("team", "must be round_robin or collective: there are several hosts"));
    }
    link.team = shares;
    fields.apply(link)
}
