//! A client that asks for one thing after the other, each at another server.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use e2e::{Answer, Client, embedding};
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::cluster::{Clients, EVENTS};
use crate::ledger::{Field, Ledger, User};

/// Users of one client.
const USERS: usize = 25;
/// Fields of an event, each of which one client changes.
const FIELDS: [&str; 4] = ["metadata", "on_duplicate", "on_other_person", "retain_until"];
/// How long a request may be repeated.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a server may not know what another acknowledged.
const LATE: Duration = Duration::from_secs(5);
/// How long to wait before a request is repeated: what a killed server had sent to the database is done by then.
const PAUSE: Duration = Duration::from_millis(200);

/// A client with users of its own.
pub(crate) struct Worker {
    clients: Clients,
    random: fastrand::Rng,
    ledger: Ledger,
    /// Where the next request goes.
    server: usize,
    /// Counts what it sends.
    sent: u64,
    field: &'static str,
    event: String,
    number: usize,
}

impl Worker {
    /// One of those that share the events.
    pub(crate) fn new(number: usize, clients: Clients) -> Self {
        let event = format!("hall-{}", number % EVENTS);
        let users = (0..USERS).map(|user| User {
            event: event.clone(),
            name: format!("user-{number}-{user}"),
            number: number * USERS + user,
            faces: BTreeSet::new(),
            perhaps: 0,
            metadata: None,
            check_ins: BTreeSet::new(),
        });
        Self {
            clients,
            random: fastrand::Rng::with_seed(number as u64),
            ledger: Ledger { users: users.collect(), ..Ledger::default() },
            server: number,
            sent: 0,
            field: FIELDS.get(number / EVENTS % FIELDS.len()).copied().unwrap_or_default(),
            event,
            number,
        }
    }

    /// What was acknowledged.
    pub(crate) fn into_ledger(self) -> Ledger {
        self.ledger
    }

    /// Asks for something, until that is acknowledged or cannot be.
    pub(crate) async fn ask_something(&mut self) -> Result<()> {
        self.sent += 1;
        let place = self.random.usize(..self.ledger.users.len());
        let user = self.ledger.users.get(place).context("no users")?;
        let (is_there, is_known) = (!user.faces.is_empty(), user.perhaps == 0);
        let kind = match self.random.u8(..100) {
            0..25 => "enrol with a key",
            25..35 => "enrol without",
            _ if !is_there => "enrol with a key",
            35..55 => "change a user",
            55..60 => "change an event",
            60..80 => "check in",
            80..88 if is_known && user.faces.len() > 1 => "delete a face",
            88..91 if is_known => "delete a user",
            _ => "read",
        };
        let is_done = match kind {
            "enrol with a key" => self.enrol(place, true).await?,
            "enrol without" => self.enrol(place, false).await?,
            "change a user" => self.change_user(place).await?,
            "change an event" => self.change_event().await?,
            "check in" => self.check_in(place).await?,
            "delete a face" => self.delete_face(place).await?,
            "delete a user" => self.delete_user(place).await?,
            _ => self.read(place).await?,
        };
        if is_done {
            *self.ledger.counts.entry(kind).or_default() += 1;
        }
        Ok(())
    }

    async fn enrol(&mut self, place: usize, has_key: bool) -> Result<bool> {
        let (path, number) = self.of(place, |user| (format!("{}/faces", user.path()), user.number))?;
        let body = json!({"model": "sface-2021dec", "embeddings": [embedding(number)],
            "on_duplicate": "allow", "on_other_person": "allow"});
        let key = self.key();
        let answer = self.ask(has_key, |client| {
            let request = client.request("POST", &path).json(&body);
            if has_key { request.header("idempotency-key", &key) } else { request }
        });
        let Some(answer) = answer.await? else {
            self.user(place)?.perhaps += 1;
            return Ok(false);
        };
        ensure!(matches!(answer.code(), 200 | 201), "not enrolled: {answer:?}");
        let accepted = answer.json.get("accepted").and_then(Value::as_array).context("no faces")?;
        let ids: Vec<_> =
            accepted.iter().filter_map(|face| face.get("id")?.as_str()).map(str::to_owned).collect();
        ensure!(ids.len() == 1, "one face was sent: {answer:?}");
        self.user(place)?.faces.extend(ids);
        self.acknowledged(&answer)
    }

    async fn change_user(&mut self, place: usize) -> Result<bool> {
        let (path, sent) = (self.of(place, User::path)?, self.sent);
        let body = json!({"metadata": {"sent": sent}});
        let answer = self.of_known(|client| client.request("PATCH", &path).json(&body)).await?;
        ensure!(answer.code() == 200, "not changed: {answer:?}");
        self.user(place)?.metadata = Some(sent);
        self.acknowledged(&answer)
    }

    async fn change_event(&mut self) -> Result<bool> {
        let policy = ["reject", "warn", "allow"].get(usize::try_from(self.sent % 3)?).copied();
        let value = match self.field {
            "metadata" => json!({"sent": self.sent}),
            "retain_until" => json!(format!("2099-01-01T00:00:{:02}Z", self.sent % 60)),
            _ => json!(policy),
        };
        let (path, body) = (format!("/v1/events/{}", self.event), json!({self.field: value.clone()}));
        let answer = self.of_known(|client| client.request("PATCH", &path).json(&body)).await?;
        ensure!(answer.code() == 200, "not changed: {answer:?}");
        self.ledger.field = Some(Field { event: self.event.clone(), name: self.field, value });
        self.acknowledged(&answer)
    }

