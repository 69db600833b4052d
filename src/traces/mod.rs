//! Traces by OpenTelemetry: what was caused by what, over processes and time. Knows no capability.
//!
//! A [`Span`] runs [`Span::around`] its work and is caused by the span around itself. Where work goes on later or elsewhere, its cause goes
//! along as a W3C `traceparent` ([`current`]): in the row of a job or an event, in a header of a call. Without a collector nothing of this
//! does anything, and no value is made for it.

mod collector;
mod request;

use std::borrow::Cow;
use std::collections::HashMap;
use std::future::Future;
use std::sync::OnceLock;

use futures_util::future::Either;
use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::{
    FutureExt as _, Link, SpanBuilder, SpanContext, Status, TraceContextExt as _, Tracer as _, WithContext, get_active_span,
};
use opentelemetry::{Context, KeyValue, Value};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracer;

pub use collector::{Collecting, start};
pub use opentelemetry::trace::SpanKind;
pub use request::traced;

/// The header, and the column, that names a cause.
pub const TRACEPARENT: &str = "traceparent";

static TRACER: OnceLock<SdkTracer> = OnceLock::new();

/// Whether traces are made.
pub fn on() -> bool {
    TRACER.get().is_some()
}

/// A span that has not begun; nothing where no traces are made.
pub struct Span(Option<(SpanBuilder, Context)>);

impl Span {
    /// Named by what is done, never by whom or with what: names are few.
    pub fn new(kind: SpanKind, name: impl Into<Cow<'static, str>>) -> Self {
        Self::lazily(kind, || name.into())
    }

    /// As [`Span::new`], for a name that has to be made.
    pub fn lazily<N: Into<Cow<'static, str>>>(kind: SpanKind, name: impl FnOnce() -> N) -> Self {
        Self(on().then(|| (SpanBuilder::from_name(name()).with_kind(kind), Context::current())))
    }

    /// Caused by what `traceparent` names, if it names anything, instead of the span around.
    #[must_use]
    pub fn caused_by(mut self, traceparent: Option<&str>) -> Self {
        if let (Some((_, cause)), Some(traceparent)) = (&mut self.0, traceparent) {
            *cause = named(cause, traceparent);
        }
        self
    }

    /// The beginning of a trace of its own that points at what each of `traceparents` names: caused by all of them, it is part of none.
    #[must_use]
    pub fn linked_to<'a>(mut self, traceparents: impl Iterator<Item = &'a str>) -> Self {
        if let Some((builder, cause)) = &mut self.0 {
            *cause = Context::new();
            let contexts = traceparents.map(|traceparent| named(&Context::new(), traceparent).span().span_context().clone());
            builder.links = Some(contexts.filter(SpanContext::is_valid).map(Link::with_context).collect());
        }
        self
    }

    /// Says more about it.
    #[must_use]
    pub fn with<V: Into<Value>>(mut self, key: &'static str, value: impl FnOnce() -> V) -> Self {
        if let Some((builder, _)) = &mut self.0 {
            builder.attributes.get_or_insert_default().push(KeyValue::new(key, value()));
        }
        self
    }

    /// `work` as this span: it begins with it, ends with it, and causes what is begun in it.
    pub fn around<F: Future>(self, work: F) -> Either<F, WithContext<F>> {
        match self.0.zip(TRACER.get()) {
            None => Either::Left(work),
            Some(((builder, cause), tracer)) => {
                let span = tracer.build_with_context(builder, &cause);
                Either::Right(work.with_context(cause.with_span(span)))
            }
        }
    }
}

fn named(around: &Context, traceparent: &str) -> Context {
    let carrier = HashMap::from([(TRACEPARENT.to_owned(), traceparent.to_owned())]);
    TraceContextPropagator::new().extract_with_context(around, &carrier)
}

/// Says more about the span around.
pub fn note<V: Into<Value>>(key: &'static str, value: impl FnOnce() -> V) {
    if on() {
        get_active_span(|span| span.set_attribute(KeyValue::new(key, value())));
    }
}

/// The work of the span around failed. `why` goes to the collector: no secrets, no address that is a key.
pub fn failed(why: &str) {
    if on() {
        get_active_span(|span| span.set_status(Status::error(why.to_owned())));
    }
}

/// The span around as a `traceparent`, to be kept or sent along.
pub fn current() -> Option<String> {
    TRACER.get()?;
    let mut carrier = HashMap::new();
    TraceContextPropagator::new().inject_context(&Context::current(), &mut carrier);
    carrier.remove(TRACEPARENT)
}
