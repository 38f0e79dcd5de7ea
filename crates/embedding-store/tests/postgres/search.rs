//! The search in the database: the same answer with pgvector, without it, and as a plain scan here.

use std::num::NonZeroUsize;

use embedding::{DIMENSIONS, Embedding, ModelId};
use embedding_store::{EmbeddingStore, StoreError};
use postgres_server::Database;

use super::plain_scan::{check, fill, limit, plainly, template};
use super::specimens::{Outcome, client, event, model, open, sample, sample_of, user};

#[tokio::test]
async fn the_answer_is_exact_with_the_extension_and_without_it() -> Outcome {
    let database = Database::new()?;
    let store = open(&database.url()).await?;
    let probes = fill(&store, 120).await?;
    let client = client(&database.url()).await?;
    let is_there = "SELECT EXISTS (SELECT 1 FROM pg_extension WHERE extname = 'vector')";
    assert!(client.query_one(is_there, &[]).await?.get::<_, bool>(0), "the extension has been installed");
    let with = check(&store, &probes, 120).await?;

    // Where others cannot install it, they go without.
    drop(store);
    let role = database.name().to_owned();
    let make = "DROP EXTENSION vector; CREATE ROLE {role} LOGIN PASSWORD 'x'; GRANT USAGE ON SCHEMA face_store TO {role}; \
                GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA face_store TO {role}";
    client.batch_execute(&make.replace("{role}", &role)).await?;
    let url = database.url();
    let (_, rest) = url.split_once('@').ok_or("no user")?;
    let store = open(&format!("postgres://{role}:x@{rest}")).await?;
    assert!(!client.query_one(is_there, &[]).await?.get::<_, bool>(0), "the extension is gone");
    assert_eq!(check(&store, &probes, 120).await?, with);
    drop(store);
    client.batch_execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}")).await?;
    Ok(())
}

/// More are equally near than are asked for: the first by name, whatever the database would have picked.
#[tokio::test]
async fn of_many_equally_near_the_first_by_name_are_taken() -> Outcome {
    let database = Database::new()?;
    let store = open(&database.url()).await?;
    for number in (0..60).rev() {
        store.append_sample(sample("conference", &format!("user {number:02}"))?).await?;
    }
    let probe = Embedding::new(model()?, [1.0; DIMENSIONS])?;
    let search = store.search().ok_or("the store has no search")?;
    let found = search.nearest(&event("conference")?, &template([&probe])?, limit(3)?).await?;
    let names: Vec<_> = found.users.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["user 00", "user 01", "user 02"]);
    Ok(())
}

#[tokio::test]
async fn an_index_is_used_only_when_asked_for_and_then_the_answer_says_so() -> Outcome {
    let database = Database::new()?;
    let exact = open(&database.url()).await?;
    let probes = fill(&exact, 40).await?;
    let store = open(&format!("{}?index=hnsw", database.url())).await?;
    let search = store.search().ok_or("the store has no search")?;
    for probe in &probes {
        let found = search.nearest(&event("conference")?, &template([probe])?, limit(2)?).await?;
        assert!(!found.exact);
        let expected = plainly(&store, &event("conference")?, probe, 2).await?;
        assert_eq!(found.users.first().map(|(_, d)| d), expected.first().map(|(_, d)| d));
    }
    // Whoever does not ask for it gets exact answers though the index is there.
    check(&exact, &probes, 40).await?;
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_searched_is_refused() -> Outcome {
    let database = Database::new()?;
    let store = open(&database.url()).await?;
    let search = store.search().ok_or("the store has no search")?;
    let ada = sample("conference", "ada")?;
    let (one, probe) = (NonZeroUsize::MIN, ada.embedding());
    let error = search.nearest(ada.event(), &template([probe])?, one).await.unwrap_err();
    assert!(matches!(error, StoreError::NotFound { .. }), "{error:?}");
    store.append_sample(ada.clone()).await?;
    let other = Embedding::new(ModelId::new("other")?, [0.5; DIMENSIONS])?;
    let error = search.nearest(ada.event(), &template([&other])?, one).await.unwrap_err();
    assert!(matches!(error, StoreError::Conflict { .. }), "{error:?}");
    store.delete_user(ada.event(), &user("ada")?).await?;
    let found = search.nearest(ada.event(), &template([probe])?, one).await?;
    assert_eq!((found.users.len(), found.user_count), (0, 0));
    Ok(())
}

/// The template is that of the samples that are left, to the last bit.
#[tokio::test]
async fn a_deleted_sample_is_searched_no_more() -> Outcome {
    let database = Database::new()?;
    let store = open(&database.url()).await?;
    let mut made = Vec::new();
    for number in 0..3_usize {
        let mut values = [0.1; DIMENSIONS];
        *values.get_mut(number).ok_or("there are 128")? = 1.0;
        let theirs = sample_of("conference", "ada", values)?;
        store.append_sample(theirs.clone()).await?;
        made.push(theirs);
    }
    let [first, second, third] = made.as_slice() else { return Err("there are three".into()) };
    assert_eq!(store.delete_sample(second.event(), second.user(), second.id()).await?, 2);
    let search = store.search().ok_or("the store has no search")?;
    let expected = plainly(&store, &event("conference")?, second.embedding(), 1).await?;
    let found = search.nearest(&event("conference")?, &template([second.embedding()])?, limit(1)?).await?;
    assert_eq!(found.users, expected);
    assert_eq!(store.delete_sample(first.event(), first.user(), first.id()).await?, 1);
    let found = search.nearest(&event("conference")?, &template([third.embedding()])?, limit(1)?).await?;
    assert!(found.users.iter().all(|(_, distance)| distance.value() < 1e-3), "{found:?}");
    Ok(())
}

/// The template is that of all samples in the order of their ids, to the last bit, in whatever order they came.
#[tokio::test]
async fn samples_that_were_appended_at_once_are_all_searched() -> Outcome {
    let database = Database::new()?;
    let store = open(&database.url()).await?;
    let mut made = Vec::new();
    for number in 0..6_u8 {
        let mut values = [0.1; DIMENSIONS];
        values[usize::from(number)] = 0.9 + f32::from(number) / 70.0;
        made.push(sample_of("conference", "ada", values)?);
    }
    for batch in [vec![4, 1], vec![5, 1, 0, 3, 2]] {
        let batch = batch.into_iter().map(|place: usize| made[place].clone()).collect();
        store.append_samples(batch).await?;
        let probe = made[0].embedding();
        let search = store.search().ok_or("the store has no search")?;
        let found = search.nearest(&event("conference")?, &template([probe])?, limit(1)?).await?;
        assert_eq!(found.users, plainly(&store, &event("conference")?, probe, 1).await?);
    }
    Ok(())
}
