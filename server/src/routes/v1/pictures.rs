//! `/v1/faces/...`: what can be said of pictures alone. Nothing is looked up and nothing is kept.

use ::events::{Action, Comparison, Decision};
use actix_multipart::form::MultipartForm;
use actix_multipart::form::text::Text;
use actix_web::web::{Bytes, Data, Json};
use embedding::ModelId;
use face_core::{AnalyzedFaces, EmbeddedFaces as FacesOfPicture, Purpose};
use serde::Serialize;
use utoipa::ToSchema;

use super::face_response::FaceResponse;
use crate::audit::Transaction;
use crate::auth::Role;
use crate::error::{ApiError, WhichPicture};
use crate::form::Form;
use crate::limits::RouteClass;
use crate::openapi::errors::PICTURE;
use crate::routes::operation::Operation;
use crate::scores::{EmbeddingAccess, Score, Scores};
use crate::service::Service;
use crate::upload::Picture;

/// A picture.
#[derive(Debug, MultipartForm, ToSchema)]
#[multipart(duplicate_field = "deny", deny_unknown_fields)]
#[serde(deny_unknown_fields)]
pub(crate) struct PictureForm {
    /// The picture: JPEG, PNG, WebP, BMP, GIF or TIFF.
    #[schema(value_type = String, format = Binary, content_media_type = "application/octet-stream")]
    file: Picture,
}

impl PictureForm {
    /// The bytes of the picture.
    pub(super) fn picture(self) -> Bytes {
        self.file.data
    }
}

/// A picture, and by which model its faces are embedded.
#[derive(Debug, MultipartForm, ToSchema)]
#[multipart(duplicate_field = "deny", deny_unknown_fields)]
#[serde(deny_unknown_fields)]
pub(crate) struct EmbedForm {
    /// The picture: JPEG, PNG, WebP, BMP, GIF or TIFF.
    #[schema(value_type = String, format = Binary, content_media_type = "application/octet-stream")]
    file: Picture,
    /// The model; that of new events unless said.
    #[schema(value_type = Option<String>, nullable = false, pattern = "^(sface-2021dec|dlib-resnet-v1)$", example = "sface-2021dec")]
    #[multipart(limit = "16 KiB")]
    model: Option<Text<String>>,
}

/// Two pictures of one face each.
#[derive(Debug, MultipartForm, ToSchema)]
#[multipart(duplicate_field = "deny", deny_unknown_fields)]
#[serde(deny_unknown_fields)]
pub(crate) struct TwoPicturesForm {
    /// One picture: JPEG, PNG, WebP, BMP, GIF or TIFF.
    #[schema(value_type = String, format = Binary, content_media_type = "application/octet-stream")]
    first: Picture,
    /// The other.
    #[schema(value_type = String, format = Binary, content_media_type = "application/octet-stream")]
    second: Picture,
    /// The model whose distance it is; that of new events unless said.
    #[schema(value_type = Option<String>, nullable = false, pattern = "^(sface-2021dec|dlib-resnet-v1)$", example = "sface-2021dec")]
    #[multipart(limit = "16 KiB")]
    model: Option<Text<String>>,
}

/// The faces of a picture.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DetectedFaces {
    /// Width of the upright picture, in pixels.
    #[schema(example = 910)]
    width: u32,
    /// Height of the upright picture, in pixels.
    #[schema(example = 1137)]
    height: u32,
    /// The faces, the surest first; empty when there is none.
    faces: Vec<FaceResponse>,
}

/// The faces of a picture with their embeddings.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EmbeddedFaces {
    /// The model that made the embeddings.
    #[schema(value_type = String, example = "sface-2021dec")]
    model: ModelId,
    /// Width of the upright picture, in pixels.
    #[schema(example = 910)]
    width: u32,
    /// Height of the upright picture, in pixels.
    #[schema(example = 1137)]
    height: u32,
    /// The faces, the largest first, 20 at most; empty when there is none.
    faces: Vec<FaceWithEmbedding>,
    /// How many smaller faces were left out.
    #[schema(example = 0)]
    omitted: usize,
}

/// A face and its embedding.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FaceWithEmbedding {
    #[serde(flatten)]
    face: FaceResponse,
    /// 128 numbers as the model gave them, not scaled to length 1. Biometric data: keep it as such.
    #[schema(min_items = 128, max_items = 128, example = json!(vec![0.0625; 128]))]
    embedding: Vec<f32>,
}

/// How alike the faces of two pictures are.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Comparison)]
pub(crate) struct ComparisonResponse {
    /// `match` when the distance is at most the threshold, else `no_match`.
    #[schema(example = "match")]
    decision: &'static str,
    /// How often two different people are as near, 0 to 1: the rate at the threshold, of one comparison; null where
    /// it was not measured.
    #[schema(required = true, minimum = 0, maximum = 1, example = 0.001)]
    expected_false_match_rate: Option<f64>,
    /// Distance between the two faces, 0 and up; null for a key below admin unless it is a match.
    #[schema(value_type = Option<f32>, required = true, minimum = 0, example = 0.2384)]
    distance: Score<f32>,
    /// `(1 - distance) * 100`, never below 0 and rounded down; **not** a probability. Null where the distance is.
    #[schema(value_type = Option<f64>, required = true, minimum = 0, maximum = 100, example = 76.15)]
    confidence: Score<f64>,
    /// Largest distance that counts as a match.
    #[schema(minimum = 0, example = 0.4)]
    threshold: f32,
    /// The model that made the embeddings.
    #[schema(value_type = String, example = "sface-2021dec")]
    model: ModelId,
    /// The face of the first picture.
    first: FaceResponse,
    /// The face of the second picture.
    second: FaceResponse,
}

