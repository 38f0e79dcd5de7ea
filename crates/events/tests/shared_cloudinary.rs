//! Two services on one Cloudinary account, each with a journal of its own: what overlaps ends as docs/STORAGE.md says.
#![allow(missing_docs)]

mod overlapping;

use std::sync::Arc;
use std::time::{Duration, Instant};

use cloudinary_standin::{API_KEY, API_SECRET, CLOUD, Options, StandIn};
use embedding::Distance;
use embedding_store::cloudinary::ApiSecret;
use embedding_store::{CloudinaryOptions, CloudinaryStore, EmbeddingStore, InMemory, Metadata};
use events::{DuplicatePolicy, EnrolmentOptions, EventChange, EventError, EventName, MatchRule, Username};
use futures_util::future::try_join;
use overlapping::{Outcome, Site, by_hand, check_ins_of, enrol_at_once, face, rounds, site, together};
use serde_json::json;

/// Two services of an account, which list it when they are told to.
struct Pair {
    _account: StandIn,
    stores: [Arc<CloudinaryStore>; 2],
    sites: Vec<Site>,
}

impl Pair {
    async fn start() -> Outcome<Self> {
        let account = StandIn::start(Options::default())?;
        account.behave(|account| account.admin_limit = 10_000_000);
        let mut options = CloudinaryOptions::default();
        options.access.cloud_name = Some(CLOUD.to_owned());
        options.access.api_key = Some(API_KEY.to_owned());
        options.access.api_secret = Some(ApiSecret::new(API_SECRET));
        options.access.upload_prefix = Some(account.base_url());
        options.refresh = Duration::from_secs(3600);
        let open = || async { CloudinaryStore::open(options.clone()).await.map(Arc::new) };
        let stores = [open().await?, open().await?];
        let mut sites = Vec::new();
        for store in &stores {
            let own = InMemory::new().journal();
            sites.push(site(Arc::clone(store) as Arc<dyn EmbeddingStore>, own).await?);
        }
        Ok(Self { _account: account, stores, sites })
    }

    /// The end of the window: each lists what the other wrote.
    async fn see_each_other(&self) -> Outcome {
        let [one, other] = &self.stores;
        try_join(one.refresh(), other.refresh()).await?;
        Ok(())
    }
}

