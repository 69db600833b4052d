//! `meeting.*` and `participant.list`: thin faces over [`Meetings`].

pub(in crate::meetings) mod examples;
mod people;
mod read;
mod write;

use schemars::JsonSchema;
use serde::Deserialize;

use super::Meetings;
use crate::kernel::MeetingId;
use crate::rpc::Registry;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ById {
    /// Identifier.
    id: MeetingId,
}

/// Adds the methods.
pub fn register(registry: &mut Registry, meetings: &Meetings) {
    read::register(registry, meetings);
    write::register(registry, meetings);
    people::register(registry, meetings);
    super::series::rpc::register(registry, meetings);
}

/// Registers a method whose handler is `async fn(Meetings, Ctx, params)`.
macro_rules! method {
    ($registry:ident, $meetings:ident, $spec:expr, |$service:ident, $ctx:ident, $params:ident: $ty:ty| $body:expr) => {{
        let of = $meetings.clone();
        $registry.add(&$spec, move |$ctx: $crate::kernel::Ctx, $params: $ty| {
            let $service = of.clone();
            async move { $body }
        });
    }};
}
use method;
