//! Lists as files: in the form that a query or an `Accept` header asks for, sent as they are read.

use ::events::ExportFormat;
use actix_web::http::header::{ACCEPT, CONTENT_DISPOSITION};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use futures_util::{Stream, StreamExt};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::error::ApiError;

/// The form of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ListFormat {
    /// A page as JSON.
    Json,
    /// Everything as CSV with a header.
    Csv,
    /// Everything as one JSON object a line.
    Ndjson,
}

/// The file that is asked for; `None` for a page of JSON. A query goes before the header.
pub(crate) fn file_format(asked: Option<ListFormat>, request: &HttpRequest) -> Option<ExportFormat> {
    match asked {
        Some(ListFormat::Json) => None,
        Some(ListFormat::Csv) => Some(ExportFormat::Csv),
        Some(ListFormat::Ndjson) => Some(ExportFormat::Ndjson),
        None => {
            let accepted = request.headers().get(ACCEPT)?.to_str().ok()?;
            // The first type alone, without weights: a browser begins with HTML and
            // gets JSON, a program names what it wants.
            let first = accepted.split([',', ';']).next()?.trim();
            match first {
                "text/csv" => Some(ExportFormat::Csv),
                "application/x-ndjson" => Some(ExportFormat::Ndjson),
                _ => None,
            }
        }
    }
}

/// Sends a file under a name. An error while it is read breaks the answer off, so that what was received is not
/// taken for the whole.
pub(crate) fn file<E: Into<ApiError> + 'static>(
    name: &str,
    format: ExportFormat,
    content: impl Stream<Item = Result<String, E>> + 'static,
) -> HttpResponse {
    let ending = match format {
        ExportFormat::Csv => "csv",
        ExportFormat::Ndjson | _ => "ndjson",
    };
    HttpResponse::Ok()
        .content_type(format.media_type())
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.{ending}\"")))
        .streaming(content.map(|part| part.map(Bytes::from).map_err(|error| -> ApiError { error.into() })))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn a_query_goes_before_the_header_and_json_is_what_nobody_asked_for() {
        let accepting =
            |accept: &str| TestRequest::default().insert_header((ACCEPT, accept)).to_http_request();
        assert_eq!(file_format(None, &TestRequest::default().to_http_request()), None);
        assert_eq!(file_format(None, &accepting("*/*")), None);
        assert_eq!(file_format(None, &accepting("text/csv;q=0.9, */*")), Some(ExportFormat::Csv));
        assert_eq!(file_format(Some(ListFormat::Json), &accepting("text/csv")), None);
        assert_eq!(file_format(Some(ListFormat::Ndjson), &accepting("text/csv")), Some(ExportFormat::Ndjson));
    }
}
