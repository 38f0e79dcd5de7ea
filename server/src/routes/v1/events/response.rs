//! An event as clients see it.

use ::events::{DuplicatePolicy, EventDetails, EventName, MatchLimit, Metadata};
use embedding::ModelId;
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::settings::{OnDuplicate, OnOtherPerson};
use crate::routes::v1::verdict::RuleResponse;
use crate::service::Service;

/// An event.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EventResponse {
    /// Its name.
    #[schema(value_type = String, example = "conference_2024")]
    name: EventName,
    /// How many users are registered.
    #[schema(example = 15)]
    user_count: usize,
    /// The model of its faces.
    #[schema(value_type = String, example = "sface-2021dec")]
    model: ModelId,
    /// Its own rule for a match; null where the service's holds.
    #[schema(required = true)]
    match_rule: Option<RuleResponse>,
    /// The threshold that the rule comes to at its present size; null where the rule cannot be kept here.
    #[schema(required = true, minimum = 0, example = 0.4)]
    threshold: Option<f32>,
    /// How often a search for a stranger is expected to name somebody, 0 to 1; null where it was not measured.
    #[schema(required = true, minimum = 0, maximum = 1, example = 0.058)]
    expected_false_match_rate: Option<f64>,
    /// What is done about a face that is there already under another name; null where the service decides.
    #[schema(value_type = Option<OnDuplicate>, required = true)]
    on_duplicate: Option<DuplicatePolicy>,
    /// What is done about a face that is unlike the user's others; null where the service decides.
    #[schema(value_type = Option<OnOtherPerson>, required = true)]
    on_other_person: Option<DuplicatePolicy>,
    /// What its owner should know; empty when all is well.
    warnings: Vec<EventWarning>,
    /// When it is erased with everything in it; null when it is kept.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime, required = true, example = "2027-01-31T00:00:00Z")]
    retain_until: Option<OffsetDateTime>,
    /// The client's own data.
    #[schema(value_type = Object)]
    metadata: Metadata,
    /// When it came into being.
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime, example = "2026-11-25T09:41:03.5Z")]
    created: OffsetDateTime,
    /// When it was last changed.
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime, example = "2026-11-25T09:41:03.5Z")]
    updated: OffsetDateTime,
}

/// Something that the owner of an event should know.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EventWarning {
    /// Stable name: `many_strangers_named`, of a fixed threshold by which more than 5 % of strangers are expected to
    /// be named; `model_not_served`, of an event whose model the server does not have. More may come.
    #[schema(example = "many_strangers_named")]
    code: &'static str,
    /// What it means, and what to do.
    #[schema(
        example = "The fixed threshold names 33 % of strangers among so many users: give the event a target"
    )]
    detail: String,
}

/// An event as it is at present.
pub(super) fn event_response(
    service: &Service,
    EventDetails { record, user_count }: EventDetails,
) -> EventResponse {
    // An event whose rule cannot be kept is shown all the same: its owner has to see it to change it.
    let limit = service.events.limit(&record.model, record.match_rule, user_count).ok();
    let warnings = warnings(service, &record.model, limit.as_ref());
    EventResponse {
        name: record.name,
        user_count,
        model: record.model,
        match_rule: record.match_rule.map(RuleResponse::from),
        threshold: limit.map(|limit| limit.threshold.value()),
        expected_false_match_rate: limit.and_then(|limit| limit.expected_false_match_rate),
        on_duplicate: record.on_duplicate,
        on_other_person: record.on_other_person,
        warnings,
        retain_until: record.retain_until,
        metadata: record.metadata,
        created: record.created,
        updated: record.updated,
    }
}

fn warnings(service: &Service, model: &ModelId, limit: Option<&MatchLimit>) -> Vec<EventWarning> {
    let mut warnings = Vec::new();
    if !service.events.serves(model) {
        let detail =
            format!("The server does not have the model {model}: nobody can be enrolled or recognised");
        warnings.push(EventWarning { code: "model_not_served", detail });
    }
    let lax = limit.filter(|limit| limit.names_many_strangers());
    if let Some(rate) = lax.and_then(|limit| limit.expected_false_match_rate) {
        let detail = format!(
            "The fixed threshold names {:.0} % of strangers among so many users: give the event a target",
            rate * 100.0
        );
        warnings.push(EventWarning { code: "many_strangers_named", detail });
    }
    warnings
}
