//! What is sent to enrol: pictures or embeddings, made into faces.

use ::events::{DuplicatePolicy, EnrolmentFace, EnrolmentOptions, EventName, Metadata};
use actix_multipart::form::MultipartForm;
use actix_multipart::form::text::Text;
use embedding::{DistanceScale, Embedding, ModelId, Template};
use face_core::{EmbeddedFace, Purpose};
use serde::Deserialize;
use utoipa::ToSchema;

use super::response::Rejected;
use crate::error::{ApiError, Reason};
use crate::quality::measured;
use crate::routes::v1::events::{OnDuplicate, OnOtherPerson};
use crate::routes::v1::face_response::FaceResponse;
use crate::service::Service;
use crate::upload::Picture;

/// Most faces that one request enrols.
pub(super) const MOST_FACES: usize = 20;

/// How the faces of this route came.
const SOURCE: &str = "POST /v1/events/{event}/users/{user}/faces";

/// Pictures of one person.
#[derive(Debug, MultipartForm, ToSchema)]
#[multipart(duplicate_field = "deny", deny_unknown_fields)]
#[serde(deny_unknown_fields)]
pub(crate) struct FacesForm {
    /// 1 to 20 pictures, each of the user's face: the field once for each. JPEG, PNG, WebP, BMP, GIF or TIFF.
    #[schema(value_type = Vec<String>, format = Binary, content_media_type = "application/octet-stream",
        min_items = 1, max_items = 20)]
    file: Vec<Picture>,
    /// What to do about a face that is in the event already, under another name; else the event's setting, else
    /// `reject`.
    #[schema(value_type = Option<OnDuplicate>, nullable = false)]
    #[multipart(limit = "16 KiB")]
    on_duplicate: Option<Text<String>>,
    /// What to do about a face that is unlike the user's others, stored or sent with it; else the event's setting,
    /// else `reject`.
    #[schema(value_type = Option<OnOtherPerson>, nullable = false)]
    #[multipart(limit = "16 KiB")]
    on_other_person: Option<Text<String>>,
}

/// Embeddings of one person, made by the client.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EmbeddingsBody {
    /// The model that made them: that of the event.
    #[schema(example = "sface-2021dec")]
    model: String,
    /// 1 to 20 embeddings of 128 numbers each, as the model gave them or scaled to length 1.
    #[schema(min_items = 1, max_items = 20)]
    embeddings: Vec<Vec<f32>>,
    /// What to do about a face that is in the event already, under another name; else the event's setting, else
    /// `reject`.
    #[schema(value_type = Option<OnDuplicate>)]
    on_duplicate: Option<DuplicatePolicy>,
    /// What to do about a face that is unlike the user's others, stored or sent with it; else the event's setting,
    /// else `reject`.
    #[schema(value_type = Option<OnOtherPerson>)]
    on_other_person: Option<DuplicatePolicy>,
}

/// Faces to enrol; one at least.
pub(super) struct Faces {
    pub(super) model: ModelId,
    pub(super) faces: Vec<EnrolmentFace>,
    /// What the answer says of each of them.
    pub(super) sent: Vec<SentFace>,
    /// The pictures that cannot be used.
    pub(super) rejected: Vec<Rejected>,
}

/// A face to enrol, as it was sent.
pub(super) struct SentFace {
    /// Its place among what was sent, from 0.
    pub(super) index: usize,
    /// The face in its picture; `None` of an embedding.
    pub(super) face: Option<FaceResponse>,
    pub(super) bystanders: usize,
}

impl FacesForm {
    /// The pictures, and how their faces are to be enrolled.
    pub(super) fn parse(self) -> Result<(Vec<Picture>, EnrolmentOptions), ApiError> {
        let Self { file, on_duplicate, on_other_person } = self;
        let on_duplicate = policy("on_duplicate", on_duplicate)?;
        let on_other_person = policy("on_other_person", on_other_person)?;
        expect_count("file", file.len())?;
        Ok((file, EnrolmentOptions { on_duplicate, on_other_person, ..EnrolmentOptions::default() }))
    }
}

