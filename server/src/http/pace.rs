//! A body has to come at a least rate, or its place is given to others.

use std::cell::Cell;
use std::future::pending;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use actix_web::HttpMessage;
use actix_web::dev::{Payload, ServiceRequest};
use futures_util::StreamExt;
use futures_util::stream::poll_fn;
use tokio::time::{Instant, sleep_until};

/// What a body need not have brought yet when it begins: a line may stall.
const GRACE: Duration = Duration::from_secs(5);

/// Least bytes a second beyond that: a photograph of 200 kB over the worst of lines takes as long as a request may.
const LEAST_RATE: f64 = 4096.0;

/// How far a body has come, as its stream tells.
#[derive(Debug, Default)]
struct Progress {
    received: Cell<u64>,
    is_read: Cell<bool>,
}

/// Tells when the stream is dropped: nobody waits for the rest of it, such as what follows the end of a form.
struct Reading(Rc<Progress>);

impl Drop for Reading {
    fn drop(&mut self) {
        self.0.is_read.set(true);
    }
}

/// The request, and what ends when its body falls behind the least rate: never, once it was read.
pub(super) fn keep_pace(mut request: ServiceRequest) -> (ServiceRequest, impl Future<Output = ()>) {
    let progress = Rc::new(Progress::default());
    let (reading, mut body) = (Reading(Rc::clone(&progress)), request.take_payload());
    let counted = poll_fn(move |context| {
        let polled = body.poll_next_unpin(context);
        let Reading(progress) = &reading;
        match &polled {
            Poll::Ready(Some(Ok(chunk))) => {
                progress.received.set(progress.received.get().saturating_add(chunk.len() as u64));
            }
            Poll::Ready(Some(Err(_)) | None) => progress.is_read.set(true),
            Poll::Pending => {}
        }
        polled
    });
    request.set_payload(Payload::Stream { payload: Box::pin(counted) });
    (request, falls_behind(progress))
}

async fn falls_behind(progress: Rc<Progress>) {
    let started = Instant::now();
    while !progress.is_read.get() {
        let due = started + GRACE + Duration::from_secs_f64(progress.received.get() as f64 / LEAST_RATE);
        if Instant::now() >= due {
            return;
        }
        sleep_until(due).await;
    }
    pending::<()>().await;
}
