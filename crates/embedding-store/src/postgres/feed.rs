//! The changes of other stores: a connection of its own that listens, and is made again when it is lost.

use std::future::poll_fn;
use std::time::Duration;

use futures_util::stream;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tokio_postgres::{AsyncMessage, Client};
use uuid::Uuid;

use super::config::PostgresConfig;
use super::connection::Sessions;
use super::failure::connect_error;
use super::identity::Identity;
use super::notice::{self, Changed};
use crate::{Change, ChangeFeed, StoreError};

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

/// Changes that wait for the reader.
const QUEUE: usize = 1024;

/// A connection that listens. Dropped, it is closed.
struct Listener {
    client: Client,
    notices: mpsc::Receiver<String>,
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
    reader: mpsc::Sender<Change>,
}

pub(super) async fn open(config: &PostgresConfig, identity: &Identity) -> Result<ChangeFeed, StoreError> {
    let (reader, mut changes) = mpsc::channel(QUEUE);
    let sessions = Sessions::new(config)?;
    let watch = Watch { config: config.clone(), sessions, identity: identity.clone(), reader };
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
            match timeout(SILENCE, listener.notices.recv()).await {
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
        let mut pause = FIRST_PAUSE;
        loop {
            // Apart from one another, so that many servers do not come back at one moment.
            let spread = pause.mul_f64((Uuid::now_v7().as_u128() % 1000) as f64 / 1000.0);
            sleep(pause + spread).await;
            if let Ok(listener) = self.listen().await {
                return listener;
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
            let listener = Listener { client, notices, task };
            let listen = format!("{}; LISTEN \"{}\"", self.sessions.settings(), self.identity.channel);
            listener.client.batch_execute(&listen).await?;
            Ok(listener)
        };
        match timeout(self.config.connect_timeout, connecting).await {
            Ok(outcome) => outcome.map_err(connect_error),
            Err(_) => Err(StoreError::unavailable(true, "the database did not take a connection in time")),
        }
    }
}
