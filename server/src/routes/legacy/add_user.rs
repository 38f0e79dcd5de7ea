//! `POST /addUser/`: registers a face.

use ::events::{Action, EnrolmentFace, EventName, Username};
use actix_multipart::form::MultipartForm;
use actix_multipart::form::text::Text;
use actix_web::web::{Bytes, Data, Json};
use face_core::{EmbeddedFace, Purpose};
use serde::Serialize;
use utoipa::ToSchema;

use crate::audit::Transaction;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::error_body::{StatusError, StatusErrors, StatusUploadErrors};
use crate::form::Form;
use crate::quality::measured;
use crate::routes::fields::{event_name, username};
use crate::service::Service;
use crate::upload::Picture;

/// A face to add: the form of `POST /addUser/`.
#[derive(Debug, MultipartForm, ToSchema)]
// No `deny_unknown_fields`, unlike on /v1: clients of the replaced service may send more fields. Of a field that
// is given twice it is open which of the two is meant, so that is refused.
#[multipart(duplicate_field = "deny")]
pub(crate) struct AddUserForm {
    /// Event to add the user to; it is made when it is not there yet.
    #[schema(value_type = String, min_length = 1, max_length = 128, example = "conference_2024")]
    #[multipart(limit = "16 KiB")]
    event_name: Text<String>,
    /// Name of the user. A user who is there already gets another face.
    #[schema(value_type = String, min_length = 1, max_length = 128, example = "john_doe")]
    #[multipart(limit = "16 KiB")]
    username: Text<String>,
    /// Picture that shows the user: JPEG, PNG, WebP, BMP, GIF or TIFF.
    #[schema(value_type = String, format = Binary, content_media_type = "application/octet-stream")]
    file: Picture,
}

impl AddUserForm {
    /// The event, the user and the picture.
    fn parse(self) -> Result<(EventName, Username, Bytes), ApiError> {
        let event = event_name("event_name", &self.event_name)?;
        let user = username("username", &self.username)?;
        Ok((event, user, self.file.data))
    }
}

/// A face was added.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserAdded {
    /// Always `success`.
    #[schema(example = "success")]
    status: &'static str,
    /// What happened, for people.
    #[schema(example = "User 'john_doe' successfully added to event 'conference_2024'")]
    message: String,
    /// Faces of the user in this event, this one included.
    #[schema(example = 1)]
    embedding_count: usize,
}

/// Register a user
///
/// Finds the one face of the picture and adds it to the user. A user who is not there yet is made, and so
/// is the event; a user with several faces is recognised better. The picture is not kept.
#[utoipa::path(
    post, path = "/addUser/", tag = "As the replaced service had it", operation_id = "legacy_add_user",
    request_body(content = AddUserForm, content_type = "multipart/form-data"),
    responses(
        StatusErrors, StatusUploadErrors,
        (status = 200, description = "The face was added", body = UserAdded),
        (status = 400, description = "No face, several faces, an unusable picture, or a bad field", body = StatusError,
            example = json!({"status": "error", "message": "No face detected in image"})),
    )
)]
pub(crate) async fn add_user(
    service: Data<Service>,
    caller: Caller,
    transaction: Transaction,
    form: Form<AddUserForm>,
) -> Result<Json<UserAdded>, ApiError> {
    let (event, user, picture) = form.into_inner().parse()?;
    // Only now, since here the event is a field of the form. On /v1 it is in
    // the path and refused before the body is read.
    let event = caller.enter(event)?;
    // Made before the picture is looked at: a request that is given up
    // meanwhile drops it, and so is in the audit too.
    let pending = transaction.begin(Action::Enrol).at(&event).about(&user);
    let enrolment = async {
        let EmbeddedFace { embedding, quality, face, .. } =
            service.embed(&event, Purpose::Enrolment, picture).await?;
        let warnings = service.quality.check(&quality)?;
        if !warnings.is_empty() {
            tracing::warn!(%event, %user, ?warnings, "the face is not shown well");
        }
        let face = EnrolmentFace {
            embedding,
            detection_score: face.detection.score,
            quality: measured(&quality),
            source: "POST /addUser/".into(),
        };
        Ok::<_, ApiError>(service.events.enrol(&event, &user, face).await?)
    };
    let enrolment = pending.record(enrolment).await?;
    Ok(Json(UserAdded {
        status: "success",
        message: format!("User '{user}' successfully added to event '{event}'"),
        embedding_count: enrolment.embedding_count,
    }))
}
