//! `POST /addUser/`: registers a face.

use ::events::{Action, EnrolmentFace};
use actix_multipart::form::MultipartForm;
use actix_web::web::{Data, Json};
use face_core::Purpose;
use serde::Serialize;
use utoipa::ToSchema;

use crate::audit::Transaction;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::error_body::{StatusError, StatusErrors, StatusUploadErrors};
use crate::quality::measured;
use crate::service::Service;
use crate::upload::AddUserForm;

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
    post, path = "/addUser/", tag = "As the replaced service had it", operation_id = "add_user",
    security(("key" = ["enrol"])),
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
    form: MultipartForm<AddUserForm>,
) -> Result<Json<UserAdded>, ApiError> {
    let (event, user, picture) = form.into_inner().parse()?;
    // Only now, since here the event is a field of the form. On /v1 it is in
    // the path and refused before the body is read.
    let event = caller.enter(event)?;
    // Made before the picture is looked at: a request that is given up
    // meanwhile drops it, and so is in the audit too.
    let pending = transaction.begin(Action::Enrol).at(&event).about(&user);
    let enrolled = async {
        let found = service.embed(&event, Purpose::Enrolment, picture).await?;
        let warnings = service.quality.check(&found.quality)?;
        if !warnings.is_empty() {
            tracing::warn!(%event, %user, ?warnings, "the face is not shown well");
        }
        let face = EnrolmentFace {
            embedding: found.embedding,
            detection_score: found.face.detection.score,
            quality: measured(&found.quality),
            source: "POST /addUser/".into(),
        };
        Ok(service.events.enrol(&event, &user, face).await?)
    };
    let enrolment = pending.done(enrolled.await).await?;
    Ok(Json(UserAdded {
        status: "success",
        message: format!("User '{user}' successfully added to event '{event}'"),
        embedding_count: enrolment.embedding_count,
    }))
}
