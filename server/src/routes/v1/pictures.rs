//! `/v1/faces/...`: what can be said of pictures alone. Nothing is looked up and nothing is kept.

use ::events::{Action, AuditEntry, Decision, MatchLimit, Outcome};
use actix_multipart::form::MultipartForm;
use actix_multipart::form::text::Text;
use actix_web::web::{Bytes, Data, Json};
use embedding::{Distance, ModelId, Template};
use face_core::{EmbeddedFace, EmbeddedFaces as FacesOfPicture, Purpose};
use serde::Serialize;
use utoipa::ToSchema;

use super::face::FaceResponse;
use crate::audit::Transaction;
use crate::error::{ApiError, WhichPicture};
use crate::inference::FoundFaces;
use crate::openapi::{ALWAYS, PICTURE, problems};
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
    #[schema(example = "sface-2021dec")]
    model: String,
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
pub(crate) struct Comparison {
    /// `match` when the distance is at most the threshold, else `no_match`.
    #[schema(example = "match")]
    decision: &'static str,
    /// How often two different people are as near, 0 to 1: the rate at the threshold, of one comparison; null where
    /// it was not measured.
    #[schema(required = true, minimum = 0, maximum = 1, example = 0.001)]
    expected_false_match_rate: Option<f64>,
    /// Distance between the two faces, 0 and up.
    #[schema(minimum = 0, example = 0.2384)]
    distance: f32,
    /// `(1 - distance) * 100`, never below 0 and rounded down; **not** a probability.
    #[schema(minimum = 0, maximum = 100, example = 76.15)]
    confidence: f64,
    /// Largest distance that counts as a match.
    #[schema(minimum = 0, example = 0.4)]
    threshold: f32,
    /// The model that made the embeddings.
    #[schema(example = "sface-2021dec")]
    model: String,
    /// The face of the first picture.
    first: FaceResponse,
    /// The face of the second picture.
    second: FaceResponse,
}

problems! {
    /// What these routes can refuse.
    PictureProblems = ALWAYS, PICTURE
}

/// Find faces
///
/// Finds every face of a picture, says where it is and how well it is shown. A picture without a face is no
/// error: `faces` is then empty. The picture is not kept.
#[utoipa::path(
    post, path = "/v1/faces/detect", tag = "Pictures", operation_id = "detect_faces",
    security(("key" = ["verify"])),
    request_body(content = PictureForm, content_type = "multipart/form-data"),
    responses((status = 200, description = "The faces, perhaps none", body = DetectedFaces), PictureProblems)
)]
pub(crate) async fn detect(
    service: Data<Service>,
    transaction: Transaction,
    form: MultipartForm<PictureForm>,
) -> Result<Json<DetectedFaces>, ApiError> {
    let pending = transaction.begin(Action::Detect);
    let found = service.inference.detect(form.into_inner().picture()).await;
    let FoundFaces { size: (width, height), faces } = pending.done(found).await?;
    let faces = faces.iter().map(FaceResponse::from).collect();
    Ok(Json(DetectedFaces { width, height, faces }))
}

/// Embed faces
///
/// Finds every face of a picture and makes the embedding of each, of the 20 largest at most. Embeddings can be
/// enrolled by `POST /v1/events/{event}/users/{user}/faces`. The picture is not kept.
#[utoipa::path(
    post, path = "/v1/faces/embed", tag = "Pictures", operation_id = "embed_faces",
    security(("key" = ["verify"])),
    request_body(content = EmbedForm, content_type = "multipart/form-data"),
    responses((status = 200, description = "The faces, perhaps none", body = EmbeddedFaces), PictureProblems)
)]
pub(crate) async fn embed(
    service: Data<Service>,
    transaction: Transaction,
    form: MultipartForm<EmbedForm>,
) -> Result<Json<EmbeddedFaces>, ApiError> {
    let pending = transaction.begin(Action::Embed);
    let embedded = async {
        let EmbedForm { file, model } = form.into_inner();
        let model = model_or_default(&service, model)?;
        // With as many crops as an enrolment, since that is what clients may do with these embeddings.
        let found = service.inference.embed_all(file.data, model.clone(), Purpose::Enrolment).await?;
        Ok((model, found))
    };
    let (model, found) = pending.done(embedded.await).await?;
    let FacesOfPicture { size: (width, height), faces, omitted } = found;
    let faces = faces.iter().map(|found| FaceWithEmbedding {
        face: FaceResponse::from(found),
        embedding: found.embedding.values().to_vec(),
    });
    Ok(Json(EmbeddedFaces { model: model.to_string(), width, height, faces: faces.collect(), omitted }))
}

/// Compare two pictures
///
/// Says how alike the one face of each picture is, and whether the distance is within the service's threshold
/// for one comparison, as if the first had been enrolled and the second came to the door. Neither picture is kept.
#[utoipa::path(
    post, path = "/v1/faces/compare", tag = "Pictures", operation_id = "compare_faces",
    security(("key" = ["verify"])),
    request_body(content = TwoPicturesForm, content_type = "multipart/form-data"),
    responses((status = 200, description = "How alike they are", body = Comparison), PictureProblems)
)]
pub(crate) async fn compare(
    service: Data<Service>,
    transaction: Transaction,
    form: MultipartForm<TwoPicturesForm>,
) -> Result<Json<Comparison>, ApiError> {
    let compared = async {
        let TwoPicturesForm { first, second, model } = form.into_inner();
        let model = model_or_default(&service, model)?;
        let of = |picture| move |error: ApiError| error.with_picture(picture);
        let first = service.inference.embed(first.data, model.clone(), Purpose::Enrolment).await;
        let first = first.map_err(of(WhichPicture::First))?;
        let second = service.inference.embed(second.data, model.clone(), Purpose::Probe).await;
        let second = second.map_err(of(WhichPicture::Second))?;
        let template = |face: &EmbeddedFace| Template::of(service.events.scale(&model), [&face.embedding]);
        let distance = template(&first)?.distance(&template(&second)?)?;
        // The limit of one comparison is that of an event with one user.
        let limit = service.events.limit(&model, None, 1)?;
        Ok(Compared { model, first, second, distance, limit })
    };
    let describe = |compared: &Compared, mut entry: AuditEntry| {
        entry.details.outcome = Outcome::from(compared.decision());
        entry.with_distance(compared.distance, compared.limit.threshold, compared.model.clone())
    };
    let compared = transaction.begin(Action::Compare).end(compared.await, describe).await?;
    Ok(Json(Comparison::from(&compared)))
}

fn model_or_default(service: &Service, named: Option<Text<String>>) -> Result<ModelId, ApiError> {
    match named {
        Some(text) => service.inference.model_named(&text),
        None => Ok(service.events.default_model().clone()),
    }
}

/// The faces of two pictures, and how far apart they are.
struct Compared {
    model: ModelId,
    first: EmbeddedFace,
    second: EmbeddedFace,
    distance: Distance,
    limit: MatchLimit,
}

impl Compared {
    fn decision(&self) -> Decision {
        if self.distance <= self.limit.threshold { Decision::Match } else { Decision::NoMatch }
    }
}

impl From<&Compared> for Comparison {
    fn from(compared: &Compared) -> Self {
        Self {
            decision: compared.decision().as_str(),
            distance: compared.distance.value(),
            confidence: compared.distance.confidence().percent(),
            threshold: compared.limit.threshold.value(),
            expected_false_match_rate: compared.limit.expected_false_match_rate,
            model: compared.model.to_string(),
            first: FaceResponse::from(&compared.first),
            second: FaceResponse::from(&compared.second),
        }
    }
}
