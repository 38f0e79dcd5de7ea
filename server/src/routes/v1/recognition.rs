//! `POST /v1/events/{event}/identify` and `.../users/{user}/verify`: whose face it is, and whether it is theirs.

use std::future::ready;
use std::num::NonZeroUsize;
use std::time::Instant;

use ::events::{Action, EventName};
use actix_multipart::form::MultipartForm;
use actix_multipart::form::text::Text;
use actix_web::web::{Bytes, Data, Json};
use face_core::{EmbeddedFace, EmbeddedFaces, Purpose};
use serde::Serialize;
use utoipa::ToSchema;

use super::face_response::FaceResponse;
use super::path::{InEvent, OfUser};
use super::pictures::PictureForm;
use super::verdict::VerdictResponse;
use crate::audit::Transaction;
use crate::auth::Role;
use crate::error::{ApiError, codes};
use crate::form::Form;
use crate::limits::RouteClass;
use crate::openapi::errors::{EVENT, PICTURE, STORE, USER};
use crate::quality::Judged;
use crate::routes::operation::Operation;
use crate::scores::Scores;
use crate::service::Service;
use crate::upload::Picture;

/// Most candidates of one face.
const MOST_CANDIDATES: usize = 100;

/// A picture to search for.
#[derive(Debug, MultipartForm, ToSchema)]
#[multipart(duplicate_field = "deny", deny_unknown_fields)]
#[serde(deny_unknown_fields)]
pub(crate) struct IdentifyForm {
    /// The picture: JPEG, PNG, WebP, BMP, GIF or TIFF.
    #[schema(value_type = String, format = Binary, content_media_type = "application/octet-stream")]
    file: Picture,
    /// How many of the nearest users to answer with: 1 to 100, 1 unless said.
    #[schema(value_type = Option<usize>, minimum = 1, maximum = 100, default = 1, nullable = false)]
    #[multipart(limit = "16 KiB")]
    top_k: Option<Text<String>>,
    /// `one` (unless said otherwise): the one face that counts; a picture of none or of several is refused.
    /// `all`: every face, the 20 largest at most.
    #[schema(value_type = Option<WhichFaces>, nullable = false)]
    #[multipart(limit = "16 KiB")]
    faces: Option<Text<String>>,
}

/// Which faces of a picture to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum WhichFaces {
    /// The one face that counts.
    One,
    /// Every face.
    All,
}

/// Whose faces a picture shows.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Identified {
    /// The event that was searched.
    #[schema(value_type = String, example = "conference_2024")]
    event: EventName,
    /// The faces that were looked at, the largest first.
    faces: Vec<IdentifiedFace>,
    /// How many smaller faces were left out.
    #[schema(example = 0)]
    omitted: usize,
    /// How long it took.
    timings_ms: Timings,
}

/// A face, and whose it is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct IdentifiedFace {
    /// The face.
    face: FaceResponse,
    #[serde(flatten)]
    verdict: VerdictResponse,
}

/// Whether a picture shows a user.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Verified {
    /// The event.
    #[schema(value_type = String, example = "conference_2024")]
    event: EventName,
    /// The face that was looked at.
    face: FaceResponse,
    #[serde(flatten)]
    verdict: VerdictResponse,
    /// How long it took.
    timings_ms: Timings,
}

/// Milliseconds.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Timings {
    /// For the picture, with waiting for its turn.
    #[schema(minimum = 0, example = 21.4)]
    picture: f64,
    /// For the search.
    #[schema(minimum = 0, example = 0.1)]
    search: f64,
}

/// The operations that say whose face it is.
pub(super) fn operations() -> Vec<Operation> {
    let of_model = [codes::OTHER_MODEL, codes::UNUSABLE_RULE];
    vec![
        Operation::new(Role::Verify, __path_identify, identify)
            .of_class(RouteClass::Recognition)
            .with_errors(&[STORE, EVENT, PICTURE, &of_model]),
        Operation::new(Role::Verify, __path_verify_user, verify_user)
            .of_class(RouteClass::Recognition)
            .with_errors(&[STORE, USER, PICTURE, &of_model]),
    ]
}

