//! A picture of a form, read into memory within what all of the form may have.

use std::time::Instant;

use actix_multipart::form::{FieldReader, Limits};
use actix_multipart::{Field, MultipartError};
use actix_web::web::{Bytes, BytesMut, Data};
use actix_web::{HttpMessage, HttpRequest};
use futures_util::TryStreamExt;
use futures_util::future::LocalBoxFuture;

use crate::error::{ApiError, shown};
use crate::http::Admission;
use crate::metrics::{Metrics, UPLOAD};

/// The file of a form field; its name and media type do not matter.
#[derive(Debug)]
pub(crate) struct Picture {
    /// Its bytes.
    pub(crate) data: Bytes,
}

/// What of the pictures of a request was read so far.
#[derive(Debug, Clone, Copy)]
struct ReadSoFar {
    pictures: usize,
    bytes: usize,
    most_pictures: usize,
}

/// Says how many pictures the form of a request may have: to be called before it is read.
pub(crate) fn expect_pictures(request: &HttpRequest, most_pictures: usize) {
    request.extensions_mut().insert(ReadSoFar { pictures: 0, bytes: 0, most_pictures });
}

impl<'t> FieldReader<'t> for Picture {
    type Future = LocalBoxFuture<'t, Result<Self, MultipartError>>;

    fn read_field(request: &'t HttpRequest, mut field: Field, limits: &'t mut Limits) -> Self::Future {
        Box::pin(async move {
            // Without a limit in the application no picture is taken, rather than any.
            let limit = request.app_data::<Data<Admission>>().map_or(0, |admission| admission.max_upload());
            // The readers of a form share nothing but the request. Its extensions are a `RefCell`,
            // so no borrow of them is held across an await.
            let before = request.extensions().get::<ReadSoFar>().copied();
            // Of a form that was not announced none is taken either.
            let before = before.unwrap_or(ReadSoFar { pictures: 0, bytes: 0, most_pictures: 0 });
            // An empty picture has no bytes that a limit could count, and costs memory all the same.
            if before.pictures >= before.most_pictures {
                let (name, most) = (shown(field.name().unwrap_or_default()), before.most_pictures);
                let words =
                    format!("the field '{name}' is given more than {most} times: send 1 to {most} faces");
                return Err(refused(&field, ApiError::Field(words)));
            }
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
                    let name = shown(field.name().unwrap_or_default());
                    return Err(refused(&field, ApiError::PictureTooLarge { field: name, limit }));
                } else {
                    // Kept no more, and read on to learn whether it is too large by itself.
                    data = BytesMut::new();
                }
            }
            let bytes = before.bytes.saturating_add(own);
            if is_over {
                let by_pictures = bytes > limit;
                // Else text took up the room, and to send smaller pictures would be the wrong advice.
                let together = if by_pictures {
                    ApiError::TooLargeTogether { limit }
                } else {
                    ApiError::BodyTooLarge { limit }
                };
                return Err(refused(&field, together));
            }
            request.extensions_mut().insert(ReadSoFar { pictures: before.pictures + 1, bytes, ..before });
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
