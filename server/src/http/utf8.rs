//! Paths and queries are text: what they are when percent-decoded is UTF-8, or the request is refused.
//!
//! The router and the reader of queries put U+FFFD for every byte that is none, so that different names would
//! become one. This looks at all of both before they do, and changes nothing: they decode what it has seen.

use actix_web::Error;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use percent_encoding::percent_decode_str;

use crate::error::ApiError;

/// Middleware before the router that refuses what is no text.
pub(crate) async fn expect_utf8(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    match check(request.uri().path(), request.query_string()) {
        Ok(()) => Ok(next.call(request).await?.map_into_boxed_body()),
        Err(refused) => Ok(request.error_response(refused)),
    }
}

/// A `%` that no two hexadecimal digits follow is data to all who decode it, and so it is here.
fn check(path: &str, query: &str) -> Result<(), ApiError> {
    let is_text = |encoded: &str| percent_decode_str(encoded).decode_utf8().is_ok();
    if !is_text(path) {
        return Err(ApiError::PathNotText);
    }
    if is_text(query) { Ok(()) } else { Err(ApiError::Query) }
}

#[cfg(test)]
mod tests {
    use actix_web::dev::Path;
    use actix_web::test::TestRequest;
    use actix_web::web::Query;

    use super::*;

    #[test]
    fn bytes_that_are_no_utf8_are_refused_in_the_path_and_in_the_query() {
        for bad in
            ["%FF", "a%ffb", "%C3", "%C3%28", "%ED%A0%80", "%F5%80%80%80", "%C3/%A9", "%C0%AF", "%E2%82"]
        {
            assert!(matches!(check(&format!("/v1/events/{bad}"), ""), Err(ApiError::PathNotText)), "{bad}");
            assert!(matches!(check("/", &format!("event_name={bad}")), Err(ApiError::Query)), "{bad}");
            assert!(matches!(check("/", &format!("{bad}=x&a=b")), Err(ApiError::Query)), "{bad}");
        }
    }

    #[test]
    fn text_of_every_script_passes_and_what_is_no_escape_is_data() {
        for good in
            ["", "plain", "Zo%C3%AB", "%F0%9F%8E%89", "a%2Fb", "%25FF", "%zz", "100%", "%", "%F", "%G0", "+"]
        {
            assert!(check(&format!("/v1/events/{good}"), &format!("event_name={good}")).is_ok(), "{good}");
        }
    }

    /// What the router makes of a path, in which it leaves some escapes for later.
    fn routed(path: &str) -> String {
        let request = TestRequest::with_uri(path).to_http_request();
        percent_decode_str(Path::new(request.path()).as_str()).decode_utf8_lossy().into_owned()
    }

    #[test]
    fn what_passes_is_decoded_by_router_and_query_without_a_replacement() {
        #[derive(serde::Deserialize)]
        struct Named {
            name: String,
        }
        for text in ["%25FF", "%25%46%46", "%zz", "%2525", "%C3%AB", "%25C3", "a%2F%25%FE"] {
            let has_replacement = |decoded: &str| decoded.contains('\u{fffd}');
            let passes = check(&format!("/{text}"), "").is_ok();
            assert_eq!(passes, !has_replacement(&routed(&format!("/{text}"))), "{text}");
            let query = Query::<Named>::from_query(&format!("name={text}")).unwrap();
            assert_eq!(passes, !has_replacement(&query.name), "{text}");
        }
    }
}
