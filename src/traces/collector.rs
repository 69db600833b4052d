//! Sending spans to a collector: OTLP over HTTP, in batches, beside everything else.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use async_trait::async_trait;
use opentelemetry::trace::{Link, SpanKind, TraceId, TracerProvider as _};
use opentelemetry::{Context, KeyValue};
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SamplingDecision, SamplingResult, SdkTracerProvider, ShouldSample};
use secrecy::ExposeSecret as _;
use tokio::runtime::Handle;

use super::TRACER;
use crate::config::Telemetry;
use crate::egress;
use crate::kernel::{Entropy, code};

/// A collector that takes longer loses its batch.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Traces are made and sent until this is stopped.
pub struct Collecting(Option<SdkTracerProvider>);

/// Begins to make traces, where a collector is set. Once in a process.
///
/// # Errors
/// When a setting does not fit.
pub fn start(config: &Telemetry, entropy: &dyn Entropy) -> anyhow::Result<Collecting> {
    let Some(url) = config.traces_url()? else { return Ok(Collecting(None)) };
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(Collector::new()?)
        .with_endpoint(url)
        .with_protocol(Protocol::HttpBinary)
        .with_timeout(TIMEOUT)
        .with_headers(config.headers()?.into_iter().map(|(name, value)| (name, value.expose_secret().to_owned())).collect())
        .build()
        .context("telemetry.otlp_endpoint")?;
    let sampler = OrLinked(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(config.sample_ratio))));
    let provider =
        SdkTracerProvider::builder().with_resource(resource(entropy)).with_sampler(sampler).with_batch_exporter(exporter).build();
    anyhow::ensure!(TRACER.set(provider.tracer("omeet")).is_ok(), "traces are made already");
    Ok(Collecting(Some(provider)))
}

/// What comes of calls of which one is followed is followed too.
#[derive(Debug, Clone)]
struct OrLinked(Sampler);

impl ShouldSample for OrLinked {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        trace: TraceId,
        name: &str,
        kind: &SpanKind,
        attributes: &[KeyValue],
        links: &[Link],
    ) -> SamplingResult {
        let result = self.0.should_sample(parent, trace, name, kind, attributes, links);
        if links.iter().any(|link| link.span_context.is_sampled()) {
            return SamplingResult { decision: SamplingDecision::RecordAndSample, ..result };
        }
        result
    }
}

fn resource(entropy: &dyn Entropy) -> Resource {
    Resource::builder()
        .with_service_name("omeet")
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .with_attribute(KeyValue::new("service.instance.id", code::token(entropy)))
        .build()
}

impl Collecting {
    /// Sends what is left.
    pub async fn stop(self) {
        let Some(provider) = self.0 else { return };
        // It waits for the thread that sends.
        let stopped = tokio::task::spawn_blocking(move || provider.shutdown_with_timeout(TIMEOUT)).await;
        if let Ok(Err(error)) = stopped {
            tracing::warn!(%error, "the last spans did not reach the collector");
        }
    }
}

/// The library's thread hands over what is to be sent; our client sends it, where it has its runtime.
#[derive(Debug)]
struct Collector {
    client: reqwest::Client,
    runtime: Handle,
    failing: AtomicBool,
}

impl Collector {
    fn new() -> anyhow::Result<Self> {
        let client = egress::client(true, TIMEOUT).build()?;
        Ok(Self { client, runtime: Handle::current(), failing: AtomicBool::new(false) })
    }

    // Said once, not with every batch.
    fn note(&self, outcome: Result<(), &str>) {
        let failing = outcome.is_err();
        metrics::counter!("omeet_trace_exports_total", "result" => if failing { "failed" } else { "ok" }).increment(1);
        let was_failing = self.failing.swap(failing, Ordering::Relaxed);
        match outcome {
            Err(why) if !was_failing => tracing::warn!(why, "the collector of traces does not take them; they are lost until it does"),
            Ok(()) if was_failing => tracing::info!("the collector takes traces again"),
            _ => {}
        }
    }
}

#[async_trait]
impl HttpClient for Collector {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (client, request) = (self.client.clone(), request.try_into()?);
        let sent = self.runtime.spawn(async move { answer(client.execute(request).await?).await }).await?;
        match &sent {
            Ok(answer) if answer.status().is_success() => self.note(Ok(())),
            Ok(answer) => self.note(Err(answer.status().as_str())),
            Err(_) => self.note(Err("it cannot be reached, or does not answer in time")),
        }
        Ok(sent?)
    }
}

async fn answer(response: reqwest::Response) -> reqwest::Result<Response<Bytes>> {
    let status = response.status();
    let mut answer = Response::new(response.bytes().await?);
    *answer.status_mut() = status;
    Ok(answer)
}