/// The operations on pictures alone.
pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::new(Role::Verify, __path_detect_faces, detect_faces)
            .of_class(RouteClass::Detection)
            .with_errors(&[PICTURE]),
        Operation::new(Role::Verify, __path_compare_faces, compare_faces)
            .of_class(RouteClass::Recognition)
            .with_several_pictures()
            .with_errors(&[PICTURE]),
        Operation::new(Role::Verify, __path_embed_faces, embed_faces)
            .about_embeddings()
            .of_class(RouteClass::Enrolment)
            .with_errors(&[PICTURE]),
    ]
}

/// Find faces
///
/// Finds every face of a picture, says where it is and how well it is shown. A picture without a face is no
/// error: `faces` is then empty. The picture is not kept. It is asked several times a second while a camera runs, says
/// nothing of anybody, and is in no audit.
#[utoipa::path(
    post, path = "/v1/faces/detect", tag = "Pictures",
    request_body(content = PictureForm, content_type = "multipart/form-data"),
    responses((status = 200, description = "The faces, perhaps none", body = DetectedFaces))
)]
async fn detect_faces(
    service: Data<Service>,
    form: Form<PictureForm>,
) -> Result<Json<DetectedFaces>, ApiError> {
    let picture = form.into_inner().picture();
    let AnalyzedFaces { size: (width, height), faces } = service.inference.detect(picture).await?;
    let faces = faces.iter().map(FaceResponse::from).collect();
    Ok(Json(DetectedFaces { width, height, faces }))
}

/// Embed faces
///
/// Finds every face of a picture and makes the embedding of each, of the 20 largest at most. Embeddings can be
/// enrolled by `POST /v1/events/{event}/users/{user}/faces`. The picture is not kept.
/// Where the server has `scores = all`, a key for `verify` will do.
#[utoipa::path(
    post, path = "/v1/faces/embed", tag = "Pictures",
    request_body(content = EmbedForm, content_type = "multipart/form-data"),
    responses((status = 200, description = "The faces, perhaps none", body = EmbeddedFaces))
)]
async fn embed_faces(
    _: EmbeddingAccess,
    service: Data<Service>,
    transaction: Transaction,
    form: Form<EmbedForm>,
) -> Result<Json<EmbeddedFaces>, ApiError> {
    let pending = transaction.begin(Action::Embed);
    let embedded = async {
        let EmbedForm { file, model } = form.into_inner();
        let model = model_or_default(&service, model)?;
        // With as many crops as an enrolment, since that is what clients may do with these embeddings.
        let faces = service.inference.embed_all(file.data, model.clone(), Purpose::Enrolment).await?;
        Ok::<_, ApiError>((model, faces))
    };
    let (model, faces) = pending.record(embedded).await?;
    let FacesOfPicture { size: (width, height), faces, omitted } = faces;
    let faces = faces.iter().map(|face| FaceWithEmbedding {
        face: FaceResponse::from(face),
        embedding: face.embedding.values().to_vec(),
    });
    Ok(Json(EmbeddedFaces { model, width, height, faces: faces.collect(), omitted }))
}

/// Compare two pictures
///
/// Says how alike the one face of each picture is, and whether the distance is within the service's threshold
/// for one comparison, as if the first had been enrolled and the second came to the door. Keys below admin are told the
/// distance of a match alone. Neither picture is kept.
#[utoipa::path(
    post, path = "/v1/faces/compare", tag = "Pictures",
    request_body(content = TwoPicturesForm, content_type = "multipart/form-data"),
    responses((status = 200, description = "How alike they are", body = ComparisonResponse))
)]
async fn compare_faces(
    service: Data<Service>,
    scores: Scores,
    transaction: Transaction,
    form: Form<TwoPicturesForm, 2>,
) -> Result<Json<ComparisonResponse>, ApiError> {
    let compared = async {
        let TwoPicturesForm { first, second, model } = form.into_inner();
        let model = model_or_default(&service, model)?;
        let first = service.inference.embed(first.data, model.clone(), Purpose::Enrolment).await;
        let first = first.map_err(|error| error.with_picture(WhichPicture::First))?;
        let second = service.inference.embed(second.data, model, Purpose::Probe).await;
        let second = second.map_err(|error| error.with_picture(WhichPicture::Second))?;
        let comparison = service.events.compare(&first.embedding, &second.embedding)?;
        Ok::<_, ApiError>((comparison, first, second))
    };
    let pending = transaction.begin(Action::Compare);
    let audited = |(comparison, ..): &(Comparison, _, _), entry| comparison.audited(entry);
    let (comparison, first, second) = pending.record_as(compared, audited).await?;
    let Comparison { decision, distance, limit, model, .. } = comparison;
    let is_match = decision == Decision::Match;
    Ok(Json(ComparisonResponse {
        decision: decision.as_str(),
        distance: scores.show(is_match, distance.value()),
        confidence: scores.show(is_match, distance.confidence().percent()),
        threshold: limit.threshold.value(),
        expected_false_match_rate: limit.expected_false_match_rate,
        model,
        first: FaceResponse::from(&first),
        second: FaceResponse::from(&second),
    }))
}

fn model_or_default(service: &Service, named: Option<Text<String>>) -> Result<ModelId, ApiError> {
    match named {
        Some(text) => service.inference.model_named(&text),
        None => Ok(service.events.default_model().clone()),
    }
}