/// Waits for what a service does after its store has told it of a change.
async fn eventually(what: &str, condition: impl AsyncFn() -> Outcome<bool>) -> Outcome {
    let started = Instant::now();
    while !condition().await? {
        if started.elapsed() > Duration::from_secs(60) {
            return Err(format!("not within a minute: {what}").into());
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_with_one_key_at_both_is_stored_once() -> Outcome {
    let pair = Pair::start().await?;
    for round in 0..rounds()? {
        let (event, user) =
            (EventName::new(&format!("event {}", round % 9))?, Username::new(&format!("{round}"))?);
        let options = EnrolmentOptions { request: Some("key".to_owned()), ..EnrolmentOptions::default() };
        let request = (event.clone(), user.clone(), face(round)?, options);
        let answers = enrol_at_once(&pair.sites, vec![request.clone(); 2]).await?;
        let mut ids = Vec::new();
        for answer in answers {
            ids.push(answer?.samples);
        }
        ids.dedup();
        assert_eq!(ids.len(), 1, "round {round}: both answer the same");
        pair.see_each_other().await?;
        let [one, other] = &pair.stores;
        let (here, there) = (one.samples(&event, &user).await?, other.samples(&event, &user).await?);
        assert_eq!((here.len(), &here), (1, &there), "round {round}");
        for answer in enrol_at_once(&pair.sites, vec![request; 2]).await? {
            assert!(answer?.repeated, "round {round}");
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_face_under_two_names_may_be_taken_within_the_window_and_is_refused_behind_it() -> Outcome {
    let pair = Pair::start().await?;
    for round in 0..rounds()? {
        let event = EventName::new(&format!("event {}", round % 9))?;
        let request = |name: String| -> Outcome<_> {
            Ok((event.clone(), Username::new(&name)?, face(round)?, EnrolmentOptions::default()))
        };
        let both = vec![request(format!("{round} here"))?, request(format!("{round} there"))?];
        let answers = enrol_at_once(&pair.sites, both).await?;
        assert!(answers.iter().any(Result::is_ok), "round {round}: {answers:?}");
        pair.see_each_other().await?;
        for site in &pair.sites {
            let refused = async || {
                let (event, user, face, options) = request(format!("{round} later"))?;
                let answer = site.events.enrol_all(&event, &user, vec![face], options).await;
                match answer {
                    Err(EventError::DuplicatePerson { .. }) => Ok(true),
                    // The service has not read yet what its store has listed; undone, so that it is tried again.
                    Ok(_) => site.events.delete_user(&event, &user).await.map(|_| false).map_err(Into::into),
                    Err(error) => Err(error.into()),
                }
            };
            eventually("a face that the other took is known", refused).await?;
        }
        pair.see_each_other().await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_changes_of_one_field_each_both_hold() -> Outcome {
    let pair = Pair::start().await?;
    let name = EventName::new("summit")?;
    let [first, _] = pair.sites.as_slice() else { return Err("two services".into()) };
    first.events.enrol(&name, &Username::new("ada")?, face(1)?).await?;
    pair.see_each_other().await?;
    for round in 0..rounds()? {
        let (metadata, other) = (json!(round), if round % 2 == 0 { 0.25 } else { 0.3 });
        let rule = MatchRule::Threshold(Distance::new(other)?);
        let metadata = Metadata::from_iter([("field".to_owned(), metadata)]);
        let changes = [
            EventChange { match_rule: Some(Some(rule)), ..EventChange::default() },
            EventChange {
                metadata: Some(metadata.clone()),
                on_duplicate: Some(Some(DuplicatePolicy::Warn)),
                ..EventChange::default()
            },
        ];
        let changed = pair.sites.iter().cloned().zip(changes).map(|(site, change)| {
            let name = name.clone();
            async move { site.events.update_event(&name, change).await }
        });
        together(changed).await?.into_iter().collect::<Result<Vec<_>, _>>()?;
        pair.see_each_other().await?;
        for store in &pair.stores {
            let record = store.event(&name).await?.ok_or("no event")?;
            assert_eq!(
                (record.match_rule, record.on_duplicate, &record.metadata),
                (Some(rule), Some(DuplicatePolicy::Warn), &metadata),
                "round {round}"
            );
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_or_what_is_erased_at_one_keeps_no_check_in_in_the_journal_of_the_other() -> Outcome {
    let pair = Pair::start().await?;
    let [first, second] = pair.sites.as_slice() else { return Err("two services".into()) };
    for round in 0..rounds()? {
        let (event, user) = (EventName::new(&format!("event {round}"))?, Username::new("ada")?);
        first.events.enrol(&event, &user, face(round)?).await?;
        // Somebody stays, or the event would be without users.
        first.events.enrol(&event, &Username::new("ben")?, face(round + 500)?).await?;
        pair.see_each_other().await?;
        let is_known = async || Ok(second.events.expect_user(&event, &user).await.is_ok());
        eventually("a user of the other is known", is_known).await?;
        for site in &pair.sites {
            site.check_ins.check_in_named(&event, &user, by_hand()).await?;
        }
        if round % 2 == 0 {
            first.events.delete_user(&event, &user).await?;
        } else {
            first.events.delete_event(&event).await?;
        }
        assert!(check_ins_of(first, &event, &user).await?.is_empty(), "round {round}");
        pair.see_each_other().await?;
        let is_erased = async || Ok(check_ins_of(second, &event, &user).await?.is_empty());
        eventually("the check-ins of who was erased are gone at the other too", is_erased).await?;
    }
    Ok(())
}
