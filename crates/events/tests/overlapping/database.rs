//! Three services on one database: what is asked of them at one moment comes out as if it had been asked one after another.

use std::sync::Arc;

use embedding::Distance;
use embedding_store::{EmbeddingStore, Metadata, PostgresStore};
use events::{
    CheckInError, DuplicatePolicy, EnrolmentOptions, EnrolmentOutcome, EventChange, EventError, EventName,
    EventSettings, MatchRule, Username,
};
use futures_util::future::{Either, try_join_all};
use postgres_server::Database;
use serde_json::json;

use super::{Outcome, Site, by_hand, check_ins_of, enrol_at_once, face, rounds, site, together};

async fn store(database: &Database) -> Outcome<Arc<dyn EmbeddingStore>> {
    Ok(Arc::new(PostgresStore::open(&database.url().parse()?).await?))
}

async fn sites(database: &Database) -> Outcome<Vec<Site>> {
    let mut sites = Vec::new();
    for _ in 0..3 {
        sites.push(site(store(database).await?, None).await?);
    }
    Ok(sites)
}

pub(crate) async fn a_request_with_one_key_is_done_once(database: Database) -> Outcome {
    let sites = sites(&database).await?;
    let checking = store(&database).await?;
    for round in 0..rounds()? {
        let policy = if round % 2 == 0 { DuplicatePolicy::Warn } else { DuplicatePolicy::Reject };
        let (event, user) =
            (EventName::new(&format!("event {}", round % 9))?, Username::new(&format!("{round}"))?);
        let options = EnrolmentOptions {
            request: Some("key".to_owned()),
            on_duplicate: Some(policy),
            ..EnrolmentOptions::default()
        };
        let request = (event.clone(), user.clone(), face(round)?, options);
        let mut outcomes = Vec::new();
        for answer in enrol_at_once(&sites, vec![request; 3]).await? {
            let EnrolmentOutcome { samples, embedding_count, .. } = answer?;
            outcomes.push((samples, embedding_count));
        }
        outcomes.dedup();
        assert_eq!(outcomes.len(), 1, "round {round}");
        assert_eq!(checking.samples(&event, &user).await?.len(), 1, "round {round}");
    }
    Ok(())
}

pub(crate) async fn one_face_under_three_names_is_taken_under_one(database: Database) -> Outcome {
    let sites = sites(&database).await?;
    for round in 0..rounds()? {
        let mut requests = Vec::new();
        for place in 0..3 {
            let (event, user) = (format!("event {}", round % 9), format!("{round} {place}"));
            let names = (EventName::new(&event)?, Username::new(&user)?);
            requests.push((names.0, names.1, face(round)?, EnrolmentOptions::default()));
        }
        let answers = enrol_at_once(&sites, requests).await?;
        let taken = answers.iter().filter(|answer| answer.is_ok()).count();
        let is_refused = |answer: &&_| matches!(answer, Err(EventError::DuplicatePerson { .. }));
        let refused = answers.iter().filter(is_refused).count();
        assert_eq!((taken, refused), (1, 2), "round {round}: {answers:?}");
    }
    Ok(())
}

pub(crate) async fn of_three_changes_of_one_field_each_none_is_lost(database: Database) -> Outcome {
    let sites = sites(&database).await?;
    let first = sites.first().ok_or("no service")?;
    for round in 0..rounds()? {
        let name = EventName::new(&format!("event {round}"))?;
        first.events.create_event(&name, EventSettings::default()).await?;
        let rule = MatchRule::Threshold(Distance::new(0.25)?);
        let metadata = Metadata::from_iter([("field".to_owned(), json!(round))]);
        let changes = [
            EventChange { match_rule: Some(Some(rule)), ..EventChange::default() },
            EventChange { on_duplicate: Some(Some(DuplicatePolicy::Warn)), ..EventChange::default() },
            EventChange { metadata: Some(metadata.clone()), ..EventChange::default() },
        ];
        let changed = sites.iter().cloned().zip(changes).map(|(site, change)| {
            let name = name.clone();
            async move { site.events.update_event(&name, change).await }
        });
        together(changed).await?.into_iter().collect::<Result<Vec<_>, _>>()?;
        let record = first.events.event(&name).await?.record;
        assert_eq!(
            (record.match_rule, record.on_duplicate, record.metadata),
            (Some(rule), Some(DuplicatePolicy::Warn), metadata),
            "round {round}"
        );
    }
    Ok(())
}

pub(crate) async fn of_who_is_deleted_while_others_check_them_in_nothing_is_left(
    database: Database,
) -> Outcome {
    let sites = sites(&database).await?;
    let [first, second, third] = sites.as_slice() else { return Err("three services".into()) };
    let event = EventName::new("summit")?;
    for round in 0..rounds()? {
        let user = Username::new(&format!("user {round}"))?;
        first.events.enrol(&event, &user, face(round)?).await?;
        first.check_ins.check_in_named(&event, &user, by_hand()).await?;
        let deleting = {
            let (site, event, user) = (first.clone(), event.clone(), user.clone());
            Either::Left(async move { site.events.delete_user(&event, &user).await.map_err(Into::into) })
        };
        let checking_in = [second, third].map(|site| {
            let (site, event, user) = (site.clone(), event.clone(), user.clone());
            Either::Right(async move {
                match site.check_ins.check_in_named(&event, &user, by_hand()).await {
                    Err(CheckInError::Event(EventError::UnknownUser { .. })) => Ok(()),
                    other => other.map(drop),
                }
            })
        });
        for ended in together(std::iter::once(deleting).chain(checking_in)).await? {
            ended?;
        }
        let left = try_join_all(sites.iter().map(|site| check_ins_of(site, &event, &user))).await?;
        assert!(left.iter().all(Vec::is_empty), "round {round}: {left:?}");
    }
    Ok(())
}
