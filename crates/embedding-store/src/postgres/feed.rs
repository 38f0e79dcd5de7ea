//! The changes of other stores: a connection of its own that listens, and is made again when it is lost.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::{Arc, Weak};
use std::time::Duration;

use futures_util::stream;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tokio_postgres::{AsyncMessage, Client};
use uuid::Uuid;

use super::config::PostgresConfig;
use super::connection::Connections;
use super::failure::{Failure, POOLED, connect_error};
use super::identity::Identity;
use super::locks;
use super::notice::{self, Changed};
use super::session::Sessions;
use crate::{Change, ChangeFeed, Outage, StoreError};

/// After so much silence the connection is asked whether it lives, and given so long for its answer: one
/// that is dead is noticed within the sum.
// The keepalives of TCP need 11 seconds for that (see `KEEPALIVE`).
const SILENCE: Duration = Duration::from_secs(2);
const ANSWER: Duration = Duration::from_secs(2);

/// A reader that takes nothing for so long is cut off: what waits for it fills the server's queue.
// All sessions of a server share that queue. When it is full, every transaction with a notice fails at COMMIT.
const READER: Duration = Duration::from_secs(30);

/// Between attempts to connect again.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Parameters 1 and 2 are the channel and what is said.
const SAY: &str = "SELECT pg_backend_pid(), pg_notify($1, $2)";

/// Changes that wait for the reader.
const QUEUE: usize = 1024;

/// A connection that listens. Dropped, it is closed.
struct Listener {
    client: Client,
    /// The server's process behind it.
    session: i32,
    notices: mpsc::Receiver<String>,
    /// Those that came while it was tried.
    early: VecDeque<String>,
    task: JoinHandle<()>,
}

impl Drop for Listener {
    fn drop(&mut self) {
        // Without this the task would go on until pending answers have come, which a silent server never
        // sends.
        self.task.abort();
    }
}

struct Watch {
    config: PostgresConfig,
    sessions: Sessions,
    identity: Identity,
    /// Weak, so that a feed does not keep the connections of a store that was dropped.
    connections: Weak<Connections>,
    reader: mpsc::Sender<Change>,
}

pub(super) async fn open(
    config: &PostgresConfig,
    identity: &Identity,
    connections: &Arc<Connections>,
) -> Result<ChangeFeed, StoreError> {
    let (reader, mut changes) = mpsc::channel(QUEUE);
    let sessions = connections.sessions().clone();
    let connections = Arc::downgrade(connections);
    let watch = Watch { config: config.clone(), sessions, identity: identity.clone(), connections, reader };
    // Not left to the task: every change after the return of this function must be in the feed.
    let listener = watch.listen().await?;
    let task = Watching(tokio::spawn(watch.run(listener)));
    Ok(ChangeFeed::new(stream::poll_fn(move |context| {
        // Held by the stream, so that it ends with it.
        let _ = &task;
        changes.poll_recv(context)
    })))
}

struct Watching(JoinHandle<()>);

impl Drop for Watching {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Watch {
    async fn run(self, mut listener: Listener) {
        loop {
            // `forward` has closed the connection when it returns, so a slow reader no longer fills the
            // server's queue.
            if self.forward(listener).await.is_err() || self.reader.send(Change::Interrupted).await.is_err() {
                return;
            }
            listener = self.listen_again().await;
            // Only after LISTEN: a change between a reading of everything and LISTEN would be missed.
            if self.reader.send(Change::Everything).await.is_err() {
                return;
            }
        }
    }

    /// Until the connection is lost; an error when there is no reader any more.
    async fn forward(&self, mut listener: Listener) -> Result<(), mpsc::error::SendError<Change>> {
        loop {
            let early = listener.early.pop_front();
            let next = async {
                match early {
                    Some(notice) => Some(notice),
                    None => listener.notices.recv().await,
                }
            };
            match timeout(SILENCE, next).await {
                Ok(Some(notice)) => {
                    let Some(change) = self.change(&notice) else { continue };
                    match timeout(READER, self.reader.send(change)).await {
                        Ok(sent) => sent?,
                        Err(_) => return Ok(()),
                    }
                }
                Ok(None) => return Ok(()),
                Err(_) => match timeout(ANSWER, listener.client.batch_execute("")).await {
                    Ok(Ok(())) => {}
                    Ok(Err(_)) | Err(_) => return Ok(()),
                },
            }
        }
    }

