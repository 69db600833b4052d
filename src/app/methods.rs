//! Every method.

use std::sync::Arc;

use super::Capabilities;
use crate::config::Config;
use crate::rooms::Rooms;
use crate::rpc::Registry;
use crate::rpc::openrpc::Discovery;
use crate::{
    attendance, audit, booking, calendar, connections, custom_fields, events, jobs, join, mail, meetings, notifications, providers,
    recordings, reports, rooms, server_info, tenancy, webhooks,
};

/// The methods, described in `discovery` with addresses under `base`.
pub(super) fn registry(of: &Capabilities, config: &Config, base: &str, discovery: &Discovery) -> Registry {
    let mut registry = Registry::default();
    installation(&mut registry, of);
    meetings(&mut registry, of);
    providers(&mut registry, of, config);
    server_info::register(&mut registry, discovery.clone());
    discovery.fill(registry.entries().values().copied().collect(), base);
    registry
}

fn installation(registry: &mut Registry, of: &Capabilities) {
    tenancy::organizations::rpc::register(registry, &of.db);
    tenancy::users::rpc::register(registry, &of.gate);
    tenancy::keys::rpc::register(registry, &of.gate);
    audit::rpc::register(registry, &of.db);
    events::rpc::register(registry, &of.db);
    events::webhooks::register(registry, &of.db, of.sealer.clone());
    jobs::rpc::register(registry, &of.db, |tx, ctx, action, id, changes| Box::pin(audit::record(tx, ctx, action, id, changes)));
    custom_fields::rpc::register(registry, &of.db);
    mail::rpc::register(registry, &of.db);
    reports::rpc::register(registry, &of.db, &of.sealer);
}

fn meetings(registry: &mut Registry, of: &Capabilities) {
    meetings::rpc::register(registry, &of.meetings);
    join::rpc::register(registry, &of.joining);
    calendar::rpc::register(registry, &of.meetings, &of.sender);
    notifications::rpc::register(registry, &of.notifications);
    attendance::rpc::register(registry, &of.meetings);
    recordings::rpc::register(registry, &of.recordings);
    rooms::rpc::register(registry, &Rooms::new(of.db.clone()));
    booking::rpc::register(registry, &of.booking);
    connections::rpc::register(registry, &of.connections);
}

fn providers(registry: &mut Registry, of: &Capabilities, config: &Config) {
    let joining = of.joining.clone();
    let changed = Arc::new(move |_org| joining.forget_providers());
    let outside = providers::accounts::rpc::Outside { calls: of.calls.clone(), base: of.meetings.base().into() };
    providers::accounts::rpc::register(registry, &of.db, of.sealer.clone(), config.jitsi.clone(), outside, changed);
    providers::token_rpc::register(registry, &of.db, of.sealer.clone(), config.jitsi.clone());
    providers::usage::register(registry, &of.db, of.sealer.clone());
    providers::subscriptions::register(registry, &of.db, of.sealer.clone());
    providers::servers::register(registry, &of.db, of.sealer.clone());
    webhooks::rpc::register(registry, &of.inbox);
}
