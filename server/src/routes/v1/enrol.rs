//! `POST /v1/events/{event}/users/{user}/faces`: faces to recognise a user by, as pictures or as embeddings.

use ::events::{
    Action, AuditEntry, DuplicatePolicy, EnrolmentFace, EnrolmentOptions, EnrolmentOutcome, EventError,
    EventName, Metadata, Outcome,
};
use actix_multipart::form::MultipartForm;
use actix_multipart::form::text::Text;
use actix_web::HttpResponse;
use actix_web::web::{Data, Json};
use embedding::{DistanceScale, Embedding, ModelId, Template};
use face_core::{EmbeddedFace, Purpose};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::event::{OnDuplicate, OnOtherPerson};
use super::face::FaceResponse;
use super::idempotency::Idempotency;
use super::object::FromObject;
use super::path::OfUser;
use crate::audit::Transaction;
use crate::error::{ApiError, Reason, codes};
use crate::error_body::{DuplicateOf, UnlikeFace};
use crate::openapi::{ALWAYS, JSON, PICTURE, STORE, problems};
use crate::quality::measured;
use crate::service::Service;
use crate::upload::Picture;

/// Most faces that one request enrols.
const MOST_FACES: usize = 20;

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
    on_duplicate: Option<Text<String>>,
    /// What to do about a face that is unlike the user's others, stored or sent with it; else the event's setting,
    /// else `reject`.
    #[schema(value_type = Option<OnOtherPerson>, nullable = false)]
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
    on_duplicate: Option<OnDuplicate>,
    /// What to do about a face that is unlike the user's others, stored or sent with it; else the event's setting,
    /// else `reject`.
    on_other_person: Option<OnOtherPerson>,
}

/// What came of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Enrolled {
    /// The event.
    #[schema(example = "conference_2024")]
    event: String,
    /// The user.
    #[schema(example = "john_doe")]
    user: String,
    /// How many faces the user has now; of a repeated request, how many they were then.
    #[schema(minimum = 1, example = 2)]
    embedding_count: usize,
    /// Whether a request with this idempotency key had done it already.
    #[schema(example = false)]
    repeated: bool,
    /// The faces that are enrolled.
    accepted: Vec<Accepted>,
    /// The pictures that are not, and why.
    rejected: Vec<Rejected>,
    /// Who else of the event has one of the faces, nearest first; told under `warn` alone.
    duplicates: Vec<DuplicateOf>,
    /// The faces that are unlike the user's others; told under `warn` alone.
    other_people: Vec<UnlikeFace>,
    /// The model of the faces.
    #[schema(example = "sface-2021dec")]
    model: String,
}

/// A face that is enrolled.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Accepted {
    /// Its place among what was sent, from 0.
    #[schema(example = 0)]
    index: usize,
    /// Its id.
    #[schema(format = Uuid, example = "01a20fb1-0247-75c3-8a5d-21b9a30a7b91")]
    id: String,
    /// The face in its picture; null of an embedding.
    #[schema(required = true)]
    face: Option<FaceResponse>,
    /// How many other people the picture shows, who were passed over.
    #[schema(example = 0)]
    bystanders: usize,
}

/// A picture that is not enrolled.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Rejected {
    /// Its place among what was sent, from 0.
    #[schema(example = 1)]
    index: usize,
    /// What is wrong with it.
    #[schema(example = json!([{"code": "blurred", "hint": "hold still, and let the camera focus on the face",
        "value": 0.14, "limit": 0.22}]))]
    reasons: Vec<Reason>,
}

impl Rejected {
    /// The reasons, each with the place of its picture.
    fn placed(self) -> impl Iterator<Item = Reason> {
        self.reasons.into_iter().map(move |reason| reason.with_index(self.index))
    }
}

/// A face to enrol, and what is to be told of it.
struct Candidate {
    index: usize,
    face: EnrolmentFace,
    shown: Option<FaceResponse>,
    bystanders: usize,
}

problems! {
    /// What enrolment can refuse.
    EnrolProblems = ALWAYS, STORE, PICTURE, JSON, &[
        codes::INVALID_NAME, codes::EVENT_NOT_ALLOWED, codes::INVALID_KEY, codes::INVALID_EMBEDDING, codes::OTHER_MODEL,
        codes::DUPLICATE_PERSON, codes::OTHER_PERSON, codes::NO_TEMPLATE, codes::KEY_REUSED, codes::UNUSABLE_RULE]
}

