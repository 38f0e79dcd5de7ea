//! Answers are handed to their connection in small parts, and nothing is read meanwhile.

use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use actix_web::Error;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::TRANSFER_ENCODING;
use actix_web::middleware::Next;
use actix_web::web::Bytes;

use super::turn::{Turn, Turns};
use crate::http::announced_length;

/// Bytes of a body that are given to a connection at once. It copies what it is given, whole, however little room its
/// client leaves.
pub(super) const PART: usize = 8 << 10;

/// Middleware outside of all others that cuts bodies into parts, and keeps the connection from reading the next
/// request before this one is answered.
pub(crate) async fn pace_answers(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    // None in tests without a connection.
    let turn = request.conn_data::<Rc<Turns>>().map(|turns| turns.begin(body_length(&request)));
    let response = next.call(request).await?;
    if let Some(turn) = &turn {
        turn.answer();
    }
    Ok(response.map_body(|_, body| Parts::new(body.boxed(), turn).boxed()))
}

fn body_length(request: &ServiceRequest) -> u64 {
    let headers = request.headers();
    if headers.contains_key(TRANSFER_ENCODING) {
        return u64::MAX;
    }
    announced_length(headers).unwrap_or(0)
}

/// A body in parts of at most [`PART`] bytes, which share the memory of the whole.
struct Parts {
    body: BoxBody,
    size: BodySize,
    rest: Bytes,
    _turn: Option<Turn>,
}

impl Parts {
    fn new(body: BoxBody, turn: Option<Turn>) -> Self {
        Self { size: body.size(), body, rest: Bytes::new(), _turn: turn }
    }
}

impl MessageBody for Parts {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        self.size
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        while self.rest.is_empty() {
            match ready!(Pin::new(&mut self.body).poll_next(context)) {
                Some(Ok(bytes)) => self.rest = bytes,
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
        let part = self.rest.len().min(PART);
        Poll::Ready(Some(Ok(self.rest.split_to(part))))
    }
}
