//! `/v1/faces/...`: what can be said of pictures alone. Nothing is looked up and nothing is kept.

use ::events::{Action, AuditEntry, Decision, Outcome};
use actix_multipart::form::MultipartForm;
use actix_web::web::{Bytes, Data, Json};
use embedding::{Distance, Template};
use face_core::EmbeddedFace;
use serde::Serialize;
use utoipa::ToSchema;

use super::face::ShownFace;
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
    faces: Vec<ShownFace>,
}

/// The faces of a picture with their embeddings.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EmbeddedFaces {
    /// The model that made the embeddings.
    #[schema(example = "dlib-resnet-v1")]
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
    face: ShownFace,
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
    #[schema(example = "dlib-resnet-v1")]
    model: String,
    /// The face of the first picture.
    first: ShownFace,
    /// The face of the second picture.
    second: ShownFace,
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
    let act = transaction.act(Action::Detect);
    let found = service.inference.detect(form.into_inner().picture()).await;
    let FoundFaces { size: (width, height), faces, .. } = act.done(found).await?;
    let faces = faces.iter().map(|face| ShownFace::from(&face.shown)).collect();
    Ok(Json(DetectedFaces { width, height, faces }))
}

/// Embed faces
///
/// Finds every face of a picture and makes the embedding of each, of the 20 largest at most. Embeddings can be
/// enrolled by `POST /v1/events/{event}/users/{user}/faces`. The picture is not kept.
#[utoipa::path(
    post, path = "/v1/faces/embed", tag = "Pictures", operation_id = "embed_faces",
    security(("key" = ["verify"])),
    request_body(content = PictureForm, content_type = "multipart/form-data"),
    responses((status = 200, description = "The faces, perhaps none", body = EmbeddedFaces), PictureProblems)
)]
pub(crate) async fn embed(
    service: Data<Service>,
    transaction: Transaction,
    form: MultipartForm<PictureForm>,
) -> Result<Json<EmbeddedFaces>, ApiError> {
    let act = transaction.act(Action::Embed);
    let found = service.inference.embed_all(form.into_inner().picture()).await;
    let FoundFaces { size: (width, height), faces, omitted } = act.done(found).await?;
    let faces = faces.iter().filter_map(|found| {
        let embedding = found.embedding.as_ref()?.values().to_vec();
        Some(FaceWithEmbedding { face: ShownFace::from(&found.shown), embedding })
    });
    let (model, faces) = (service.inference.model().to_string(), faces.collect());
    Ok(Json(EmbeddedFaces { model, width, height, faces, omitted }))
}

/// Compare two pictures
///
/// Says how alike the one face of each picture is, and whether the distance is within the service's threshold
/// for one comparison. Neither picture is kept.
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
        let TwoPicturesForm { first, second } = form.into_inner();
        let of = |picture| move |error: ApiError| error.of_one(picture);
        let first = service.inference.embed(first.data).await.map_err(of(WhichPicture::First))?;
        let second = service.inference.embed(second.data).await.map_err(of(WhichPicture::Second))?;
        let template = |face: &EmbeddedFace| Template::of(service.metric, [&face.embedding]);
        let distance = template(&first)?.distance(&template(&second)?)?;
        Ok(Compared { first, second, distance, threshold: service.events.limit(None, 1)?.threshold })
    };
    let model = service.inference.model();
    let told = |compared: &Compared, mut entry: AuditEntry| {
        entry.details.outcome = Outcome::from(compared.decision());
        entry.with_distance(compared.distance, compared.threshold, model.clone())
    };
    let compared = transaction.act(Action::Compare).end(compared.await, told).await?;
    Ok(Json(Comparison::of(&compared, model.to_string())))
}

/// The faces of two pictures, and how far apart they are.
struct Compared {
    first: EmbeddedFace,
    second: EmbeddedFace,
    distance: Distance,
    threshold: Distance,
}

impl Compared {
    fn decision(&self) -> Decision {
        if self.distance <= self.threshold { Decision::Match } else { Decision::NoMatch }
    }
}

impl Comparison {
    fn of(compared: &Compared, model: String) -> Self {
        Self {
            decision: compared.decision().as_str(),
            distance: compared.distance.value(),
            confidence: compared.distance.confidence().percent(),
            threshold: compared.threshold.value(),
            model,
            first: ShownFace::from(&compared.first),
            second: ShownFace::from(&compared.second),
        }
    }
}
