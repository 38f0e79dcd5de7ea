//! Damaged rows are errors, never absent and never another's.

use embedding_store::{EmbeddingStore, EmbeddingStoreExt, StoreError};
use postgres_server::Database;

use super::specimens::{Outcome, client, open, sample};

#[tokio::test]
async fn a_damaged_record_is_reported_by_every_call_that_reads_it() -> Outcome {
    let database = Database::new()?;
    let store = open(&database.url()).await?;
    let client = client(&database.url()).await?;
    let ada = sample("conference", "ada")?;
    let (event, user) = (ada.event(), ada.user());
    for (damage, of_event, of_user, of_samples) in [
        ("UPDATE events SET record = set_byte(record, 20, 1)", true, false, false),
        ("UPDATE users SET record = set_byte(record, 20, 1)", false, true, false),
        ("UPDATE samples SET record = set_byte(record, 300, get_byte(record, 300) # 1)", false, false, true),
        ("UPDATE samples SET record = ''", false, false, true),
        ("UPDATE samples SET id = '0190163d-8694-739b-aea5-966c26f8ad90'", false, false, true),
        ("UPDATE users SET record = (SELECT record FROM events)", false, true, false),
        ("DELETE FROM users", false, false, false),
    ] {
        match store.delete_event(event).await {
            Ok(()) | Err(StoreError::NotFound { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        store.append_sample(ada.clone()).await?;
        client.batch_execute(damage).await?;
        let is_corrupt = |error: Option<StoreError>| matches!(error, Some(StoreError::Corrupt { .. }));
        assert_eq!(is_corrupt(store.event(event).await.err()), of_event, "{damage}");
        assert_eq!(is_corrupt(store.all_events().await.err()), of_event, "{damage}");
        assert_eq!(is_corrupt(store.user(event, user).await.err()), of_user, "{damage}");
        assert_eq!(is_corrupt(store.all_users(event).await.err()), of_user, "{damage}");
        assert_eq!(is_corrupt(store.samples(event, user).await.err()), of_samples, "{damage}");
        assert!(is_corrupt(store.load_event(event).await.err()), "{damage}");
    }
    Ok(())
}

#[tokio::test]
async fn tables_that_are_gone_are_no_empty_store() -> Outcome {
    let database = Database::new()?;
    let store = open(&database.url()).await?;
    let ada = sample("conference", "ada")?;
    store.append_sample(ada.clone()).await?;
    client(&database.url()).await?.batch_execute("DROP TABLE samples").await?;
    let error = store.samples(ada.event(), ada.user()).await.unwrap_err();
    assert!(matches!(error, StoreError::Misconfigured { .. }), "{error:?}");
    store.load_event(ada.event()).await.unwrap_err();
    Ok(())
}
