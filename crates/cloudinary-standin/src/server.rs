//! Connections on loopback: reads a call, lets it fail or carries it out, answers.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

use crate::account::Account;
use crate::answer::{Answer, Outcome, Refusal};
use crate::call::Call;
use crate::fault::{Fault, flip_bit};
use crate::{Endpoint, admin_api, delivery, upload_api};

/// The account, shared by all connections.
#[derive(Debug, Clone)]
pub(crate) struct Shared(Arc<Mutex<Account>>);

impl Shared {
    pub(crate) fn new(account: Account) -> Self {
        Self(Arc::new(Mutex::new(account)))
    }

    // Nothing under the lock panics half way through a change.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Account> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// After a connection that could not be accepted.
const PAUSE: Duration = Duration::from_millis(10);

/// The connection is to be closed without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the connection is closed on purpose")]
struct Dropped;

/// Serves connections until the future is dropped.
pub(crate) async fn serve(listener: TcpListener, account: Shared) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => drop(tokio::spawn(connection(stream, account.clone()))),
            // No reason to stop: the client's own doing, or too many open files for the moment.
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}

async fn connection(stream: TcpStream, account: Shared) {
    let service = service_fn(move |request| answer(account.clone(), request));
    // An error is a connection that was dropped on purpose, or that the client closed.
    let _ =
        http1::Builder::new().title_case_headers(true).serve_connection(TokioIo::new(stream), service).await;
}

async fn answer(account: Shared, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Dropped> {
    let end = match Call::read(request).await {
        // A task of its own: a call is carried out although its caller has lost patience.
        Ok(call) => tokio::spawn(carry_out(account, call)).await.map_err(|_| Dropped)?,
        Err(refusal) => End::Answer(refusal.into()),
    };
    match end {
        End::Answer(answer) => {
            let response = Response::builder().status(answer.status);
            let headers = answer.headers.into_iter();
            let response = headers.fold(response, |response, (name, value)| response.header(name, value));
            response.body(Full::new(answer.body)).map_err(|_| Dropped)
        }
        End::Close => Err(Dropped),
        // Ends when the client closes: hyper then drops this future.
        End::Silence => std::future::pending().await,
    }
}

/// How a call ends for its caller.
enum End {
    Answer(Answer),
    Close,
    Silence,
}

/// Draws how the call fails, waits, and carries it out.
async fn carry_out(account: Shared, call: Call) -> End {
    // Both are taken when the call arrives, so that no wait changes which call a rule or the dice hit. The
    // lock is not held over the wait: other calls go on meanwhile.
    let (delay, fault) = account.lock().begin(&call);
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    // From here on in one piece: whatever the call does is done at one moment for all others.
    let mut account = account.lock();
    match fault {
        Some(Fault::DropBefore) => return End::Close,
        Some(Fault::HangBefore) => return End::Silence,
        Some(fault) => {
            if let Some(answer) = fault.answer(account.clock.now()) {
                return End::Answer(answer);
            }
        }
        None => {}
    }
    let answer = perform(&mut account, &call).unwrap_or_else(Answer::from);
    match fault {
        Some(Fault::DropAfter) => End::Close,
        Some(Fault::HangAfter) => End::Silence,
        Some(Fault::FlipBit) => End::Answer(flip_bit(answer)),
        Some(
            Fault::Status(_) | Fault::Page(_) | Fault::Limited { .. } | Fault::DropBefore | Fault::HangBefore,
        )
        | None => End::Answer(answer),
    }
}

/// The one table: from the kind of a call to what carries it out.
fn perform(account: &mut Account, call: &Call) -> Outcome {
    match call.route.endpoint {
        Endpoint::Upload => upload_api::perform(account, call, upload_api::upload),
        Endpoint::Explicit => upload_api::perform(account, call, upload_api::explicit),
        Endpoint::Destroy => upload_api::perform(account, call, upload_api::destroy),
        Endpoint::Rename => upload_api::perform(account, call, upload_api::rename),
        Endpoint::Tags => upload_api::perform(account, call, upload_api::tags),
        Endpoint::Context => upload_api::perform(account, call, upload_api::context),
        Endpoint::Download => upload_api::perform(account, call, upload_api::download),
        Endpoint::Archive => upload_api::perform(account, call, upload_api::archive),
        Endpoint::AdminList => admin_api::perform(account, call, admin_api::list),
        Endpoint::AdminGet => admin_api::perform(account, call, admin_api::get),
        Endpoint::AdminDelete => admin_api::perform(account, call, admin_api::delete),
        Endpoint::AdminFolders => admin_api::perform(account, call, admin_api::folders),
        Endpoint::AdminUsage => admin_api::perform(account, call, admin_api::usage),
        Endpoint::AdminPing => admin_api::perform(account, call, admin_api::ping),
        // No key and secret here: the URL's signature is all that a reader has.
        Endpoint::Delivery => delivery::deliver(account, call),
        Endpoint::Unknown => {
            let text = format!("The stand-in does not know {} {}", call.method, call.path);
            Err(Refusal::new(404, text))
        }
    }
}