impl EmbeddingsBody {
    /// The embeddings as faces, each with a direction, and how they are to be enrolled.
    pub(super) fn parse(self) -> Result<(Faces, EnrolmentOptions), ApiError> {
        let Self { model, embeddings, on_duplicate, on_other_person } = self;
        expect_count("embeddings", embeddings.len())?;
        let model = ModelId::new(&model)?;
        let face = |values: &Vec<f32>| {
            let embedding = Embedding::from_slice(model.clone(), values)?;
            Template::from_embeddings(DistanceScale::UNIT, [&embedding])?;
            let source = SOURCE.to_owned();
            Ok(EnrolmentFace { embedding, detection_score: 0.0, quality: Metadata::new(), source })
        };
        let faces = embeddings.iter().map(face).collect::<Result<Vec<_>, ApiError>>()?;
        let sent = (0..faces.len()).map(|index| SentFace { index, face: None, bystanders: 0 }).collect();
        let options = EnrolmentOptions { on_duplicate, on_other_person, ..EnrolmentOptions::default() };
        Ok((Faces { model, faces, sent, rejected: Vec::new() }, options))
    }
}

/// Finds and embeds the face of each picture, and says which pictures cannot be used.
pub(super) async fn embed(
    service: &Service,
    event: &EventName,
    pictures: Vec<Picture>,
) -> Result<Faces, ApiError> {
    let (mut faces, mut sent, mut rejected) = (Vec::new(), Vec::new(), Vec::new());
    // One at a time: all at once would fill the queue of the pool, and others would be refused.
    for (index, picture) in pictures.into_iter().enumerate() {
        let embedded = service.embed(event, Purpose::Enrolment, picture.data).await;
        // What the gate warns of is in the response, as `shortcomings` of each face.
        match embedded.and_then(|face| service.quality.check(&face.quality).map(|_| face)) {
            Ok(embedded) => {
                let face = Some(FaceResponse::from(&embedded));
                let EmbeddedFace { face: located, quality, embedding, bystanders } = embedded;
                sent.push(SentFace { index, face, bystanders });
                let (detection_score, quality) = (located.detection.score, measured(&quality));
                faces.push(EnrolmentFace { embedding, detection_score, quality, source: SOURCE.to_owned() });
            }
            Err(ApiError::LowQuality(reasons)) => rejected.push(Rejected { index, reasons }),
            Err(ApiError::Face(error)) => match Reason::from_face_error(&error) {
                Some(reason) => rejected.push(Rejected { index, reasons: vec![reason] }),
                // The server's fault: to reject the picture for it would enrol less than was sent.
                None => return Err(error.into()),
            },
            Err(error) => return Err(error),
        }
    }
    let Some(model) = faces.first().map(|face| face.embedding.model().clone()) else {
        let placed = |Rejected { index, reasons }| {
            reasons.into_iter().map(move |reason: Reason| reason.with_index(index))
        };
        return Err(ApiError::NoPictureUsable(rejected.into_iter().flat_map(placed).collect()));
    };
    Ok(Faces { model, faces, sent, rejected })
}

fn expect_count(field: &str, count: usize) -> Result<(), ApiError> {
    if (1..=MOST_FACES).contains(&count) {
        return Ok(());
    }
    Err(ApiError::Field(format!("the field '{field}' is given {count} times: send 1 to {MOST_FACES} faces")))
}

/// What a form field says is to be done.
fn policy(field: &str, text: Option<Text<String>>) -> Result<Option<DuplicatePolicy>, ApiError> {
    let read = |text: Text<String>| {
        serde_json::from_value(text.into_inner().into())
            .map_err(|_| ApiError::Field(format!("field '{field}': give reject, warn or allow")))
    };
    text.map(read).transpose()
}
