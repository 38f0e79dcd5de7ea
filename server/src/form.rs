//! A form, read part by part: within what its route takes, or refused before more of it is read.

use std::cell::Cell;
use std::rc::Rc;

use actix_multipart::form::{Limits, MultipartCollect, State};
use actix_multipart::{Multipart, MultipartError};
use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::web::{Bytes, Data};
use actix_web::{Error, FromRequest, HttpMessage, HttpRequest};
use futures_util::future::LocalBoxFuture;
use futures_util::{Stream, StreamExt, TryStreamExt};

use crate::error::{ApiError, shown};
use crate::http::Admission;
use crate::upload::expect_pictures;

/// Most parts beside the pictures: text fields, and on the older routes what nobody knows.
const MOST_OTHER_PARTS: usize = 32;

/// A form with at most so many pictures.
///
/// actix's own reader goes on to the end of whatever is sent, and a part without a byte is within all of its limits.
#[derive(Debug)]
pub(crate) struct Form<T, const PICTURES: usize = 1>(T);

impl<T, const PICTURES: usize> Form<T, PICTURES> {
    /// The fields.
    pub(crate) fn into_inner(self) -> T {
        self.0
    }
}

impl<T: MultipartCollect + 'static, const PICTURES: usize> FromRequest for Form<T, PICTURES> {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self, Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move { Ok(Self(read::<T>(&request, payload, PICTURES).await?)) })
    }
}

async fn read<T: MultipartCollect>(
    request: &HttpRequest,
    payload: Payload,
    pictures: usize,
) -> Result<T, Error> {
    if !request.content_type().eq_ignore_ascii_case("multipart/form-data") {
        return Err(ApiError::NotAForm.into());
    }
    let admission = request.app_data::<Data<Admission>>().ok_or(ApiError::Internal)?;
    let (limit, most) = (admission.max_upload(), admission.max_body());
    // One more picture may be read of several, to learn whether it is too large by itself. The rest is what stands
    // before the first part, between the parts and in their heads, of which nothing is kept.
    let (bounded, is_over) = bounded(payload, most.saturating_mul(2));
    let mut multipart = Multipart::new(request.headers(), bounded);
    let (mut limits, mut state) = (Limits::new(most, most), State::default());
    expect_pictures(request, pictures);
    let mut parts = 0;
    loop {
        let part = match multipart.try_next().await {
            Ok(Some(part)) => part,
            Ok(None) => break,
            Err(MultipartError::Payload(PayloadError::Overflow)) if !is_over.get() => {
                return Err(ApiError::FormHeadTooLarge.into());
            }
            Err(error) => return Err(form_error(error, limit)),
        };
        parts += 1;
        if parts > pictures + MOST_OTHER_PARTS {
            let words = format!("the form has more than {} parts", pictures + MOST_OTHER_PARTS);
            return Err(ApiError::Field(words).into());
        }
        let name = part.name().map(shown).unwrap_or_default();
        let own_limit = part.name().and_then(T::limit);
        limits.field_limit_remaining = own_limit;
        if let Err(error) = T::handle_field(request, part, &mut limits, &mut state).await {
            let is_overflow = matches!(error, MultipartError::Payload(PayloadError::Overflow));
            return Err(match own_limit.filter(|_| is_overflow) {
                Some(limit) => ApiError::FieldTooLarge { field: name, limit }.into(),
                None => form_error(error, limit),
            });
        }
    }
    T::from_state(state).map_err(|error| form_error(error, limit))
}

/// The body up to so many bytes, and whether it has more.
fn bounded(
    payload: Payload,
    most: usize,
) -> (impl Stream<Item = Result<Bytes, PayloadError>>, Rc<Cell<bool>>) {
    let is_over = Rc::new(Cell::new(false));
    let (mut read, told) = (0_usize, Rc::clone(&is_over));
    let bounded = payload.map(move |chunk| {
        let chunk = chunk?;
        read = read.saturating_add(chunk.len());
        told.set(read > most);
        if read > most { Err(PayloadError::Overflow) } else { Ok(chunk) }
    });
    (bounded, is_over)
}

