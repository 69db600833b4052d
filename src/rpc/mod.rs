//! JSON-RPC 2.0 plumbing; knows no capability.
//!
//! Types, subscriptions and their sinks are [`jsonrpsee`]'s; the transport in front of them is omeet's, as reth does for its IPC
//! server, because one [`Dispatcher`] then stands behind every door: a single call, a batch entry and a WebSocket message pass
//! the same gate, and any id that JSON-RPC allows is answered. An answer is written once, envelope and result together.
//!
//! | file | holds |
//! |---|---|
//! | [`spec`] | what a method must say about itself |
//! | [`registry`] | methods with their handlers |
//! | [`envelope`], [`params`] | requests as they come over the wire |
//! | [`answer`] | answers as they go |
//! | [`dispatch`] | the way of one message: parse, admit, run, answer |
//! | [`http`], [`websocket`] | the two doors |
//! | [`openrpc`] | the description of it all |

pub mod answer;
pub mod dispatch;
pub mod envelope;
pub mod http;
pub mod openrpc;
pub mod params;
pub mod registry;
pub mod spec;
pub mod websocket;

pub use dispatch::{Dispatcher, Gatekeeper, Knock};
pub use params::Reserved;
pub use registry::{Registry, read};
pub use spec::{Example, Nothing, Rule, Spec};

/// `method!(registry, service, SPEC, |service, ctx, params: Params| ...)`: registers a method whose handler gets a copy of the service.
macro_rules! method {
    ($registry:ident, $service:ident, $spec:expr, |$name:ident, $ctx:ident, $params:ident: $ty:ty| $body:expr) => {{
        let of = $service.clone();
        $registry.add(&$spec, move |$ctx: $crate::kernel::Ctx, $params: $ty| {
            let $name = of.clone();
            async move { $body }
        });
    }};
}
pub(crate) use method;
