//! Three servers on one database, of which one is killed at a time and started again.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use e2e::{Client, Server};
use postgres_server::Database;
use serde_json::json;
use tokio::sync::oneshot;
use tokio::task::block_in_place;
use tokio::time::{Instant, interval_at};

/// How many servers there are.
pub(crate) const SERVERS: usize = 3;
/// How many events there are.
pub(crate) const EVENTS: usize = 3;

/// The servers and their database, which end with this value.
pub(crate) struct Cluster {
    servers: Vec<Server>,
    clients: Clients,
    _database: Database,
}

/// A client of each server; one that was started again has another port.
#[derive(Clone)]
pub(crate) struct Clients(Arc<Mutex<Vec<Client>>>);

impl Clients {
    /// All of them.
    pub(crate) fn all(&self) -> Vec<Client> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// That of one server.
    pub(crate) fn of(&self, number: usize) -> Result<Client> {
        self.all().get(number % SERVERS).cloned().context("no such server")
    }

    fn replace(&self, number: usize, client: Client) {
        if let Some(place) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get_mut(number) {
            *place = client;
        }
    }
}

impl Cluster {
    /// Starts them at one moment on an empty database, as an orchestrator does.
    pub(crate) async fn start() -> Result<Self> {
        let database = Database::new()?;
        let start = |url: String| {
            let flags = ["--store", &url, "--cool-down", "0", "--log-level", "error"];
            Server::builder()?.flags(flags).start()
        };
        let starting: Vec<_> = (0..SERVERS)
            .map(|_| {
                let url = database.url();
                tokio::task::spawn_blocking(move || start(url))
            })
            .collect();
        let mut servers = Vec::new();
        for server in starting {
            servers.push(server.await??);
        }
        let clients = Clients(Arc::new(Mutex::new(servers.iter().map(Server::client).collect())));
        for event in 0..EVENTS {
            let made =
                clients.of(event)?.json("PUT", &format!("/v1/events/hall-{event}"), &json!({})).await?;
            ensure!(made.code() == 201, "no event: {}", made.text);
        }
        Ok(Self { servers, clients, _database: database })
    }

    /// A client of each.
    pub(crate) fn clients(&self) -> Clients {
        self.clients.clone()
    }

    /// Kills one after the other, each as `kill -9` does, and starts it again, until `stopped`; returns how many.
    pub(crate) async fn kill_in_turn(
        mut self,
        period: Duration,
        mut stopped: oneshot::Receiver<()>,
    ) -> Result<(Self, usize)> {
        let mut ticks = interval_at(Instant::now() + period, period);
        let mut kills = 0;
        loop {
            tokio::select! {
                _ = &mut stopped => return Ok((self, kills)),
                _ = ticks.tick() => {}
            }
            let number = kills % SERVERS;
            let server = self.servers.get_mut(number).context("no such server")?;
            block_in_place(|| server.kill().and_then(|()| server.restart()))?;
            self.clients.replace(number, server.client());
            kills += 1;
        }
    }
}
