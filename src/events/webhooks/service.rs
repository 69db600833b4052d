//! Use-cases of endpoints. Every change is audited; secrets are in no view, so they cannot get into the records.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::model::{BY_AN_ADMIN, CreatedEndpoint, Delivery, ENDPOINT_NOT_FOUND, Endpoint, EndpointUpdate, NewEndpoint};
use super::model::{DELIVERY_NOT_FOUND, DeliveryFilter, DeliveryState};
use super::secret::{self, Place};
use super::store::{deliveries, endpoints};
use crate::audit;
use crate::db::{Topic, Tx};
use crate::egress;
use crate::events::{TypeFilter, latest_seq};
use crate::kernel::{Ctx, DeliveryId, EndpointId, Failure, Page, Sealer, text};

const DESCRIPTION: usize = 255;
const URL: usize = 2000;
/// Days without a single success after which an endpoint is disabled.
const DEAD_AFTER_DAYS: i64 = 14;

/// An endpoint with its sealed secret: what the idempotency record may hold.
#[derive(Serialize, Deserialize)]
pub(super) struct Sealed {
    endpoint: Endpoint,
    secret: Vec<u8>,
}

impl Sealed {
    pub(super) fn open(self, sealer: &Sealer) -> Result<CreatedEndpoint, Failure> {
        use secrecy::ExposeSecret as _;
        let secret = secret::open(sealer, self.endpoint.id, Place::Current, &self.secret)?;
        Ok(CreatedEndpoint { secret: secret.expose_secret().to_owned(), endpoint: self.endpoint })
    }
}

pub(super) async fn create(tx: &mut Tx, ctx: &Ctx, sealer: &Sealer, new: NewEndpoint) -> Result<Sealed, Failure> {
    let endpoint = Endpoint {
        id: tx.new_id(),
        url: checked_url(&new.url)?,
        description: checked_description(new.description.as_deref())?,
        event_types: TypeFilter::new("event_types", new.event_types.unwrap_or_default())?.into_inner(),
        active: true,
        disabled_reason: None,
        failing_since: None,
        old_secret_until: None,
        created_at: tx.now(),
        updated_at: tx.now(),
    };
    let secret = secret::seal(sealer, endpoint.id, Place::Current, &secret::generate(tx.entropy()))?;
    let cursor = latest_seq(tx, ctx.org).await?;
    endpoints::insert(tx, ctx.org, &endpoint, secret.clone(), cursor).await?;
    audit::record(tx, ctx, "webhook.endpoint.create", endpoint.id, audit::changes(&Value::Null, &endpoint)).await?;
    Ok(Sealed { endpoint, secret })
}

pub(super) async fn update(tx: &mut Tx, ctx: &Ctx, update: EndpointUpdate) -> Result<Endpoint, Failure> {
    let before = endpoints::find_to_change(tx, ctx.org, update.id).await?.ok_or(&ENDPOINT_NOT_FOUND)?;
    let mut after = before.clone();
    if let Some(url) = update.url {
        after.url = checked_url(&url)?;
    }
    if let Some(description) = update.description {
        after.description = checked_description(Some(&description))?;
    }
    if let Some(types) = update.event_types {
        after.event_types = TypeFilter::new("event_types", types)?.into_inner();
    }
    if let Some(active) = update.active {
        set_active(&mut after, active);
    }
    endpoints::save(tx, ctx.org, &after).await?;
    if after.active && !before.active {
        deliveries::hasten(tx, after.id).await?;
        tx.signal(Topic::Events, ctx.org);
        tx.signal(Topic::Work, ctx.org);
    }
    audit::record(tx, ctx, "webhook.endpoint.update", after.id, audit::changes(&before, &after)).await?;
    Ok(after)
}

fn set_active(endpoint: &mut Endpoint, active: bool) {
    if active {
        (endpoint.disabled_reason, endpoint.failing_since) = (None, None);
    } else if endpoint.active {
        endpoint.disabled_reason = Some(BY_AN_ADMIN.to_owned());
    }
    endpoint.active = active;
}

/// Disables an endpoint that has taken nothing for [`DEAD_AFTER_DAYS`]: what waits for an active one holds its organization's events.
/// Ask when a delivery was given up: after days of attempts, so that one failure after a quiet month switches nothing off.
pub(super) async fn disable_if_dead(tx: &mut Tx, ctx: &Ctx, id: EndpointId) -> Result<(), Failure> {
    endpoints::hold(tx, ctx.org, id).await?;
    let since = endpoints::find(tx, ctx.org, id).await?.and_then(|endpoint| endpoint.failing_since);
    match since {
        Some(since) if since.plus_secs(DEAD_AFTER_DAYS * 86_400) <= tx.now() => {
            let why = format!("no delivery has succeeded for {DEAD_AFTER_DAYS} days");
            tracing::error!(endpoint.id = %id, why, "a webhook endpoint was disabled; what waits for it is delivered once it is active again");
            disable(tx, ctx, id, &why).await
        }
        _ => Ok(()),
    }
}

