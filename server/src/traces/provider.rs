//! Starting and stopping the export of spans.

use std::{env, time::Duration};

use opentelemetry::{
    Context, InstrumentationScope, KeyValue,
    trace::{SpanBuilder, TracerProvider},
};
use opentelemetry_otlp::{
    ExporterBuildError, Protocol, SpanExporter, WithExportConfig, WithHttpConfig,
};
use opentelemetry_sdk::{
    Resource,
    resource::{EnvResourceDetector, TelemetryResourceDetector},
    trace::{Config, SdkTracerProvider},
};
use thiserror::Error;
use tokio::task::spawn_blocking;
use tracing::{info, warn};

use super::{
    collector::{self, Collector},
    link_sampler::LinkSampler,
    propagation,
    queue::SpanQueue,
    settings::{Settings, SettingsError},
    span::{self, Span},
};
use crate::{
    http_client::{self, is_loopback},
    tls::TlsError,
    trace_context::TraceParent,
};

/// The time that spans have to reach the collector when the process ends.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(5);

/// The export of spans, or none. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Traces(Option<Running>);

#[derive(Clone, Debug)]
struct Running {
    /// Holds the tracer, and no span.
    context: Context,
    provider: SdkTracerProvider,
}

/// Why spans cannot be exported.
#[derive(Debug, Error)]
pub enum TracesError {
    /// A setting is wrong.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// TLS to the collector cannot be set up.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The exporter refuses a variable that it reads itself.
    #[error("spans cannot be exported")]
    Exporter(#[from] ExporterBuildError),
}

// === impl Traces ===

impl Traces {
    /// Starts the export to the collector of the settings; without one, none. An unreachable
    /// collector is no error. Must be called on a runtime.
    ///
    /// The SDK reads further variables itself: `OTEL_SERVICE_NAME`, `OTEL_RESOURCE_ATTRIBUTES`,
    /// `OTEL_TRACES_SAMPLER`, `OTEL_TRACES_SAMPLER_ARG`, `OTEL_BSP_SCHEDULE_DELAY`.
    ///
    /// # Errors
    /// [`TracesError`], by what is wrong.
    pub fn start(settings: &Settings) -> Result<Self, TracesError> {
        let Some(address) = settings.address()? else {
            return Ok(Self::default());
        };
        let headers = settings.headers()?;
        let host = address.host_str().unwrap_or_default();
        if !headers.is_empty() && address.scheme() == "http" && !is_loopback(&address) {
            warn!(
                "the connection to {host} is in clear text, with the headers of \
                 OTEL_EXPORTER_OTLP_HEADERS: use https://"
            );
        }
        let ca_file = settings.ca_file.as_deref();
        let connector = http_client::connector(&address, ca_file, collector::TIMEOUT / 2)?;
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(Collector::new(connector))
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(address.as_str())
            .with_headers(headers)
            .with_timeout(collector::TIMEOUT)
            .build()?;
        let sampler = Config::default().sampler;
        info!("traces go to {host}, sampled by {sampler:?}");
        let provider = SdkTracerProvider::builder()
            .with_resource(resource())
            .with_sampler(LinkSampler(sampler))
            .with_span_processor(SpanQueue::new(exporter))
            .build();
        let scope = InstrumentationScope::builder("orders").with_version(env!("CARGO_PKG_VERSION"));
        let tracer = provider.tracer_with_scope(scope.build());
        Ok(Self(Some(Running {
            context: Context::new().with_value(tracer),
            provider,
        })))
    }

    /// Whether spans exist.
    pub fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// A span below a span of another process, with the `tracestate` that came with it; without
    /// one, the first span of a new trace. None if spans do not exist.
    pub fn span(
        &self,
        parent: Option<&TraceParent>,
        state: Option<&str>,
        span: impl FnOnce() -> SpanBuilder,
    ) -> Span {
        let started = self.0.as_ref().and_then(|running| match parent {
            None => span::start(&running.context, span()),
            Some(parent) => {
                let parent = propagation::with_remote(&running.context, parent, state);
                span::start(&parent, span())
            }
        });
        started.into()
    }

    /// Exports the spans that wait, for five seconds at most. Later spans are dropped.
    pub async fn stop(self) {
        let Some(Running { provider, .. }) = self.0 else {
            return;
        };
        // Blocks, while tasks of the runtime send.
        let flush = spawn_blocking(move || provider.shutdown_with_timeout(FLUSH_TIMEOUT));
        if !matches!(flush.await, Ok(Ok(()))) {
            warn!("spans are lost: the collector has not taken them within {FLUSH_TIMEOUT:?}");
        }
    }
}

/// What produces the spans: this service, unless the variables say more.
fn resource() -> Resource {
    let defaults = [
        KeyValue::new("service.name", "orders"),
        KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
    ];
    let resource = Resource::builder_empty()
        .with_attributes(defaults)
        .with_detector(Box::new(TelemetryResourceDetector))
        .with_detector(Box::new(EnvResourceDetector::new()));
    match env::var("OTEL_SERVICE_NAME") {
        Ok(name) if !name.is_empty() => resource.with_service_name(name).build(),
        _ => resource.build(),
    }
}
