//! The HTTP client: addresses, TLS, signing, and one way for every call to be sent, tried again and read.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use reqwest::{Client, RequestBuilder, Url, redirect};
use rustls::ClientConfig;
use rustls::crypto::ring;
use rustls_platform_verifier::BuilderVerifierExt;
use time::OffsetDateTime;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

use super::account::Account;
use super::answer::{Answer, unanswered};
use super::budget::Budget;
use super::options::CloudinaryOptions;
use super::retry::{Done, Failure, GivenUp, Retry};
use super::signature::{self, Version};
use crate::StoreError;

const API: &str = "https://api.cloudinary.com";
const DELIVERY: &str = "https://res.cloudinary.com";

/// The calls that the store makes of Cloudinary; each is in a file of its own below `calls`.
pub struct CloudinaryClient {
    http: Client,
    pub(super) account: Account,
    api: Url,
    pub(super) delivery: Url,
    pub(super) retry: Retry,
    /// Calls at one time.
    permits: Semaphore,
    budget: Mutex<Budget>,
}

/// The parameters of a call, in the order in which they are sent.
pub(super) type Parameters = Vec<(&'static str, String)>;

impl CloudinaryClient {
    /// A client for the account that the options name. It calls nobody yet.
    ///
    /// # Errors
    /// [`StoreError::Misconfigured`] when something is missing or is no such value, for an address that would
    /// carry the secret in the clear, and when the system's certificates cannot be read.
    pub fn for_account(options: &CloudinaryOptions) -> Result<Self, StoreError> {
        let account = Account::new(options.access.clone(), options.signature)?;
        let api = address(options.access.upload_prefix.as_deref().unwrap_or(API))?;
        let delivery = address(options.access.delivery.as_deref().unwrap_or(DELIVERY))?;
        let parallel = options.parallel.get();
        let http = Client::builder()
            .tls_backend_preconfigured(tls(&api)?)
            // A redirect would carry signatures, and with 307 whole documents, to another host.
            .redirect(redirect::Policy::none())
            .connect_timeout(Duration::from_secs(10))
            .pool_max_idle_per_host(parallel)
            .user_agent(concat!("embedding-store/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|e| misconfigured("the HTTP client cannot be set up", e.without_url()))?;
        let retry = Retry { attempt: options.attempt, total: options.deadline };
        let (permits, budget) = (Semaphore::new(parallel), Mutex::new(Budget::new()));
        Ok(Self { http, account, api, delivery, retry, permits, budget })
    }

    /// Calls made of the Admin API, which counts them by the hour.
    #[must_use]
    pub fn admin_calls(&self) -> u64 {
        self.budget().used()
    }

    pub(super) fn budget(&self) -> MutexGuard<'_, Budget> {
        self.budget.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn http(&self) -> &Client {
        &self.http
    }

    /// The address of a call below `/v1_1/{cloud}/`.
    pub(super) fn url(&self, path: &str) -> Url {
        let mut url = self.api.clone();
        let base = self.api.path().trim_end_matches('/');
        url.set_path(&format!("{base}/v1_1/{}/{path}", self.account.cloud_name));
        url
    }

    /// The parameters with the time of now, the signature and the key.
    pub(super) fn signed(&self, mut parameters: Parameters) -> Parameters {
        parameters.push(("timestamp", OffsetDateTime::now_utc().unix_timestamp().to_string()));
        let pairs: Vec<_> = parameters.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let (algorithm, secret) = (self.account.algorithm, &self.account.api_secret);
        // No value sent here contains an `&`, and only then do the versions differ: Cloudinary takes either.
        let signature = signature::of_call(&pairs, Version::V2, algorithm, secret);
        parameters.push(("signature", signature));
        parameters.push(("api_key", self.account.api_key.clone()));
        parameters
    }

    /// Sends what `build` makes, anew for every attempt, and reads the answer; `None` when what it is
    /// about is not there.
    pub(super) async fn call<T>(
        &self,
        build: impl Fn() -> RequestBuilder + Send + Sync,
        read: impl Fn(Answer) -> Result<T, Failure> + Send + Sync,
    ) -> Result<Done<Option<T>>, GivenUp> {
        let (build, read) = (&build, &read);
        let attempt = move |end| async move { self.attempt(build, end).await?.map(read).transpose() };
        self.retry.run(attempt).await
    }

    async fn attempt(
        &self,
        build: &(impl Fn() -> RequestBuilder + Sync),
        end: Instant,
    ) -> Result<Option<Answer>, Failure> {
        let refused = |retryable, reason: &str| Failure::Refused(StoreError::unavailable(retryable, reason));
        // The wait for other calls counts against the deadline. Nothing has been sent when it ends here, so the
        // attempt leaves no doubt.
        let permit = timeout_at(end, self.permits.acquire()).await;
        let permit = permit.map_err(|_| refused(true, "too many calls to Cloudinary are under way"))?;
        // Held for an attempt, not for the pauses after it: a call that waits to be repeated blocks no other.
        let _permit = permit.map_err(|_| refused(false, "the client is closed"))?;
        // The last attempt gets no more than what is left, so that the deadline holds.
        let time = self.retry.attempt.min(end.saturating_duration_since(Instant::now()));
        // Built after the wait, because the hour of a signature runs from the time in it.
        let response = build().timeout(time).send().await.map_err(unanswered)?;
        Answer::read(response, &self.account.api_secret, OffsetDateTime::now_utc()).await
    }
}

/// Shows the cloud, and nothing that is secret.
impl fmt::Debug for CloudinaryClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CloudinaryClient").field("account", &self.account).finish_non_exhaustive()
    }
}

/// An address of the API or of deliveries. Without TLS only this machine's own: the calls carry the
/// embeddings, and those to the Admin API the secret.
fn address(text: &str) -> Result<Url, StoreError> {
    let wrong = || {
        StoreError::misconfigured(
            "the address for Cloudinary is written https://HOST; http:// is for this machine's own alone",
        )
    };
    let url = Url::parse(text).map_err(|_| wrong())?;
    let is_loopback = match url.host_str() {
        Some("localhost" | "[::1]") => true,
        Some(host) => host.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.is_loopback()),
        None => return Err(wrong()),
    };
    let is_bare = url.username().is_empty() && url.password().is_none() && url.query().is_none();
    match url.scheme() {
        "https" if is_bare => Ok(url),
        "http" if is_bare && is_loopback => Ok(url),
        _ => Err(wrong()),
    }
}

