//! `cloudinary-standin`: the stand-in as a program, for SDKs and people.

use std::io::{self, Write};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use cloudinary_standin::{Fault, Options, StandIn};

/// Serves a Cloudinary account with fake credentials on loopback, until it is killed.
#[derive(Debug, Parser)]
#[command(version)]
struct Cli {
    /// The port; 0 picks a free one
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// How long each call waits, in milliseconds
    #[arg(long, default_value_t = 0)]
    delay: u64,
    /// The share of the calls that fail, from 0 to 1
    #[arg(long, default_value_t = 0.0)]
    failing: f64,
    /// Seed of the dice that decide which calls fail
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Calls of the Admin API in an hour
    #[arg(long, default_value_t = 500)]
    admin_limit: u32,
}

fn main() -> Result<()> {
    let cli = Cli::parse();
    ensure!((0.0..=1.0).contains(&cli.failing), "--failing is a share from 0 to 1");
    let mut options = Options::failing(cli.failing, &Fault::TRANSIENT, cli.seed);
    options.port = cli.port;
    options.behaviour.delay = Duration::from_millis(cli.delay);
    options.behaviour.admin_limit = cli.admin_limit;
    let stand_in = StandIn::start(options).context("cannot listen on the port")?;
    writeln!(io::stdout(), "Ready: {} CLOUDINARY_URL={}", stand_in.base_url(), stand_in.cloudinary_url())?;
    // `park` may return spuriously.
    loop {
        std::thread::park();
    }
}
