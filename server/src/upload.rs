//! A picture of a form, read into memory within what all of the form may have.

use std::time::Instant;

use actix_multipart::form::{FieldReader, Limits};
use actix_multipart::{Field, MultipartError};
use actix_web::error::PayloadError;
use actix_web::web::{Bytes, BytesMut, Data};
use actix_web::{Error, HttpMessage, HttpRequest};
use futures_util::TryStreamExt;
use futures_util::future::LocalBoxFuture;

use crate::error::ApiError;
use crate::http::Admission;
use crate::metrics::{Metrics, UPLOAD};

/// The file of a form field; its name and media type do not matter.
#[derive(Debug)]
pub(crate) struct Picture {
    /// Its bytes.
    pub(crate) data: Bytes,
}

/// How many bytes the pictures of a request had so far.
#[derive(Debug, Clone, Copy, Default)]
struct ReadSoFar(usize);

impl<'t> FieldReader<'t> for Picture {
    type Future = LocalBoxFuture<'t, Result<Self, MultipartError>>;

    fn read_field(request: &'t HttpRequest, mut field: Field, limits: &'t mut Limits) -> Self::Future {
        Box::pin(async move {
            // Without a limit in the application no picture is taken, rather than any.
            let limit = request.app_data::<Data<Admission>>().map_or(0, |admission| admission.max_upload());
            let began = Instant::now();
            let (mut data, mut own, mut is_over) = (BytesMut::new(), 0_usize, false);
            while let Some(chunk) = field.try_next().await? {
                own = own.saturating_add(chunk.len());
                // Once over, always over: a chunk that is refused leaves the limits as they
                // were, and a smaller one after it would pass.
                is_over = is_over || limits.try_consume_limits(chunk.len(), true).is_err();
                if !is_over {
                    data.extend_from_slice(&chunk);
                } else if own > limit {
                    // Settled, so that reading ends: beyond its limit at most one more picture is read of a form.
                    return Err(refused(&field, ApiError::TooLarge { limit }));
                } else {
                    // Kept no more, and read on to learn whether it is too large by itself.
                    data = BytesMut::new();
                }
            }
            // The readers of a form share nothing but the request. Its extensions are a `RefCell`,
            // so they are borrowed only after the last await.
            let before = request.extensions().get::<ReadSoFar>().copied().unwrap_or_default().0;
            if is_over {
                let by_pictures = before.saturating_add(own) > limit;
                // Else text took up the room, and to send smaller pictures would be the wrong advice.
                let together = if by_pictures {
                    ApiError::TooLargeTogether { limit }
                } else {
                    ApiError::BodyTooLarge { limit }
                };
                return Err(refused(&field, together));
            }
            request.extensions_mut().insert(ReadSoFar(before.saturating_add(own)));
            if let Some(metrics) = request.app_data::<Data<Metrics>>() {
                metrics.stage(UPLOAD, began.elapsed());
            }
            Ok(Self { data: data.freeze() })
        })
    }
}

fn refused(field: &Field, error: ApiError) -> MultipartError {
    MultipartError::Field { name: field.name().unwrap_or_default().to_owned(), source: error.into() }
}

/// What an error of the form reader means, where all fields of a form may have `limit` bytes.
pub(crate) fn form_error(error: MultipartError, limit: usize) -> Error {
    if matches!(error, MultipartError::Payload(PayloadError::Overflow)) {
        // Of a field that is no picture.
        return ApiError::BodyTooLarge { limit }.into();
    }
    let reader_error = ApiError::from_multipart_error(&error);
    // Taken out of its wrapping: the envelope recognises an `ApiError` by its type.
    if let MultipartError::Field { source, .. } = error
        && source.as_error::<ApiError>().is_some()
    {
        return source;
    }
    reader_error.into()
}

#[cfg(test)]
mod tests {
    use actix_multipart::form::text::Text;
    use actix_multipart::form::{MultipartForm, MultipartFormConfig};
    use actix_web::App;
    use actix_web::test::{TestRequest, init_service, try_call_service};
    use actix_web::web::post;

    use super::*;

    /// Bytes of pictures that a request may have; text fields may have 64 KiB beside them.
    const LIMIT: usize = 100_000;

    #[derive(Debug, MultipartForm)]
    #[multipart(duplicate_field = "deny", deny_unknown_fields)]
    struct Pictures {
        file: Vec<Picture>,
        note: Option<Text<String>>,
    }

    /// A form with fields of these lengths.
    fn form(fields: &[(&str, usize)]) -> Vec<u8> {
        let mut body = Vec::new();
        for (name, length) in fields {
            body.extend(
                format!("--x\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n").into_bytes(),
            );
            body.extend(vec![b'a'; *length]);
            body.extend(b"\r\n");
        }
        body.extend(b"--x--\r\n");
        body
    }

    /// The words of the refusal of a form; of one that is taken, how long its pictures are.
    async fn read(fields: &[(&str, usize)]) -> String {
        let admission = Admission::new(1, LIMIT);
        let most = admission.max_body();
        let config = MultipartFormConfig::default().total_limit(most).memory_limit(most);
        let config = config.error_handler(|error, _| form_error(error, LIMIT));
        let handler = async |form: MultipartForm<Pictures>| {
            let Pictures { file, note } = form.into_inner();
            let lengths: Vec<usize> = file.iter().map(|picture| picture.data.len()).collect();
            format!("{lengths:?} {}", note.map_or(0, |note| note.len()))
        };
        let app = App::new().app_data(Data::new(admission)).app_data(config).route("/", post().to(handler));
        let app = init_service(app).await;
        let request =
            TestRequest::post().uri("/").insert_header(("content-type", "multipart/form-data; boundary=x"));
        match try_call_service(&app, request.set_payload(form(fields)).to_request()).await {
            Ok(answer) => match answer.response().error() {
                Some(error) => error.to_string(),
                None => String::from_utf8(actix_web::test::read_body(answer).await.to_vec()).unwrap(),
            },
            Err(error) => error.to_string(),
        }
    }

    #[actix_web::test]
    async fn pictures_within_the_limit_are_read_and_one_that_is_larger_is_refused_as_such() {
        assert_eq!(read(&[("file", 60_000), ("note", 3), ("file", 40_000)]).await, "[60000, 40000] 3");
        for fields in [&[("file", LIMIT * 2)][..], &[("file", 60_000), ("file", LIMIT * 2)]] {
            assert_eq!(read(fields).await, ApiError::TooLarge { limit: LIMIT }.to_string(), "{fields:?}");
        }
    }

    #[actix_web::test]
    async fn pictures_that_are_too_large_only_together_are_refused_with_words_of_their_own() {
        for fields in [&[("file", 90_000), ("file", 90_000)][..], &[("file", 60_000); 3]] {
            let refused = read(fields).await;
            assert_eq!(refused, ApiError::TooLargeTogether { limit: LIMIT }.to_string(), "{fields:?}");
            assert_ne!(refused, ApiError::TooLarge { limit: LIMIT }.to_string());
        }
    }

    #[actix_web::test]
    async fn text_that_is_too_large_is_not_said_to_be_a_picture() {
        let expected = ApiError::BodyTooLarge { limit: LIMIT }.to_string();
        assert_eq!(read(&[("file", 10), ("note", LIMIT * 2)]).await, expected);
        assert_eq!(read(&[("note", LIMIT), ("file", LIMIT - 1)]).await, expected);
    }

    #[actix_web::test]
    async fn a_field_that_is_not_known_is_named() {
        assert_eq!(read(&[("file", 1), ("nte", 1)]).await, "the field 'nte' is not known here");
    }
}