/// Identify faces
///
/// Says whose face it is among all users of the event (1:N). With `faces` = `all`, of each face of the picture;
/// one without a face is then no error. Look at `decision`: a refusal is 200 too. Keys below admin are told distances of
/// a match alone. The picture is not kept.
#[utoipa::path(
    post, path = "/v1/events/{event}/identify", tag = "Recognition", params(InEvent),
    request_body(content = IdentifyForm, content_type = "multipart/form-data"),
    responses((status = 200, description = "The event was searched", body = Identified))
)]
async fn identify(
    service: Data<Service>,
    InEvent { event }: InEvent,
    scores: Scores,
    transaction: Transaction,
    form: Form<IdentifyForm>,
) -> Result<Json<Identified>, ApiError> {
    let (picture, top, which) = form.into_inner().parse()?;
    let started = Instant::now();
    // One for each face; also one for a picture that shows none.
    let pending = || transaction.clone().begin(Action::Identify).at(&event);
    // Begun before the picture is looked at: a request that is given up meanwhile is then in the audit.
    let mut first = Some(pending());
    let (embedded, omitted) = match embed(&service, &event, picture, which).await {
        Ok(embedded) => embedded,
        failed @ Err(_) => first.take().unwrap_or_else(pending).record(ready(failed)).await?,
    };
    let picture = milliseconds(started);
    let started = Instant::now();
    let mut faces = Vec::with_capacity(embedded.len());
    // Recorded face by face: when a search fails, the audit has the decisions before it.
    for face in embedded {
        let judged = async {
            let verdict = service.events.identify_top(&event, &face.embedding, top).await?;
            Ok::<_, ApiError>(service.quality.judge(verdict, &face.quality))
        };
        let audited = |judged: &Judged, entry| judged.verdict.audited(entry);
        let judged = first.take().unwrap_or_else(pending).record_as(judged, audited).await?;
        faces.push(IdentifiedFace {
            face: FaceResponse::from(&face),
            verdict: VerdictResponse::new(&judged, scores),
        });
    }
    if let Some(pending) = first {
        pending.done().await;
    }
    let timings_ms = Timings { picture, search: milliseconds(started) };
    Ok(Json(Identified { event, faces, omitted, timings_ms }))
}

/// Verify a user
///
/// Says whether it is the face of one user (1:1), by the event's rule for a single comparison. It is `match` or
/// `no_match`: nobody else is looked at. Keys below admin are told distances of a match alone. The picture is not kept.
#[utoipa::path(
    post, path = "/v1/events/{event}/users/{user}/verify", tag = "Recognition",
    params(OfUser), request_body(content = PictureForm, content_type = "multipart/form-data"),
    responses((status = 200, description = "The face was compared", body = Verified))
)]
async fn verify_user(
    service: Data<Service>,
    OfUser { event, user }: OfUser,
    scores: Scores,
    transaction: Transaction,
    form: Form<PictureForm>,
) -> Result<Json<Verified>, ApiError> {
    let pending = transaction.begin(Action::Verify).at(&event).about(&user);
    let verified = async {
        let started = Instant::now();
        let face = service.embed(&event, Purpose::Probe, form.into_inner().picture()).await?;
        let picture = milliseconds(started);
        let started = Instant::now();
        let verdict = service.events.verify(&event, &user, &face.embedding).await?;
        let judged = service.quality.judge(verdict, &face.quality);
        Ok::<_, ApiError>((judged, face, Timings { picture, search: milliseconds(started) }))
    };
    let audited = |(judged, ..): &(Judged, _, _), entry| judged.verdict.audited(entry);
    let (judged, face, timings_ms) = pending.record_as(verified, audited).await?;
    let (face, verdict) = (FaceResponse::from(&face), VerdictResponse::new(&judged, scores));
    Ok(Json(Verified { event, face, verdict, timings_ms }))
}

/// The faces that are asked for, with their embeddings, and how many were left out.
async fn embed(
    service: &Service,
    event: &EventName,
    picture: Bytes,
    which: WhichFaces,
) -> Result<(Vec<EmbeddedFace>, usize), ApiError> {
    if which == WhichFaces::One {
        return Ok((vec![service.embed(event, Purpose::Probe, picture).await?], 0));
    }
    let model = service.events.model_of(event).await?;
    let EmbeddedFaces { faces, omitted, .. } =
        service.inference.embed_all(picture, model, Purpose::Probe).await?;
    Ok((faces, omitted))
}

fn milliseconds(since: Instant) -> f64 {
    (since.elapsed().as_secs_f64() * 10_000.0).round() / 10.0
}

impl IdentifyForm {
    fn parse(self) -> Result<(Bytes, NonZeroUsize, WhichFaces), ApiError> {
        let Self { file, top_k, faces } = self;
        let top = match top_k {
            None => NonZeroUsize::MIN,
            Some(text) => {
                let top = text.parse().ok().filter(|top: &NonZeroUsize| top.get() <= MOST_CANDIDATES);
                top.ok_or_else(|| {
                    ApiError::Field("field 'top_k': give a whole number from 1 to 100".to_owned())
                })?
            }
        };
        let which = match faces.as_deref().map(String::as_str) {
            None | Some("one") => WhichFaces::One,
            Some("all") => WhichFaces::All,
            Some(_) => return Err(ApiError::Field("field 'faces': give one or all".to_owned())),
        };
        Ok((file.data, top, which))
    }
}
