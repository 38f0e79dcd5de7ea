//! How often strangers are named and rightful people are not, by event size: on made-up people whose distances are
//! those measured. Prints the tables of docs/ACCURACY.md.
//!
//! ```sh
//! cargo run --release --package events --example simulate
//! ```

mod population;
mod trial;

use std::error::Error;
use std::io::Write;
use std::sync::Arc;

use embedding::{Distance, DistanceScale, Embedding, Template};
use events::{Calibration, FalseMatchRate, MatchPolicy, MatchRule};

use crate::population::Population;
use crate::trial::{Outcome, Tally, Trial, calibration};

/// Users, events and visitors of each kind an event: about 100,000 visitors of each kind in all.
const SIZES: [(usize, u64, usize); 4] =
    [(10, 2000, 50), (100, 400, 250), (1000, 40, 2500), (10_000, 5, 20_000)];

/// Pairs of pictures drawn to compare the made-up distances with the measured ones.
const PAIRS: u32 = 4_000_000;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let calibration = calibration()?;
    likeness(&calibration)?;

    say(
        "\n| rule | enrolled | users | threshold | basis | strangers named | ambiguous | rightful named | ambiguous | refused | named wrongly |",
    )?;
    say("|---|---|---|---|---|---|---|---|---|---|---|")?;
    let fixed = |threshold| Ok::<_, Box<dyn Error>>(MatchRule::Threshold(Distance::new(threshold)?));
    let target = |rate| Ok::<_, Box<dyn Error>>(MatchRule::TargetFalseMatchRate(FalseMatchRate::new(rate)?));
    let rules = [
        ("target 1 %", target(0.01)?, 1),
        ("target 10 %", target(0.1)?, 1),
        ("threshold 0.4", fixed(0.4)?, 1),
        ("target 1 %", target(0.01)?, 3),
    ];
    for (name, rule, pictures) in rules {
        for size in SIZES {
            let policy = MatchPolicy { rule, ..MatchPolicy::default() };
            let outcome = run(size, pictures, policy, &calibration).await?;
            let limit = outcome.limit;
            say(&format!(
                "| {name} | {pictures} | {} | {} | {} | {} |",
                size.0,
                limit.threshold,
                limit.basis.as_str(),
                shares(&outcome)
            ))?;
        }
    }

    say(
        "\n| margin | rule | users | strangers named | ambiguous | rightful named | ambiguous | refused | named wrongly |",
    )?;
    say("|---|---|---|---|---|---|---|---|---|")?;
    for (name, rule, size) in [
        ("threshold 0.4", fixed(0.4)?, SIZES[1]),
        ("threshold 0.4", fixed(0.4)?, SIZES[2]),
        ("target 10 %", target(0.1)?, SIZES[2]),
    ] {
        for margin in [0.0, 0.01, 0.02, 0.03, 0.05] {
            let policy = MatchPolicy { rule, margin: Distance::new(margin)?, ..MatchPolicy::default() };
            let outcome = run(size, 1, policy, &calibration).await?;
            say(&format!("| {margin} | {name} | {} | {} |", size.0, shares(&outcome)))?;
        }
    }
    Ok(())
}

async fn run(
    (users, events, visitors): (usize, u64, usize),
    pictures: usize,
    policy: MatchPolicy,
    calibration: &Arc<Calibration>,
) -> Result<Outcome, Box<dyn Error>> {
    Trial { users, pictures, events, visitors, policy }.run(calibration).await
}

fn shares(Outcome { strangers, rightful, .. }: &Outcome) -> String {
    let percent = |part: u64, of: &Tally| format!("{:.2} %", 100.0 * part as f64 / of.all() as f64);
    [
        percent(strangers.wrong, strangers),
        percent(strangers.ambiguous, strangers),
        percent(rightful.right, rightful),
        percent(rightful.ambiguous, rightful),
        percent(rightful.refused, rightful),
        percent(rightful.wrong, rightful),
    ]
    .join(" | ")
}

/// The rates of the made-up people beside the measured ones, at the distances of the calibration.
fn likeness(calibration: &Calibration) -> Result<(), Box<dyn Error>> {
    let mut population = Population::new(1, calibration.setting().model.clone());
    let scale = calibration.setting().scale;
    let (mut impostor, mut genuine) = (Vec::new(), Vec::new());
    for _ in 0..PAIRS {
        let (one, other) = (population.person(), population.person());
        let picture = population.picture(&one)?;
        impostor.push(distance(scale, &picture, &population.picture(&other)?)?);
        if genuine.len() < 200_000 {
            genuine.push(distance(scale, &picture, &population.picture(&one)?)?);
        }
    }
    let share = |of: &[Distance], is: &dyn Fn(f32) -> bool| {
        of.iter().filter(|distance| is(distance.value())).count() as f64 / of.len() as f64
    };
    say("| distance | FAR measured | FAR made up | FRR measured | FRR made up |")?;
    say("|---|---|---|---|---|")?;
    for point in calibration.points() {
        let far = share(&impostor, &|distance| distance <= point.distance);
        let frr = share(&genuine, &|distance| distance > point.distance);
        say(&format!(
            "| {:.3} | {:.2e} | {far:.2e} | {:.2} % | {:.2} % |",
            point.distance,
            point.fmr,
            100.0 * point.frr,
            100.0 * frr
        ))?;
    }
    Ok(())
}

fn distance(scale: DistanceScale, one: &Embedding, other: &Embedding) -> Result<Distance, Box<dyn Error>> {
    let template = |picture| Template::from_embeddings(scale, [picture]);
    Ok(template(one)?.distance(&template(other)?)?)
}

fn say(line: &str) -> std::io::Result<()> {
    writeln!(std::io::stdout(), "{line}")
}