/// Enrol faces
///
/// Adds faces to a user; user and event are made when they are not there yet. Each picture shows the user alone.
/// Pictures that cannot be used are `rejected` with reasons while the others are enrolled; when none can be used
/// the answer is 422. With an `Idempotency-Key` the request can be sent again: it is done once. Pictures are not
/// kept.
///
/// As JSON, embeddings that the client made with the event's model are taken instead of pictures.
#[utoipa::path(
    post, path = "/v1/events/{event}/users/{user}/faces", tag = "Users and faces", operation_id = "enrol_faces",
    security(("key" = ["enrol"])),
    params(OfUser, Idempotency),
    request_body(content((FacesForm = "multipart/form-data"), (EmbeddingsBody = "application/json"))),
    responses(
        (status = 200, description = "It had been done already", body = Enrolled),
        (status = 201, description = "At least one face is enrolled", body = Enrolled), EnrolProblems)
)]
pub(crate) async fn enrol(
    service: Data<Service>,
    of: OfUser,
    key: Idempotency,
    transaction: Transaction,
    form: MultipartForm<FacesForm>,
) -> Result<HttpResponse, ApiError> {
    let pending = transaction.begin(Action::Enrol).at(&of.event).about(&of.user);
    let enrolled = async {
        let FacesForm { file, on_duplicate, on_other_person } = form.into_inner();
        let options =
            options(key, choice("on_duplicate", on_duplicate)?, choice("on_other_person", on_other_person)?);
        let (candidates, rejected) = look_at(&service, &of.event, file).await?;
        carry_out(&service, &of, options, candidates, rejected).await
    };
    Ok(answer(pending.end(enrolled.await, describe).await?))
}

/// The same with embeddings.
pub(crate) async fn enrol_embeddings(
    service: Data<Service>,
    of: OfUser,
    key: Idempotency,
    transaction: Transaction,
    body: Json<FromObject<EmbeddingsBody>>,
) -> Result<HttpResponse, ApiError> {
    let pending = transaction.begin(Action::Enrol).at(&of.event).about(&of.user);
    let enrolled = async {
        let EmbeddingsBody { model, embeddings, on_duplicate, on_other_person } = body.into_inner().0;
        let candidates = checked(&model, &embeddings)?;
        carry_out(&service, &of, options(key, on_duplicate, on_other_person), candidates, Vec::new()).await
    };
    Ok(answer(pending.end(enrolled.await, describe).await?))
}

/// Finds the face of each picture, and says which pictures cannot be used.
async fn look_at(
    service: &Service,
    event: &EventName,
    pictures: Vec<Picture>,
) -> Result<(Vec<Candidate>, Vec<Rejected>), ApiError> {
    count("file", pictures.len())?;
    let (mut candidates, mut rejected) = (Vec::new(), Vec::new());
    // One at a time: all at once would fill the queue of the pool, and others would be refused.
    for (index, picture) in pictures.into_iter().enumerate() {
        let found = match service.embed(event, Purpose::Enrolment, picture.data).await {
            Ok(found) => service.quality.check(&found.quality).map(|_| found),
            Err(error) => Err(error),
        };
        match found {
            Ok(found) => candidates.push(Candidate::of(index, found)),
            Err(ApiError::LowQuality(reasons)) => rejected.push(Rejected { index, reasons }),
            Err(ApiError::Face(error)) => match Reason::from_face_error(&error) {
                Some(reason) => rejected.push(Rejected { index, reasons: vec![reason] }),
                // The server's fault: to reject the picture for it would enrol less than was sent.
                None => return Err(error.into()),
            },
            Err(error) => return Err(error),
        }
    }
    if candidates.is_empty() {
        return Err(ApiError::NoPictureUsable(rejected.into_iter().flat_map(Rejected::placed).collect()));
    }
    Ok((candidates, rejected))
}

/// Takes embeddings of a client's; each must have a direction.
fn checked(model: &str, embeddings: &[Vec<f32>]) -> Result<Vec<Candidate>, ApiError> {
    count("embeddings", embeddings.len())?;
    let model = ModelId::new(model)?;
    let candidate = |(index, values): (usize, &Vec<f32>)| {
        let embedding = Embedding::from_slice(model.clone(), values)?;
        Template::of(DistanceScale::UNIT, [&embedding])?;
        let source = SOURCE.to_owned();
        let face = EnrolmentFace { embedding, detection_score: 0.0, quality: Metadata::new(), source };
        Ok(Candidate { index, face, shown: None, bystanders: 0 })
    };
    embeddings.iter().enumerate().map(candidate).collect()
}

