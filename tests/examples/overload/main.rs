//! Sends a server twice the requests it can do, then malformed ones, and holds what it does to stated bounds.
//!
//! `TEST_SERVER_BIN` names the program, the argument is for how many seconds; `cargo xtask soak --overload` calls it:
//!
//! ```sh
//! TEST_SERVER_BIN=.../face-server cargo run --release -p e2e --example overload 600
//! ```

#![expect(clippy::print_stdout, reason = "what it prints is its report")]

mod load;
mod malformed;
mod memory;

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use e2e::{Server, close_up};

use self::load::{Load, Outcome};
use self::memory::Memory;

/// Where the requests go: one face, searched among the users of an event.
const ROUTE: &str = "/v1/events/overload/identify";
/// Requests that wait for an answer while the capacity is measured: enough to keep every thread at work.
const SATURATING: usize = 4;
/// Seconds for which the capacity is measured.
const MEASURED: u64 = 20;
/// Least share of the capacity that is served while twice as much is asked for.
const GOODPUT: f64 = 0.9;
/// The slowest of a hundred accepted requests takes less than this many times the median of an idle server.
const SLOWEST: f64 = 5.0;
/// Most that the memory of the last minute may be above that of the second.
const GROWTH: f64 = 1.05;
/// How soon after the overload a request takes what it took before, within a factor of two.
const RECOVERY: Duration = Duration::from_secs(5);

#[tokio::main]
async fn main() -> Result<()> {
    let seconds = std::env::args().nth(1).context("for how many seconds?")?.parse()?;
    let server = Server::builder()?.flags(["--log-level", "error"]).start()?;
    let client = server.client();
    let picture = close_up()?;
    let enrolled = client.pictures("/v1/events/overload/users/obama/faces", &[&picture], &[]).await?;
    ensure!(enrolled.code() == 201 || enrolled.code() == 200, "not enrolled: {}", enrolled.text);

    let load = Load::new(server.url(), ROUTE, picture);
    let unloaded = load.one_by_one(100).await?;
    let capacity = load.saturated(SATURATING, Duration::from_secs(MEASURED)).await?;
    println!("unloaded: median {:.1} ms; capacity: {capacity:.1} a second", milliseconds(unloaded));

    let memory = Memory::watch(server.process().context("the server is not running")?);
    let outcome = load.at_rate(2.0 * capacity, Duration::from_secs(seconds)).await?;
    let memory = memory.stop().await?;
    let recovered = recovery(&load, unloaded).await?;
    outcome.print(seconds);
    println!("memory: {memory}; normal again after {:.1} s", recovered.as_secs_f64());

    let malformed = malformed::send(&client, 10_000).await?;
    println!("malformed requests: {malformed}");

    judge(&outcome, unloaded, capacity, seconds)?;
    ensure!(memory.growth() <= GROWTH, "memory grew: {memory}");
    ensure!(recovered <= RECOVERY, "normal again only after {recovered:?}");
    malformed.judge()
}

/// Whether what the overloaded server did is within the bounds.
fn judge(outcome: &Outcome, unloaded: Duration, capacity: f64, seconds: u64) -> Result<()> {
    ensure!(outcome.faults.is_empty(), "neither answered nor refused: {:?}", outcome.faults);
    #[expect(clippy::cast_precision_loss, reason = "counts and seconds are small")]
    let served = outcome.accepted.len() as f64 / seconds as f64;
    ensure!(served >= GOODPUT * capacity, "{served:.1} a second served of {capacity:.1}");
    let slowest = outcome.percentile(99).as_secs_f64() / unloaded.as_secs_f64();
    ensure!(slowest < SLOWEST, "the slowest of a hundred takes {slowest:.1} times the unloaded median");
    Ok(())
}

/// How long it takes from now until a request is done in twice the time of an idle server.
async fn recovery(load: &Load, unloaded: Duration) -> Result<Duration> {
    let ended = Instant::now();
    while load.one_by_one(1).await? > 2 * unloaded {
        ensure!(ended.elapsed() < 4 * RECOVERY, "still slow {:?} after the overload", ended.elapsed());
    }
    Ok(ended.elapsed())
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
