//! The running stand-in: its addresses, its knobs, and a look inside.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use bytes::Bytes;
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio::sync::oneshot;

use crate::account::Account;
use crate::behaviour::Behaviour;
use crate::server::{Shared, serve};
use crate::{API_KEY, API_SECRET, Asset, CLOUD, Delivery, Endpoint, LoggedCall, Options, Rule};

/// A Cloudinary with one account, on loopback, in a thread of its own. It stops when it is dropped.
pub struct StandIn {
    address: SocketAddr,
    account: Shared,
    /// Dropping the sender stops the server.
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl StandIn {
    /// Starts it; it answers as soon as this returns.
    ///
    /// # Errors
    /// When the port cannot be listened on.
    pub fn start(options: Options) -> io::Result<Self> {
        // Bound here and not in the thread: a port in use is this call's error, and connections wait in the
        // backlog until the thread accepts them.
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, options.port))?;
        // Tokio demands it of a listener that it takes over; a blocking one would stop its only thread.
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let account = Account::new(options.behaviour, options.seed, format!("http://{address}"));
        let account = Shared::new(account);
        // A runtime of its own, so that tests with another, or with none, can use the stand-in, and
        // blocking calls of a test do not stop it.
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let listener = {
            // `from_std` registers with the runtime that it is called in.
            let _inside = runtime.enter();
            TcpListener::from_std(listener)?
        };
        let (stop, stopped) = oneshot::channel();
        let serving = account.clone();
        let thread = thread::Builder::new().name("cloudinary-standin".into()).spawn(move || {
            runtime.block_on(async {
                tokio::spawn(serve(listener, serving));
                // Ends when the sender is dropped; all tasks end with the runtime.
                let _ = stopped.await;
            });
        })?;
        Ok(Self { address, account, stop: Some(stop), thread: Some(thread) })
    }

    /// Where the APIs are, as `upload_prefix` has it: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where the delivery network is; the cloud's name follows: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn delivery_url(&self) -> String {
        self.base_url()
    }

    /// Key, secret, cloud and addresses, as the official SDKs read them from `CLOUDINARY_URL`.
    #[must_use]
    pub fn cloudinary_url(&self) -> String {
        let address = self.address;
        format!("cloudinary://{API_KEY}:{API_SECRET}@{CLOUD}?upload_prefix=http://{address}&cname={address}")
    }

    /// Changes how the account behaves from now on.
    pub fn behave(&self, change: impl FnOnce(&mut Behaviour)) {
        // Under the lock, which is not reentrant: `change` must not call the stand-in.
        change(&mut self.account.lock().behaviour);
    }

    /// Lets single calls fail, whatever the dice say. Rules are asked in the order in which they were made.
    pub fn fail(&self, rule: Rule) {
        self.account.lock().rules.push(rule);
    }

    /// Ends all rules and all failing by chance.
    pub fn stop_failing(&self) {
        let mut account = self.account.lock();
        account.rules.clear();
        account.behaviour.faults = crate::Faults::default();
    }

    /// Puts the account's clock forward.
    pub fn advance(&self, by: Duration) {
        self.account.lock().clock.advance(by);
    }

    /// Everything that is stored, ordered by delivery type and public id.
    #[must_use]
    pub fn assets(&self) -> Vec<Asset> {
        self.account.lock().assets().cloned().collect()
    }

    /// What is stored under a name.
    #[must_use]
    pub fn asset(&self, delivery: Delivery, public_id: &str) -> Option<Asset> {
        self.account.lock().asset(delivery, public_id).cloned()
    }

    /// Stores a file as an upload with these labels would, past the APIs.
    pub fn put(&self, delivery: Delivery, public_id: &str, bytes: impl Into<Bytes>, labels: Labels<'_>) {
        let mut account = self.account.lock();
        let mut asset = account.new_asset(delivery, public_id, bytes.into(), "file");
        asset.tags = labels.tags.iter().map(|tag| (*tag).to_owned()).collect();
        let context = labels.context.iter();
        asset.context = context.map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        account.keep(asset);
    }

    /// Removes a file past the APIs; whether it was there.
    pub fn remove(&self, delivery: Delivery, public_id: &str) -> bool {
        self.account.lock().remove(delivery, public_id).is_some()
    }

    /// How often an endpoint was called, failed calls included.
    #[must_use]
    pub fn calls(&self, endpoint: Endpoint) -> u64 {
        self.account.lock().log.iter().map(|call| u64::from(call.endpoint == endpoint)).sum()
    }

    /// Calls counted against the limit in the current hour of the clock.
    #[must_use]
    pub fn admin_calls_this_hour(&self) -> u32 {
        let account = self.account.lock();
        account.quota.used(account.clock.now())
    }

    /// Every call so far, in order.
    #[must_use]
    pub fn log(&self) -> Vec<LoggedCall> {
        self.account.lock().log.clone()
    }
}

/// Tags and context of an asset that a test puts in its place.
#[derive(Debug, Clone, Copy, Default)]
pub struct Labels<'a> {
    /// Labels.
    pub tags: &'a [&'a str],
    /// Pairs of key and value.
    pub context: &'a [(&'a str, &'a str)],
}

/// Shows the address and the number of assets.
impl fmt::Debug for StandIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let assets = self.account.lock().assets().count();
        f.debug_struct("StandIn").field("address", &self.address).field("assets", &assets).finish()
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        // Before the join, or the thread would wait for it forever. The join frees the port before a test
        // goes on.
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has said so already.
            let _ = thread.join();
        }
    }
}