fn count(field: &str, count: usize) -> Result<(), ApiError> {
    if (1..=MOST_FACES).contains(&count) {
        return Ok(());
    }
    Err(ApiError::Field(format!("the field '{field}' is given {count} times: send 1 to {MOST_FACES} faces")))
}

/// A choice from a form field.
fn choice<T: DeserializeOwned>(field: &str, text: Option<Text<String>>) -> Result<Option<T>, ApiError> {
    let read = |text: Text<String>| {
        serde_json::from_value(text.into_inner().into())
            .map_err(|_| ApiError::Field(format!("field '{field}': give reject, warn or allow")))
    };
    text.map(read).transpose()
}

fn options(
    Idempotency { key }: Idempotency,
    on_duplicate: Option<OnDuplicate>,
    on_other_person: Option<OnOtherPerson>,
) -> EnrolmentOptions {
    EnrolmentOptions {
        on_duplicate: on_duplicate.map(DuplicatePolicy::from),
        on_other_person: on_other_person.map(DuplicatePolicy::from),
        request: key.map(|key| key.as_str().to_owned()),
        ..EnrolmentOptions::default()
    }
}

async fn carry_out(
    service: &Service,
    OfUser { event, user }: &OfUser,
    options: EnrolmentOptions,
    candidates: Vec<Candidate>,
    rejected: Vec<Rejected>,
) -> Result<Enrolled, ApiError> {
    let model = candidates.first().map(|first| first.face.embedding.model().to_string()).unwrap_or_default();
    let (mut faces, mut told) = (Vec::new(), Vec::new());
    for Candidate { index, face, shown, bystanders } in candidates {
        faces.push(face);
        told.push((index, shown, bystanders));
    }
    // The domain counts the faces that it was given; clients the pictures that they sent.
    let sent = |face: usize| told.get(face).map_or(face, |(index, ..)| *index);
    let outcome = match service.events.enrol_all(event, user, faces, options).await {
        Err(EventError::OtherPerson { event, user, face, distance }) => {
            return Err(EventError::OtherPerson { event, user, face: sent(face), distance }.into());
        }
        outcome => outcome?,
    };
    let EnrolmentOutcome { embedding_count, samples, duplicates, other_people, repeated } = outcome;
    let unlike = |other: ::events::OtherPerson| UnlikeFace {
        index: sent(other.face),
        distance: other.distance.value(),
    };
    let other_people = other_people.into_iter().map(unlike).collect();
    let accepted = told.into_iter().zip(samples);
    let accepted = accepted.map(|((index, face, bystanders), id)| Accepted {
        index,
        id: id.to_string(),
        face,
        bystanders,
    });
    let other = |duplicate: ::events::Duplicate| DuplicateOf {
        user: duplicate.user.to_string(),
        distance: duplicate.distance.value(),
    };
    Ok(Enrolled {
        event: event.to_string(),
        user: user.to_string(),
        embedding_count,
        repeated,
        accepted: accepted.collect(),
        rejected,
        duplicates: duplicates.into_iter().map(other).collect(),
        other_people,
        model,
    })
}

fn describe(enrolled: &Enrolled, mut entry: AuditEntry) -> AuditEntry {
    if enrolled.repeated {
        entry.details.outcome = Outcome::Repeated;
    }
    entry
}

fn answer(enrolled: Enrolled) -> HttpResponse {
    let mut answer = if enrolled.repeated { HttpResponse::Ok() } else { HttpResponse::Created() };
    answer.json(enrolled)
}

impl Candidate {
    fn of(index: usize, found: EmbeddedFace) -> Self {
        let shown = Some(FaceResponse::from(&found));
        let EmbeddedFace { face, quality, embedding, bystanders } = found;
        let measured = measured(&quality);
        let (detection_score, source) = (face.detection.score, SOURCE.to_owned());
        let face = EnrolmentFace { embedding, detection_score, quality: measured, source };
        Self { index, face, shown, bystanders }
    }
}
