//! A pooler in transaction mode with one session for all its clients, and what the store says of it.
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a message that is not the protocol's fails the test"
)]

use std::sync::Arc;

use embedding_store::{EmbeddingStore, Outage, StoreError};
use postgres_server::Database;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Mutex;

use super::specimens::{Outcome, open};

/// The session that all share, with what the server said when it began.
struct Session {
    from_server: OwnedReadHalf,
    to_server: OwnedWriteHalf,
    greeting: Vec<u8>,
}

/// One message, its type included where it has one.
async fn message(from: &mut OwnedReadHalf, has_type: bool) -> std::io::Result<Vec<u8>> {
    let head = if has_type { 5 } else { 4 };
    let mut bytes = vec![0; head];
    from.read_exact(&mut bytes).await?;
    let length = u32::from_be_bytes(bytes[head - 4..].try_into().unwrap()) as usize;
    bytes.resize(head + length - 4, 0);
    from.read_exact(&mut bytes[head..]).await?;
    Ok(bytes)
}

/// Whether the server is ready for another transaction, of whomever.
fn ends_transaction(message: &[u8]) -> bool {
    message[0] == b'Z' && message[5] == b'I'
}

/// The first client logs in at the server and leaves the session to all.
async fn first(
    client: TcpStream,
    server: TcpStream,
) -> std::io::Result<(Session, OwnedReadHalf, OwnedWriteHalf)> {
    let ((mut from, mut to), (mut from_server, mut to_server)) = (client.into_split(), server.into_split());
    to_server.write_all(&message(&mut from, false).await?).await?;
    // AuthenticationOk; what comes after it is said to every client.
    let mut greeting = vec![b'R', 0, 0, 0, 8, 0, 0, 0, 0];
    let mut is_in = false;
    loop {
        let said = message(&mut from_server, true).await?;
        to.write_all(&said).await?;
        if is_in {
            greeting.extend(&said);
        }
        is_in |= said == greeting[..9];
        if ends_transaction(&said) {
            return Ok((Session { from_server, to_server, greeting }, from, to));
        }
        // It asks for the password, in several steps.
        if said[0] == b'R' && !is_in && said[8] != 12 {
            to_server.write_all(&message(&mut from, true).await?).await?;
        }
    }
}

/// Lends the session for each transaction.
async fn serve(
    session: Arc<Mutex<Session>>,
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
) -> std::io::Result<()> {
    loop {
        let asked = message(&mut from, true).await?;
        if asked[0] == b'X' {
            return Ok(());
        }
        let mut session = session.lock().await;
        let (mut open, mut next) = (0, asked);
        loop {
            // Sync and a simple query are each answered by one ReadyForQuery.
            open += usize::from(matches!(next[0], b'S' | b'Q'));
            session.to_server.write_all(&next).await?;
            let mut idle = false;
            while open > 0 {
                let said = message(&mut session.from_server, true).await?;
                to.write_all(&said).await?;
                if said[0] == b'Z' {
                    open -= 1;
                    idle = ends_transaction(&said);
                }
            }
            if idle {
                break;
            }
            next = message(&mut from, true).await?;
        }
    }
}

async fn pool(listener: TcpListener, server: String) -> std::io::Result<()> {
    let (client, _) = listener.accept().await?;
    let (session, from, to) = first(client, TcpStream::connect(server).await?).await?;
    let session = Arc::new(Mutex::new(session));
    tokio::spawn(serve(Arc::clone(&session), from, to));
    loop {
        let (client, _) = listener.accept().await?;
        let (mut from, mut to) = client.into_split();
        message(&mut from, false).await?;
        let greeting = session.lock().await.greeting.clone();
        to.write_all(&greeting).await?;
        tokio::spawn(serve(Arc::clone(&session), from, to));
    }
}

#[tokio::test]
async fn a_pooler_in_transaction_mode_is_noticed_and_said_by_name() -> Outcome {
    let database = Database::new()?;
    drop(open(&database.url()).await?);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let url = database.url();
    let (start, rest) = url.rsplit_once('@').ok_or("no user")?;
    let (server, name) = rest.split_once('/').ok_or("no database")?;
    let pooler = tokio::spawn(pool(listener, server.to_owned()));
    let refused = match open(&format!("{start}@{address}/{name}")).await {
        Ok(store) => store.changes().await.err(),
        Err(error) => Some(error),
    };
    let refused = refused.ok_or("the pooler was taken for the database")?;
    assert!(matches!(&refused, StoreError::Misconfigured { .. }), "{refused:?}");
    assert_eq!(refused.outage(), Some(Outage::Pooled), "{refused}");
    pooler.abort();

    // The database itself is as good as before.
    assert!(open(&url).await?.changes().await?.is_some());
    Ok(())
}
