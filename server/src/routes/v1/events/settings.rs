//! What clients may set of an event.

use ::events::{DuplicatePolicy, EventChange, EventName, EventSettings, FalseMatchRate, MatchRule, Metadata};
use embedding::{Distance, ModelId};
use serde::Deserialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::error::ApiError;
use crate::routes::fields;
use crate::routes::v1::object::{Time, given};
use crate::routes::v1::verdict::{RuleDistance, RuleRate, RuleResponse};
use crate::service::Service;

/// What to do about a face to enrol that is unlike the user's others: another person's picture, as a rule.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "describes `DuplicatePolicy` for the document")]
pub(crate) enum OnOtherPerson {
    /// Enrol nothing of the request: 409 `other_person`.
    Reject,
    /// Enrol, and say so.
    Warn,
    /// Enrol.
    Allow,
}

/// What to do about a face to enrol that is in the event already, under another name.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "describes `DuplicatePolicy` for the document")]
pub(crate) enum OnDuplicate {
    /// Enrol nobody: 409 `duplicate_person`.
    Reject,
    /// Enrol, and name the other.
    Warn,
    /// Enrol.
    Allow,
}

/// What an event is to be. What is left out is the service's to decide, or empty.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EventBody {
    /// The model of its faces, for life: `sface-2021dec` unless the server says otherwise, or `dlib-resnet-v1`. Of an
    /// event that is there it can only be the one that it has.
    #[schema(pattern = "^(sface-2021dec|dlib-resnet-v1)$", example = "sface-2021dec")]
    model: Option<String>,
    /// When two faces are the same person's.
    match_rule: Option<RuleResponse>,
    /// What to do about a face that is there already under another name.
    #[schema(value_type = Option<OnDuplicate>)]
    on_duplicate: Option<DuplicatePolicy>,
    /// What to do about a face that is unlike the user's others.
    #[schema(value_type = Option<OnOtherPerson>)]
    on_other_person: Option<DuplicatePolicy>,
    /// When it is to be erased with everything in it: a time to come, RFC 3339.
    #[serde(default, with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime, example = "2027-01-31T00:00:00Z")]
    retain_until: Option<OffsetDateTime>,
    /// The client's own data: at most 16 KiB as JSON.
    #[schema(value_type = Option<Object>)]
    metadata: Option<Metadata>,
}

/// What of an event is to be another. What is left out stays; null takes it away.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EventPatch {
    /// When two faces are the same person's.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<RuleResponse>)]
    match_rule: Option<Option<RuleResponse>>,
    /// What to do about a face that is there already under another name.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<OnDuplicate>)]
    on_duplicate: Option<Option<DuplicatePolicy>>,
    /// What to do about a face that is unlike the user's others.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<OnOtherPerson>)]
    on_other_person: Option<Option<DuplicatePolicy>>,
    /// When it is to be erased with everything in it: a time to come, RFC 3339.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, format = DateTime, example = "2027-01-31T00:00:00Z")]
    retain_until: Option<Option<Time>>,
    /// The client's own data, as a whole: at most 16 KiB as JSON.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Object>)]
    metadata: Option<Option<Metadata>>,
}

impl EventBody {
    pub(super) async fn parse(self, service: &Service, event: &EventName) -> Result<EventSettings, ApiError> {
        let Self { model, match_rule, on_duplicate, on_other_person, retain_until, metadata } = self;
        let model = model.map(|id| service.inference.model_named(&id)).transpose()?;
        let match_rule = match match_rule {
            Some(rule) => Some(parse_rule(service, event, model.as_ref(), rule).await?),
            None => None,
        };
        Ok(EventSettings {
            model,
            match_rule,
            on_duplicate,
            on_other_person,
            retain_until: retain_until.map(to_come).transpose()?,
            metadata: fields::metadata(metadata.unwrap_or_default())?,
        })
    }
}

impl EventPatch {
    pub(super) async fn parse(self, service: &Service, event: &EventName) -> Result<EventChange, ApiError> {
        let Self { match_rule, on_duplicate, on_other_person, retain_until, metadata } = self;
        let match_rule = match match_rule {
            Some(Some(rule)) => Some(Some(parse_rule(service, event, None, rule).await?)),
            Some(None) => Some(None),
            None => None,
        };
        let time = |time: Option<Time>| time.map(|time| to_come(time.get())).transpose();
        Ok(EventChange {
            match_rule,
            model: None,
            on_duplicate,
            on_other_person,
            retain_until: retain_until.map(time).transpose()?,
            metadata: metadata.map(|given| fields::metadata(given.unwrap_or_default())).transpose()?,
        })
    }
}

/// A rule that can be kept with this model, or else with that of the event.
async fn parse_rule(
    service: &Service,
    event: &EventName,
    model: Option<&ModelId>,
    rule: RuleResponse,
) -> Result<MatchRule, ApiError> {
    // A distance means something in one model alone: in that of the event, or else in that of new events.
    let model = match model {
        Some(model) => model.clone(),
        None => service.events.model_of(event).await?,
    };
    let unfit = |reason: &dyn std::fmt::Display| ApiError::Field(format!("field 'match_rule': {reason}"));
    let rule = match rule {
        RuleResponse::Threshold(RuleDistance(value)) => {
            MatchRule::Threshold(Distance::new(value).map_err(|e| unfit(&e))?)
        }
        RuleResponse::TargetFalseMatchRate(RuleRate(value)) => {
            MatchRule::TargetFalseMatchRate(FalseMatchRate::new(value).map_err(|e| unfit(&e))?)
        }
    };
    service.events.check_rule(&model, rule)?;
    Ok(rule)
}

/// What is to be erased at a time that is over would be gone before anyone saw the mistake.
fn to_come(time: OffsetDateTime) -> Result<OffsetDateTime, ApiError> {
    if time > OffsetDateTime::now_utc() {
        return Ok(time);
    }
    Err(ApiError::Field("field 'retain_until': the time is over: give one that is still to come".to_owned()))
}