    async fn check_in(&mut self, place: usize) -> Result<bool> {
        let (path, body) = self
            .of(place, |user| (format!("/v1/events/{}/check-ins", user.event), json!({"user": user.name})))?;
        let key = self.key();
        let request =
            |client: &Client| client.request("POST", &path).header("idempotency-key", &key).json(&body);
        let answer = self.of_known(request).await?;
        ensure!(matches!(answer.code(), 200 | 201), "not checked in: {answer:?}");
        let id =
            answer.json.pointer("/check_in/id").and_then(Value::as_str).context("no check-in")?.to_owned();
        ensure!(self.user(place)?.check_ins.insert(id), "one check-in for two requests: {answer:?}");
        self.acknowledged(&answer)
    }

    async fn delete_face(&mut self, place: usize) -> Result<bool> {
        let (path, id) =
            self.of(place, |user| (user.path(), user.faces.first().cloned().unwrap_or_default()))?;
        let answer = self.deleted(&format!("{path}/faces/{id}")).await?;
        self.user(place)?.faces.remove(&id);
        self.acknowledged(&answer)
    }

    async fn delete_user(&mut self, place: usize) -> Result<bool> {
        let path = self.of(place, User::path)?;
        let answer = self.deleted(&path).await?;
        self.user(place)?.delete();
        self.acknowledged(&answer)
    }

    async fn read(&mut self, place: usize) -> Result<bool> {
        let path = self.of(place, User::path)?;
        let answer = self.of_known(|client| client.request("GET", &path)).await?;
        ensure!(answer.code() == 200, "not read: {answer:?}");
        Ok(true)
    }

    /// A deletion: what a repetition does not find was deleted by the request before it.
    async fn deleted(&mut self, path: &str) -> Result<Answer> {
        let repeated = self.ledger.repeated;
        let answer = self.of_known_unless(|client| client.request("DELETE", path), repeated).await?;
        let was_repeated = self.ledger.repeated > repeated;
        ensure!(answer.code() == 204 || (was_repeated && answer.code() == 404), "not deleted: {answer:?}");
        Ok(answer)
    }

    /// Asks about what another server may have acknowledged just now.
    async fn of_known(&mut self, request: impl Fn(&Client) -> RequestBuilder) -> Result<Answer> {
        self.of_known_unless(request, u64::MAX).await
    }

    /// The same; once more than so many requests were repeated, 404 is an answer.
    async fn of_known_unless(
        &mut self,
        request: impl Fn(&Client) -> RequestBuilder,
        repeated: u64,
    ) -> Result<Answer> {
        let started = Instant::now();
        loop {
            let answer = self.ask(true, &request).await?.context("it is repeated until it is answered")?;
            let is_final = answer.code() != 404 || self.ledger.repeated > repeated;
            if is_final || started.elapsed() > LATE {
                return Ok(answer);
            }
            self.ledger.late += 1;
            sleep(PAUSE / 10).await;
        }
    }

    /// Sends a request to one server after the other until it is answered; `None` where it was perhaps done and cannot be
    /// repeated.
    async fn ask(
        &mut self,
        can_be_repeated: bool,
        request: impl Fn(&Client) -> RequestBuilder,
    ) -> Result<Option<Answer>> {
        let started = Instant::now();
        while started.elapsed() < PATIENCE {
            self.server += 1;
            let client = self.clients.of(self.server)?;
            let (was_sent, answer) = match client.send(request(&client)).await {
                Ok(answer) if answer.code() < 500 => return Ok(Some(answer)),
                Ok(answer) if answer.code() == 503 => (true, answer.text),
                Ok(answer) => bail!("a fault of the server: {answer:?}"),
                Err(error) => {
                    let refused = error.downcast_ref().is_some_and(reqwest::Error::is_connect);
                    (!refused, error.to_string())
                }
            };
            if was_sent && !can_be_repeated {
                self.ledger.given_up += 1;
                return Ok(None);
            }
            self.ledger.repeated += u64::from(was_sent);
            ensure!(started.elapsed() < PATIENCE, "no answer for a minute: {answer}");
            sleep(PAUSE).await;
        }
        bail!("no answer for a minute")
    }

    /// Notes an acknowledged change.
    fn acknowledged(&mut self, answer: &Answer) -> Result<bool> {
        let id = answer.headers.get("x-transaction-id").context("no transaction")?.to_str()?.to_owned();
        ensure!(self.ledger.transactions.insert(id), "two answers of one transaction: {answer:?}");
        Ok(true)
    }

    /// A key for the next request.
    fn key(&self) -> String {
        format!("{}-{}", self.number, self.sent)
    }

    fn user(&mut self, place: usize) -> Result<&mut User> {
        self.ledger.users.get_mut(place).context("no such user")
    }

    fn of<T>(&self, place: usize, what: impl FnOnce(&User) -> T) -> Result<T> {
        self.ledger.users.get(place).map(what).context("no such user")
    }
}
