//! `cloudinary-standin`: the stand-in as a program, for SDKs and people.

use std::io::{self, Write};

use anyhow::{Context, Result};
use clap::Parser;
use cloudinary_standin::{Options, StandIn};

/// Serves a Cloudinary account with fake credentials on loopback, until it is killed.
#[derive(Debug, Parser)]
#[command(version)]
struct Cli {
    /// The port; 0 picks a free one
    #[arg(long, default_value_t = 0)]
    port: u16,
}

fn main() -> Result<()> {
    let cli = Cli::parse();
    let options = Options { port: cli.port, ..Options::default() };
    let stand_in = StandIn::start(options).context("cannot listen on the port")?;
    writeln!(io::stdout(), "Ready: {} CLOUDINARY_URL={}", stand_in.base_url(), stand_in.cloudinary_url())?;
    // `park` may return spuriously.
    loop {
        std::thread::park();
    }
}