/// What a receiver's 410 asks for.
pub(super) async fn disable(tx: &mut Tx, ctx: &Ctx, id: EndpointId, why: &str) -> Result<(), Failure> {
    let before = endpoints::find_to_change(tx, ctx.org, id).await?.ok_or(&ENDPOINT_NOT_FOUND)?;
    if !before.active {
        return Ok(());
    }
    let after = Endpoint { active: false, disabled_reason: Some(why.to_owned()), ..before.clone() };
    endpoints::save(tx, ctx.org, &after).await?;
    audit::record(tx, ctx, "webhook.endpoint.disable", id, audit::changes(&before, &after)).await
}

pub(super) async fn delete(tx: &mut Tx, ctx: &Ctx, id: EndpointId) -> Result<Endpoint, Failure> {
    let before = endpoints::find_to_change(tx, ctx.org, id).await?.ok_or(&ENDPOINT_NOT_FOUND)?;
    endpoints::delete(tx, ctx.org, id).await?;
    audit::record(tx, ctx, "webhook.endpoint.delete", id, audit::changes(&before, &Value::Null)).await?;
    Ok(before)
}

/// A new secret; messages are signed with the old one as well for `overlap_min` minutes.
pub(super) async fn rotate(tx: &mut Tx, ctx: &Ctx, sealer: &Sealer, id: EndpointId, overlap_min: u32) -> Result<Sealed, Failure> {
    let before = endpoints::find_to_change(tx, ctx.org, id).await?.ok_or(&ENDPOINT_NOT_FOUND)?;
    let old = endpoints::sealed_secret(tx, ctx.org, id).await?;
    let old = secret::seal(sealer, id, Place::Old, &secret::open(sealer, id, Place::Current, &old)?)?;
    let new = secret::seal(sealer, id, Place::Current, &secret::generate(tx.entropy()))?;
    let until = tx.now().plus_min(i64::from(overlap_min));
    endpoints::rotate(tx, ctx.org, id, new.clone(), (old, until)).await?;
    let endpoint = Endpoint { old_secret_until: Some(until), ..before.clone() };
    audit::record(tx, ctx, "webhook.endpoint.rotate_secret", id, audit::changes(&before, &endpoint)).await?;
    Ok(Sealed { endpoint, secret: new })
}

/// A page of deliveries; of an endpoint only where there is one.
pub async fn deliveries(tx: &mut Tx, ctx: &Ctx, filter: &DeliveryFilter) -> Result<Page<Delivery>, Failure> {
    if let Some(endpoint) = filter.endpoint_id {
        endpoints::find(tx, ctx.org, endpoint).await?.ok_or(&ENDPOINT_NOT_FOUND)?;
    }
    deliveries::list(tx, ctx, filter).await
}

/// Puts a delivery on its way again, with all its attempts.
pub async fn redeliver(tx: &mut Tx, ctx: &Ctx, id: DeliveryId) -> Result<Delivery, Failure> {
    let before = deliveries::find(tx, ctx.org, id).await?.ok_or(&DELIVERY_NOT_FOUND)?;
    deliveries::redeliver(tx, ctx.org, &before).await?;
    let after = deliveries::find(tx, ctx.org, id).await?.ok_or(&DELIVERY_NOT_FOUND)?;
    let changes = json!({ "state": { "before": before.state, "after": after.state } });
    audit::record(tx, ctx, "webhook.delivery.redeliver", id, changes).await?;
    tx.signal(Topic::Work, ctx.org);
    Ok(after)
}

/// Puts everything that was given up for an endpoint on its way again; answers how many.
pub async fn redeliver_failed(tx: &mut Tx, ctx: &Ctx, endpoint: EndpointId) -> Result<u64, Failure> {
    endpoints::find(tx, ctx.org, endpoint).await?.ok_or(&ENDPOINT_NOT_FOUND)?;
    let redelivered = deliveries::redeliver_failed(tx, ctx.org, endpoint).await?;
    let changes = json!({ "state": { "before": DeliveryState::Failed, "after": DeliveryState::Pending }, "deliveries": redelivered });
    audit::record(tx, ctx, "webhook.delivery.redeliver_failed", endpoint, changes).await?;
    tx.signal(Topic::Work, ctx.org);
    Ok(redelivered)
}

// Whether the address may be talked to is for the moment of talking; here it only has to be one.
fn checked_url(url: &str) -> Result<String, Failure> {
    let url = text::line("url", url, URL)?;
    egress::check(&url, true)?;
    Ok(url)
}

fn checked_description(description: Option<&str>) -> Result<String, Failure> {
    Ok(text::optional_line("description", description, DESCRIPTION)?.unwrap_or_default())
}
