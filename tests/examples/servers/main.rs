//! Sends mixed requests to three servers on one database, kills one after the other, and looks for all that was acknowledged.
//!
//! `TEST_SERVER_BIN` names the program, `TEST_POSTGRES_URL` and `TEST_POSTGRES_BIN` the database server; the arguments are for
//! how many seconds, and how many seconds are between two kills. `cargo xtask soak --servers` calls it:
//!
//! ```sh
//! cargo run -p e2e --example servers 600 60
//! ```

#![expect(clippy::print_stdout, reason = "what it prints is its report")]

mod check;
mod cluster;
mod ledger;
mod worker;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::sleep_until;

use self::cluster::Cluster;
use self::ledger::Ledger;
use self::worker::Worker;

/// Requests that are acknowledged.
const REQUESTS: u64 = 10_000;
/// Clients, four for each event: each changes a field of its event that is its own.
const WORKERS: usize = 12;
/// How long servers may take to know what the others did, when all is over.
const SETTLED: Duration = Duration::from_secs(10);

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1).map(|text| text.parse());
    let seconds: u32 = arguments.next().context("for how many seconds?")??;
    let period: u32 = arguments.next().context("how many seconds between two kills?")??;
    let cluster = Cluster::start().await?;
    let clients = cluster.clients();

    let (stop, stopped) = oneshot::channel();
    let killing = tokio::spawn(cluster.kill_in_turn(Duration::from_secs(period.into()), stopped));
    let (started, sent) = (Instant::now(), Arc::new(AtomicU64::new(0)));
    let pause = Duration::from_secs(seconds.into()) / u32::try_from(REQUESTS)?;
    let mut workers = JoinSet::new();
    for number in 0..WORKERS {
        let (mut worker, sent) = (Worker::new(number, clients.clone()), Arc::clone(&sent));
        workers.spawn(async move {
            loop {
                let number = sent.fetch_add(1, Ordering::Relaxed);
                if number >= REQUESTS {
                    return Ok::<_, anyhow::Error>(worker.into_ledger());
                }
                // Spread over the whole time, or they were done before the first kill.
                sleep_until((started + pause * u32::try_from(number)?).into()).await;
                worker.ask_something().await?;
            }
        });
    }
    let mut ledgers: Vec<Ledger> = Vec::new();
    while let Some(ledger) = workers.join_next().await {
        ledgers.push(ledger??);
    }
    let took = started.elapsed().as_secs();
    // An error is the killing's own, which the next line has.
    let _ = stop.send(());
    let (cluster, kills) = killing.await??;
    ensure!(kills > 0, "nothing was killed in {took} s");
    let total = ledgers.iter().fold(Ledger::default(), Ledger::and_counts_of);
    println!(
        "{REQUESTS} requests in {took} s at three servers, one killed {kills} times: {}",
        total.described()
    );

    let ended = Instant::now();
    for client in cluster.clients().all() {
        let found = loop {
            match check::check(&client, &ledgers).await {
                Ok(found) => break found,
                Err(error) if ended.elapsed() > SETTLED => return Err(error),
                Err(_) => tokio::time::sleep(Duration::from_millis(500)).await,
            }
        };
        println!("{}: {found}: all that was acknowledged, once", client.address());
    }
    Ok(())
}