    fn change(&self, text: &str) -> Option<Change> {
        // Every user of the database may NOTIFY on this channel, so what cannot be read is passed over. The
        // store's own notices come back too.
        match notice::read(text)? {
            (writer, _) if writer == self.identity.writer => None,
            (_, Changed::Event(event)) => Some(Change::Event(event)),
            (_, Changed::User(event, user)) => Some(Change::User(event, user)),
        }
    }

    async fn listen_again(&self) -> Listener {
        let (mut pause, mut said) = (FIRST_PAUSE, String::new());
        loop {
            // Apart from one another, so that many servers do not come back at one moment.
            let spread = pause.mul_f64((Uuid::now_v7().as_u128() % 1000) as f64 / 1000.0);
            sleep(pause + spread).await;
            match self.listen().await {
                Ok(listener) => return listener,
                // Once for each reason, as this may go on for hours.
                Err(error) => {
                    let reason = error.to_string();
                    if reason != said {
                        tracing::warn!(%error, "change feed: the database cannot be listened to");
                        said = reason;
                    }
                }
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn listen(&self) -> Result<Listener, StoreError> {
        let connecting = async {
            // Not from the pool: LISTEN belongs to one session, and notices are returned by `poll_message`
            // only. The pool runs its connections as futures, which discard them.
            let (client, mut connection) = self.config.server.connect(self.sessions.tls()).await?;
            let (sender, notices) = mpsc::channel(QUEUE);
            let task = tokio::spawn(async move {
                while let Some(Ok(message)) = poll_fn(|context| connection.poll_message(context)).await {
                    if let AsyncMessage::Notification(notice) = message
                        && sender.send(notice.payload().to_owned()).await.is_err()
                    {
                        return;
                    }
                }
            });
            // No await between the spawn and this, so that the task is ended also when the time-out below
            // drops all this.
            let mut listener = Listener { client, session: 0, notices, early: VecDeque::new(), task };
            // Before LISTEN: nobody takes notices yet, and with its queue full the task would read no answer either.
            listener.session = listener.client.query_one("SELECT pg_backend_pid()", &[]).await?.try_get(0)?;
            let Self { sessions, identity, .. } = self;
            // The lock tells a command that changes the keys that a server is at work.
            let listen =
                format!("{}; LISTEN \"{}\"; {}", sessions.settings(), identity.channel, locks::SERVER);
            listener.client.batch_execute(&listen).await?;
            Ok(listener)
        };
        match timeout(self.config.connect_timeout, connecting).await {
            Ok(outcome) => self.tried(outcome.map_err(connect_error)?).await,
            Err(_) => Err(StoreError::unavailable(true, "the database did not take a connection in time")),
        }
    }

    /// The listener, when it hears what another connection says: behind a pooler that gives each transaction another
    /// session it would hear nothing, and no change of others would ever be seen.
    async fn tried(&self, mut listener: Listener) -> Result<Listener, StoreError> {
        let pooled =
            || StoreError::Misconfigured { reason: POOLED.to_owned(), source: Some(Outage::Pooled.into()) };
        let Some(connections) = self.connections.upgrade() else { return Ok(listener) };
        let hello = notice::hello(self.identity.writer);
        let lease = connections.lend().await?;
        let said = lease.rows(SAY, &[&self.identity.channel, &hello]).await;
        let said = lease.settle(said)?;
        let other: Option<i32> = said
            .first()
            .map(|row| row.try_get(0))
            .transpose()
            .map_err(|error| Failure::from(error).into_error())?;
        // Two connections that are open at one time have one session between them.
        if other == Some(listener.session) {
            return Err(pooled());
        }
        let hear = async {
            while let Some(notice) = listener.notices.recv().await {
                if notice == hello {
                    return true;
                }
                listener.early.push_back(notice);
            }
            false
        };
        match timeout(self.config.connect_timeout, hear).await {
            Ok(true) => Ok(listener),
            Ok(false) => Err(StoreError::unavailable(true, "the database ended the connection")),
            Err(_) => Err(pooled()),
        }
    }
}
