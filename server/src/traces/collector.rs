//! The calls of the collector, on the server's runtime.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context;
use async_trait::async_trait;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use reqwest::redirect;
use rustls::ClientConfig;
use rustls::crypto::ring;
use rustls_platform_verifier::BuilderVerifierExt;
use tokio::runtime::Handle;

use super::PATIENCE;
use super::endpoint::CollectorUrl;

/// Sends batches of spans. Their thread waits for it, and has no runtime of its own.
#[derive(Debug)]
pub(super) struct Collector {
    client: reqwest::Client,
    runtime: Handle,
    /// Whether the last batch was not taken: said once, and once when it is over.
    is_away: Arc<AtomicBool>,
}

impl Collector {
    pub(super) fn new(url: &CollectorUrl) -> anyhow::Result<Self> {
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .context("TLS cannot be set up")?;
        // Without TLS no certificate is needed, and a machine that has none can be used.
        let tls = if url.is_tls() {
            builder.with_platform_verifier().context("the system has no certificates")?.with_no_client_auth()
        } else {
            builder.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth()
        };
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .redirect(redirect::Policy::none())
            .timeout(PATIENCE)
            .build()
            .context("the HTTP client of the traces cannot be set up")?;
        Ok(Self { client, runtime: Handle::current(), is_away: Arc::default() })
    }
}

#[async_trait]
impl HttpClient for Collector {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let client = self.client.clone();
        let sent = self.runtime.spawn(async move {
            let answer = client.execute(reqwest::Request::try_from(request)?).await?;
            let mut response = Response::new(Bytes::new());
            // What it says does not matter here, only whether it took the batch.
            *response.status_mut() = answer.status();
            Ok::<_, HttpError>(response)
        });
        let outcome = sent.await.map_err(HttpError::from).and_then(|sent| sent);
        let is_away = outcome.as_ref().map_or(true, |response| !response.status().is_success());
        if self.is_away.swap(is_away, Ordering::Relaxed) != is_away {
            match &outcome {
                Ok(response) if is_away => {
                    tracing::warn!(status = response.status().as_u16(), "the collector refuses traces");
                }
                Err(error) => {
                    tracing::warn!(error = %error, "the collector takes no traces; they are dropped")
                }
                Ok(_) => tracing::info!("the collector takes traces again"),
            }
        }
        outcome
    }
}
