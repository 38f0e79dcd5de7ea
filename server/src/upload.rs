//! The legacy forms that carry a picture, read into names and bytes, and how pictures of all forms are read.

mod picture;

use actix_multipart::form::MultipartForm;
use actix_multipart::form::text::Text;
use actix_web::web::Bytes;
use events::{EventName, NameError, Username};
use utoipa::ToSchema;

use crate::error::ApiError;

pub(crate) use picture::{Picture, form_error};

/// A face to add: the form of `POST /addUser/`.
#[derive(Debug, MultipartForm, ToSchema)]
// No `deny_unknown_fields`, unlike on /v1: clients of the replaced service may send more fields. Of a field that
// is given twice it is open which of the two is meant, so that is refused.
#[multipart(duplicate_field = "deny")]
pub(crate) struct AddUserForm {
    /// Event to add the user to; it is made when it is not there yet.
    #[schema(value_type = String, min_length = 1, max_length = 128, example = "conference_2024")]
    event_name: Text<String>,
    /// Name of the user. A user who is there already gets another face.
    #[schema(value_type = String, min_length = 1, max_length = 128, example = "john_doe")]
    username: Text<String>,
    /// Picture that shows the user: JPEG, PNG, WebP, BMP, GIF or TIFF.
    #[schema(value_type = String, format = Binary, content_media_type = "application/octet-stream")]
    file: Picture,
}

impl AddUserForm {
    /// The event, the user and the picture.
    pub(crate) fn parse(self) -> Result<(EventName, Username, Bytes), ApiError> {
        let event = named("event_name", EventName::new(&self.event_name))?;
        let user = named("username", Username::new(&self.username))?;
        Ok((event, user, self.file.data))
    }
}

/// A face to verify: the form of `POST /verify/`.
#[derive(Debug, MultipartForm, ToSchema)]
#[multipart(duplicate_field = "deny")]
pub(crate) struct VerifyForm {
    /// Event whose users are searched.
    #[schema(value_type = String, min_length = 1, max_length = 128, example = "conference_2024")]
    event_name: Text<String>,
    /// Picture of the person at the door: JPEG, PNG, WebP, BMP, GIF or TIFF.
    #[schema(value_type = String, format = Binary, content_media_type = "application/octet-stream")]
    file: Picture,
}

impl VerifyForm {
    /// The event and the picture.
    pub(crate) fn parse(self) -> Result<(EventName, Bytes), ApiError> {
        Ok((named("event_name", EventName::new(&self.event_name))?, self.file.data))
    }
}

/// Says which field a bad name came from.
pub(crate) fn named<T>(field: &'static str, name: Result<T, NameError>) -> Result<T, ApiError> {
    name.map_err(|source| ApiError::Name { field, source })
}
