//! What the server answers at its defaults: people enrolled over HTTP, then asked for, with strangers among them.

mod client;
pub(crate) mod outcome;
mod plan;
mod server;

use crate::AccuracyError;
use crate::arguments::Arguments;
use crate::labels::Labels;
use crate::parallel::in_order;
use crate::pictures::{PictureIndex, Pictures};
use crate::progress::Progress;
use crate::report::{PicturesReport, Report, Setting};
use client::{Client, Enrolled};
use outcome::{EventOutcome, HttpReport};
use plan::{Plan, Visit, plans};
use server::Server;

/// Starts the server that the arguments name, holds events of each size, and stops it.
///
/// # Errors
/// [`AccuracyError`]: the labels are wrong, the server does not start, or it fails while it is asked.
pub fn measure_http(arguments: &Arguments) -> Result<Report, AccuracyError> {
    let labels = Labels::read(arguments)?;
    let program = arguments.server.as_ref().ok_or_else(|| {
        AccuracyError::Contradiction(
            "--http needs the server program: `cargo xtask accuracy` builds it, or give --server".to_owned(),
        )
    })?;
    let server = Server::start(program, &arguments.models)?;
    // `server` lives to the end of this function, whichever way it ends; dropping it ends the process.
    let client = Client::new(server.url())?;
    let mut events = Vec::new();
    for &size in &arguments.people {
        let size = size as usize;
        let plans = plans(&labels.people, size, usize::from(arguments.enrol), arguments.strangers as usize);
        let mut outcome = EventOutcome { size, ..EventOutcome::default() };
        for (number, plan) in plans.iter().enumerate() {
            let event = format!("accuracy-{size}-{number}");
            hold(&client, &event, plan, &labels.pictures, arguments.threads(), &mut outcome)?;
        }
        events.push(outcome);
    }
    let name = || arguments.identify.as_ref().and_then(|path| path.file_stem());
    let name = || name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(Report {
        setting: Setting { dataset: arguments.dataset.clone().unwrap_or_else(name), ..Setting::default() },
        pictures: PicturesReport {
            count: labels.pictures.all().len(),
            people: labels.people.len(),
            ..PicturesReport::default()
        },
        http: Some(HttpReport { events }),
        ..Report::default()
    })
}

/// Enrols one person after the other until the event has its size, then lets everyone come.
fn hold(
    client: &Client,
    event: &str,
    plan: &Plan,
    pictures: &Pictures,
    threads: usize,
    outcome: &mut EventOutcome,
) -> Result<(), AccuracyError> {
    let read = |picture: PictureIndex| {
        let path = pictures.get(picture).map(|picture| picture.path.clone()).unwrap_or_default();
        std::fs::read(&path).map_err(|source| AccuracyError::Read { path, source })
    };
    let progress = Progress::start("people enrolled", plan.size);
    let mut visits = Vec::new();
    // One after the other: each is checked for duplicates against all before, so the order decides who gets
    // in, and an event must not grow beyond its size.
    for candidate in &plan.candidates {
        if visits.len() == plan.size {
            break;
        }
        let files = candidate.enrolled.iter().map(|&picture| read(picture)).collect::<Result<Vec<_>, _>>()?;
        let user = format!("person-{}", candidate.person);
        let enrolled = client.enrol(event, &user, files)?;
        outcome.count_enrolment(&enrolled);
        if enrolled == Enrolled::Yes {
            visits.push(Visit { user: Some(user), picture: candidate.probe });
            progress.one_more();
        }
    }
    // Before the next bar begins, for two would write over each other.
    drop(progress);
    outcome.count_event(visits.len());
    // The server cannot search an event without users: it would refuse every visitor.
    if visits.is_empty() {
        return Ok(());
    }
    visits.extend(plan.strangers.iter().map(|&picture| Visit { user: None, picture }));
    // Several at a time, unlike the enrolments: a search changes nothing, so the order of the visits does
    // not matter.
    let progress = Progress::start("visitors", visits.len());
    let answers = in_order(&visits, threads, |visit| {
        let answer = client.identify(event, read(visit.picture)?);
        progress.one_more();
        answer
    })?;
    for (visit, answer) in visits.iter().zip(&answers) {
        outcome.count_visit(visit.user.as_deref(), answer);
    }
    Ok(())
}
