//! HEAD is answered wherever GET is: by the same handler, for the same role, without the body.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::Next;
use actix_web::web::Bytes;
use actix_web::{Error, FromRequest, HttpMessage, HttpRequest};

/// Whether a handler of GET is asked for the head of its answer alone. One that does more than answer leaves the rest
/// undone then: HEAD changes nothing (RFC 9110, section 9.3.2).
#[derive(Debug, Clone, Copy)]
pub(crate) struct HeadAlone(pub(crate) bool);

impl FromRequest for HeadAlone {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(request.extensions().get::<Self>().copied().unwrap_or(Self(false))))
    }
}

/// Middleware before all others that routes HEAD as GET, and drops the body unmade.
pub(crate) async fn answer_head(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    if request.method() != Method::HEAD {
        return Ok(next.call(request).await?.map_into_boxed_body());
    }
    // The connection has taken HEAD from the request line already, and goes by that when it frames the answer.
    request.head_mut().method = Method::GET;
    request.extensions_mut().insert(HeadAlone(true));
    let response = next.call(request).await?;
    // The size is kept, because HEAD has the header fields of GET. The body is dropped, so that
    // a stream which would read the store is never polled.
    Ok(response.map_body(|_, body| Unsent(body.size())).map_into_boxed_body())
}

/// A body of which the length alone is told.
struct Unsent(BodySize);

impl MessageBody for Unsent {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        self.0
    }

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Infallible>>> {
        Poll::Ready(None)
    }
}

#[cfg(test)]
mod tests {
    use actix_web::middleware::from_fn;
    use actix_web::test::{TestRequest, call_service, init_service, read_body};
    use actix_web::{App, HttpResponse, web};

    use super::*;

    #[actix_web::test]
    async fn head_reaches_the_handler_of_get_which_knows_it_and_sends_no_body() {
        let told = |HeadAlone(is_head): HeadAlone| async move {
            HttpResponse::Ok().body(format!("head: {is_head}"))
        };
        let app = App::new().route("/", web::get().to(told)).wrap(from_fn(answer_head));
        let app = init_service(app).await;
        for (method, length, body) in [(Method::GET, 11, "head: false"), (Method::HEAD, 10, "")] {
            let request = TestRequest::default().method(method).uri("/").to_request();
            let answer = call_service(&app, request).await;
            assert_eq!(answer.status(), 200);
            assert_eq!(answer.response().body().size(), BodySize::Sized(length));
            assert_eq!(read_body(answer).await, body);
        }
    }
}
