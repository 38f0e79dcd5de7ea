//! Traces of requests for a collector that speaks OTLP: a span for each request, and one for each stage of its work.
//!
//! Attributes are words of this program, patterns of routes and status codes: never a name, a key, an address or a path as
//! it was sent. Requests wait for none of it: spans go through a bounded queue to a thread that sends them, and what does
//! not fit in is dropped.

mod collector;
mod endpoint;
mod stages;

use std::borrow::Cow;
use std::fmt;
use std::time::{Duration, SystemTime};

use actix_web::http::StatusCode;
use actix_web::http::header::HeaderMap;
use anyhow::Context as _;
use opentelemetry::propagation::{Extractor, TextMapPropagator};
use opentelemetry::trace::{
    Span as _, SpanBuilder, SpanKind, Status, TraceContextExt, Tracer as _, TracerProvider,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{Sampler, SdkTracer, SdkTracerProvider};
use tokio::task::spawn_blocking;

use self::collector::Collector;
pub(crate) use self::endpoint::CollectorUrl;
use self::stages::StageTime;
pub(crate) use self::stages::{Stages, note_stage};

/// How long the collector may take for one batch.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long what waits may take at the end.
const LAST_BATCH: Duration = Duration::from_secs(5);

/// Where spans of requests go; nowhere by default. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Traces(Option<(SdkTracerProvider, SdkTracer)>);

impl Traces {
    /// Sends them to a collector from now on. To be called on a runtime, which the calls run on.
    ///
    /// # Errors
    /// When the client cannot be made.
    pub(crate) fn start(url: &CollectorUrl) -> anyhow::Result<Self> {
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(Collector::new(url)?)
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(url.of_traces())
            .with_timeout(PATIENCE)
            .build()
            .context("the traces cannot be exported")?;
        let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
        let resource =
            Resource::builder_empty().with_service_name("face-server").with_attribute(version).build();
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            // Whoever asks may name the trace that a request belongs to, and does not decide whether it is kept.
            .with_sampler(Sampler::AlwaysOn)
            .with_resource(resource)
            .build();
        let tracer = provider.tracer("face-server");
        Ok(Self(Some((provider, tracer))))
    }

    /// The trace of a request that begins now; `None` when nobody collects them.
    pub(crate) fn begin(&self, headers: &HeaderMap) -> Option<RequestTrace> {
        let (_, tracer) = self.0.as_ref()?;
        let parent = TraceContextPropagator::new().extract_with_context(&Context::new(), &Headers(headers));
        Some(RequestTrace {
            tracer: tracer.clone(),
            parent,
            began: SystemTime::now(),
            stages: Stages::default(),
        })
    }

    /// Sends what waits, for a few seconds at most.
    pub(crate) async fn stop(self) {
        let Some((provider, _)) = self.0 else { return };
        // It blocks, and the calls that it waits for run on this runtime.
        let stopped = spawn_blocking(move || provider.shutdown_with_timeout(LAST_BATCH)).await;
        if !matches!(stopped, Ok(Ok(()))) {
            tracing::warn!("traces were still to be sent at the end");
        }
    }
}

impl fmt::Debug for Traces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Traces").field(&self.0.is_some()).finish()
    }
}

/// A request that is traced.
pub(crate) struct RequestTrace {
    tracer: SdkTracer,
    /// What the client says the request is part of.
    parent: Context,
    began: SystemTime,
    stages: Stages,
}

impl RequestTrace {
    /// Where the stages of its work are noted.
    pub(crate) fn stages(&self) -> Stages {
        self.stages.clone()
    }

    /// Hands its spans over. `status` is `None` when the client left before the answer.
    pub(crate) fn end(self, method: &'static str, route: &str, status: Option<StatusCode>) {
        let attributes = [
            Some(KeyValue::new("http.request.method", method)),
            Some(KeyValue::new("http.route", route.to_owned())),
            status.map(|status| KeyValue::new("http.response.status_code", i64::from(status.as_u16()))),
        ];
        let span = SpanBuilder::from_name(format!("{method} {route}"))
            .with_kind(SpanKind::Server)
            .with_start_time(self.began)
            .with_attributes(attributes.into_iter().flatten());
        let mut span = self.tracer.build_with_context(span, &self.parent);
        if status.is_some_and(|status| status.is_server_error()) {
            span.set_status(Status::error(""));
        }
        let within = Context::new().with_remote_span_context(span.span_context().clone());
        for StageTime { name, operation, ended, took } in self.stages.take() {
            let name =
                operation.map_or(Cow::Borrowed(name), |operation| format!("{name} {operation}").into());
            let began = ended.checked_sub(took).unwrap_or(ended);
            let stage = SpanBuilder::from_name(name).with_kind(SpanKind::Internal).with_start_time(began);
            self.tracer.build_with_context(stage, &within).end_with_timestamp(ended);
        }
        span.end();
    }
}

/// The headers of a request as the propagator reads them.
struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(actix_web::http::header::HeaderName::as_str).collect()
    }
}

#[cfg(test)]
mod tests;