/// TLS on ring, named outright: the default provider is the program's own affair. Without TLS no
/// certificate is needed, and a machine that has none can be used.
fn tls(api: &Url) -> Result<ClientConfig, StoreError> {
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|e| misconfigured("TLS cannot be set up", e))?;
    let mut config = if api.scheme() == "https" {
        builder
            .with_platform_verifier()
            .map_err(|e| misconfigured("the system has no certificates (install ca-certificates)", e))?
            .with_no_client_auth()
    } else {
        builder.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth()
    };
    // reqwest uses a configuration that it is given as it is: without this there would be no HTTP/2.
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

fn misconfigured(reason: &str, source: impl std::error::Error + Send + Sync + 'static) -> StoreError {
    StoreError::Misconfigured { reason: reason.to_owned(), source: Some(source.into()) }
}

#[cfg(test)]
mod tests {
    use super::super::credentials::{ApiSecret, CloudinaryAccess};
    use super::*;

    fn client(api: Option<&str>) -> Result<CloudinaryClient, StoreError> {
        let access = CloudinaryAccess {
            cloud_name: Some("testcloud".to_owned()),
            api_key: Some("1122".to_owned()),
            api_secret: Some(ApiSecret::new("s3cr3t-abcd")),
            upload_prefix: api.map(str::to_owned),
            delivery: None,
        };
        let second = Duration::from_secs(1);
        let options = CloudinaryOptions { access, attempt: second, deadline: second, ..Default::default() };
        CloudinaryClient::for_account(&options)
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_waits_for_others_ends_by_the_deadline_and_leaves_no_doubt() {
        let client = client(Some("http://127.0.0.1:1")).unwrap();
        let _under_way = client.permits.acquire_many(8).await.unwrap();
        let started = Instant::now();
        let build = || client.http().get(client.url("raw/download"));
        let given_up = client.call(build, |_| Ok(())).await.unwrap_err();
        assert!(started.elapsed() <= Duration::from_millis(1001), "timers count whole milliseconds");
        assert!(given_up.error.is_retryable() && !given_up.in_doubt, "{:?}", given_up.error);
    }

    #[test]
    fn a_client_is_made_without_a_default_provider_of_tls() {
        assert!(rustls::crypto::CryptoProvider::get_default().is_none());
        let client = client(Some("http://127.0.0.1:1/base/")).unwrap();
        assert_eq!(client.url("raw/upload").as_str(), "http://127.0.0.1:1/base/v1_1/testcloud/raw/upload");
        assert!(!format!("{client:?}").contains("s3cr3t"));
        assert!(rustls::crypto::CryptoProvider::get_default().is_none());
    }

    #[test]
    fn the_secret_goes_nowhere_in_the_clear() {
        for text in
            ["http://api.cloudinary.com", "ftp://127.0.0.1", "https://k:s@h", "api", "http://127.evil.com"]
        {
            assert!(matches!(client(Some(text)), Err(StoreError::Misconfigured { .. })), "{text}");
        }
        for text in ["http://localhost:8901", "http://[::1]:8901", "http://127.0.0.1:8901"] {
            assert!(client(Some(text)).is_ok(), "{text}");
        }
    }

    #[tokio::test]
    async fn an_error_of_the_connection_shows_neither_url_nor_signature() {
        let client = client(Some("http://127.0.0.1:1")).unwrap();
        let signed = client.signed(vec![("public_id", "a.json".to_owned())]);
        let build = || client.http().get(client.url("raw/download")).query(&signed);
        let given_up = client.call(build, |_| Ok(())).await.unwrap_err();
        let shown = format!("{:?} {}", given_up.error, given_up.error);
        assert!(!shown.contains("signature") && !shown.contains("a.json"), "{shown}");
        assert!(given_up.error.is_retryable());
    }

    #[tokio::test]
    async fn a_server_without_tls_behind_https_is_out_of_reach_and_no_panic() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("https://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { while listener.accept().await.is_ok() {} });
        let client = client(Some(&address)).unwrap();
        let build = || client.http().get(client.url("raw/download"));
        let given_up = client.call(build, |_| Ok(())).await.unwrap_err();
        assert!(given_up.error.is_retryable(), "{:?}", given_up.error);
    }
}
