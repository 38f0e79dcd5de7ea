//! Routes that take no query refuse one: a parameter in the wrong place is not passed over.

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::{Next, from_fn};
use actix_web::{Error, Route};

use crate::error::ApiError;

/// The route, for requests without a query.
pub(super) fn refuse_query(route: Route) -> Route {
    route.wrap(from_fn(expect_no_query))
}

async fn expect_no_query(
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    match unknown(request.query_string()) {
        None => next.call(request).await,
        Some(name) => {
            let words = format!("there is no parameter `{name}` here");
            Ok(request.error_response(ApiError::QueryValue(words)))
        }
    }
}

/// The first parameter, as it was sent.
fn unknown(query: &str) -> Option<&str> {
    let first = query.split('&').find(|parameter| !parameter.is_empty())?;
    first.split('=').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_query_is_none_and_another_is_named() {
        assert_eq!(["", "&", "&&"].map(unknown), [None; 3]);
        assert_eq!(["top_k=3&x=1", "&flag", "=x"].map(unknown), [Some("top_k"), Some("flag"), Some("")]);
    }
}
