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
use crate::answer::{Answer, Refusal};
use crate::call::Call;
use crate::dispatch;
use crate::fault::{Fault, flip_bit};

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
    let (call, trouble) = Call::read(request).await;
    let mut noted = Noted::begin(account.clone(), &call);
    // A task of its own: a call is carried out although its caller has lost patience.
    let work = tokio::spawn(carried_out(account.clone(), call, trouble));
    match work.await.map_err(|_| Dropped)? {
        End::Answer(answer) => {
            // Written to the log when this function ends, before hyper sends a byte: whoever has the answer
            // finds it there.
            noted.status = Some(answer.status);
            response(&account, answer)
        }
        End::Close => Err(Dropped),
        // Ends when the client closes: hyper then drops this future, and with it `noted`.
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
async fn carried_out(account: Shared, call: Call, trouble: Option<Refusal>) -> End {
    // Both are taken when the call arrives, so that no wait changes which call a rule or the dice hit. The
    // lock is not held over the wait: other calls go on meanwhile.
    let (delay, fault) = {
        let mut account = account.lock();
        (account.behaviour.delay, account.fault(&call))
    };
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
    // A body that cannot be read is refused only now, so that a fault comes first, as on the way to a
    // service.
    let outcome = match trouble {
        Some(refusal) => Err(refusal),
        None => dispatch::perform(&mut account, &call),
    };
    let answer = outcome.unwrap_or_else(Answer::from);
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

/// A call in the log, under way until this is dropped, which a caller does who closes the connection.
struct Noted {
    account: Shared,
    place: usize,
    status: Option<u16>,
}

impl Noted {
    fn begin(account: Shared, call: &Call) -> Self {
        let place = account.lock().traffic.begin(call.route.endpoint, call.method.as_str(), &call.path);
        Self { account, place, status: None }
    }
}

impl Drop for Noted {
    fn drop(&mut self) {
        self.account.lock().traffic.end(self.place, self.status);
    }
}

fn response(account: &Shared, answer: Answer) -> Result<Response<Full<Bytes>>, Dropped> {
    let mut response = Response::builder().status(answer.status);
    for (name, value) in answer.headers {
        response = response.header(name, value);
    }
    response = response.header("x-request-id", account.lock().new_id());
    response.body(Full::new(answer.body)).map_err(|_| Dropped)
}