/// What an error of the form reader means, where all fields of a form may have `limit` bytes.
fn form_error(error: MultipartError, limit: usize) -> Error {
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
    use actix_multipart::form::MultipartForm;
    use actix_multipart::form::text::Text;
    use actix_web::App;
    use actix_web::test::{TestRequest, init_service, try_call_service};
    use actix_web::web::post;

    use super::*;
    use crate::upload::Picture;

    /// Bytes of pictures that a request may have; text fields may have 64 KiB beside them.
    const LIMIT: usize = 100_000;

    #[derive(Debug, MultipartForm)]
    #[multipart(duplicate_field = "deny", deny_unknown_fields)]
    struct Pictures {
        file: Vec<Picture>,
        note: Option<Text<String>>,
        #[multipart(limit = "16 KiB")]
        name: Option<Text<String>>,
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
        read_body(form(fields)).await
    }

    async fn read_body(body: Vec<u8>) -> String {
        let admission = Admission::new(1, LIMIT);
        let handler = async |form: Form<Pictures, 3>| {
            let Pictures { file, note, name } = form.into_inner();
            let lengths: Vec<usize> = file.iter().map(|picture| picture.data.len()).collect();
            format!("{lengths:?} {}", note.or(name).map_or(0, |text| text.len()))
        };
        let app = App::new().app_data(Data::new(admission)).route("/", post().to(handler));
        let app = init_service(app).await;
        let request =
            TestRequest::post().uri("/").insert_header(("content-type", "multipart/form-data; boundary=x"));
        match try_call_service(&app, request.set_payload(body).to_request()).await {
            Ok(answer) => match answer.response().error() {
                Some(error) => error.to_string(),
                None => String::from_utf8(actix_web::test::read_body(answer).await.to_vec()).unwrap(),
            },
            Err(error) => error.to_string(),
        }
    }

    /// The refusal of one picture.
    fn large(field: &str) -> String {
        ApiError::PictureTooLarge { field: field.to_owned(), limit: LIMIT }.to_string()
    }

    #[actix_web::test]
    async fn pictures_within_the_limit_are_read_and_one_that_is_larger_is_refused_as_such() {
        assert_eq!(read(&[("file", 60_000), ("note", 3), ("file", 40_000)]).await, "[60000, 40000] 3");
        for fields in [&[("file", LIMIT * 2)][..], &[("file", 60_000), ("file", LIMIT * 2)]] {
            assert_eq!(read(fields).await, large("file"), "{fields:?}");
        }
    }

    #[actix_web::test]
    async fn pictures_that_are_too_large_only_together_are_refused_with_words_of_their_own() {
        for fields in [&[("file", 90_000), ("file", 90_000)][..], &[("file", 60_000); 3]] {
            let refused = read(fields).await;
            assert_eq!(refused, ApiError::TooLargeTogether { limit: LIMIT }.to_string(), "{fields:?}");
            assert_ne!(refused, large("file"));
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

    #[actix_web::test]
    async fn the_first_picture_too_many_ends_the_reading_also_when_all_are_empty() {
        assert_eq!(read(&[("file", 0); 3]).await, "[0, 0, 0] 0");
        let refused = read(&[("file", 0); 2_000]).await;
        assert_eq!(refused, "the field 'file' is given more than 3 times: send 1 to 3 faces");
        // What follows is not looked at, or it would be said that the body ends too early.
        let mut cut_off = form(&[("file", 0); 4]);
        cut_off.truncate(cut_off.len() - 8);
        assert_eq!(read_body(cut_off).await, refused);
    }

    #[actix_web::test]
    async fn a_text_that_is_too_long_is_named_with_what_it_may_have() {
        assert_eq!(read(&[("name", 16 << 10)]).await, "[] 16384");
        assert_eq!(
            read(&[("file", 1), ("name", (16 << 10) + 1)]).await,
            "The field 'name' is larger than the 16 KiB allowed"
        );
    }

    #[actix_web::test]
    async fn the_head_of_a_part_and_what_is_before_the_first_are_bounded() {
        let mut long_head = b"--x\r\ncontent-disposition: form-data; name=\"".to_vec();
        long_head.extend(vec![b'a'; 70_000]);
        assert_eq!(read_body(long_head).await, ApiError::FormHeadTooLarge.to_string());
        let mut before = b"nothing\r\n".repeat(LIMIT);
        before.extend(form(&[("file", 1)]));
        assert_eq!(read_body(before).await, ApiError::BodyTooLarge { limit: LIMIT }.to_string());
    }

    #[actix_web::test]
    async fn a_name_is_repeated_in_a_refusal_within_reason() {
        let refused = read(&[(&"n".repeat(5_000), 1)]).await;
        assert_eq!(refused, format!("the field '{}...' is not known here", "n".repeat(64)));
    }
}
