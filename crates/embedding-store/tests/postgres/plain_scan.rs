//! What a search in the database must find: a scan over all templates here.

use std::num::NonZeroUsize;

use embedding::{DIMENSIONS, Distance, DistanceScale, Embedding, Template};
use embedding_store::{EmbeddingStore, EventName, PostgresStore, Username};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::specimens::{Outcome, event, model, sample_of};

pub(crate) type Found = Vec<(Username, Distance)>;

/// Vectors of which some are the same, some nearly, and some far apart.
fn vectors(count: usize) -> Outcome<Vec<[f32; DIMENSIONS]>> {
    let mut runner = TestRunner::deterministic();
    let one = prop::collection::vec(-1.0_f32..1.0, DIMENSIONS);
    let mut vectors: Vec<[f32; DIMENSIONS]> = Vec::new();
    for number in 0..count {
        let earlier = vectors.get(number / 2).copied();
        let mut next: [f32; DIMENSIONS] = one
            .new_tree(&mut runner)
            .map_err(|e| e.to_string())?
            .current()
            .try_into()
            .map_err(|_| "not 128 numbers")?;
        // Twins, and ones that are a rounding apart.
        if let (Some(earlier), 1 | 2) = (earlier, number % 4) {
            next = earlier;
        }
        if number % 4 == 2
            && let Some(value) = next.get_mut(number % DIMENSIONS)
        {
            *value = value.next_up();
        }
        vectors.push(next);
    }
    Ok(vectors)
}

pub(crate) fn limit(number: usize) -> Outcome<NonZeroUsize> {
    Ok(NonZeroUsize::new(number).ok_or("a limit is 1 or more")?)
}

/// On a scale with a factor, which a search must not forget.
pub(crate) fn template<'a>(samples: impl IntoIterator<Item = &'a Embedding>) -> Outcome<Template> {
    Ok(Template::from_embeddings(DistanceScale::unit(0.3537)?, samples)?)
}

pub(crate) async fn plainly(
    store: &PostgresStore,
    name: &EventName,
    probe: &Embedding,
    most: usize,
) -> Outcome<Found> {
    let probe = template([probe])?;
    let mut found = Vec::new();
    for stored in store.load_event(name).await?.users {
        let template = template(stored.samples.iter().map(|sample| sample.embedding()))?;
        let distance = template.distance(&probe)?;
        found.push((distance, stored.user.name));
    }
    found.sort();
    Ok(found.into_iter().take(most).map(|(distance, name)| (name, distance)).collect())
}

/// Fills an event, and another one beside it that must not be looked into.
pub(crate) async fn fill(store: &PostgresStore, count: usize) -> Outcome<Vec<Embedding>> {
    let vectors = vectors(count)?;
    for (number, values) in vectors.iter().enumerate() {
        // Not in the order of their names.
        let name = format!("user {:03}", number * 7 % count);
        store.append_sample(sample_of("conference", &name, *values)?).await?;
        if number % 5 == 0 {
            let other = *vectors.get(number * 3 % count).ok_or("no such vector")?;
            store.append_sample(sample_of("conference", &name, other)?).await?;
        }
        store.append_sample(sample_of("elsewhere", &format!("other {number}"), *values)?).await?;
    }
    vectors.iter().step_by(9).map(|values| Ok(Embedding::new(model()?, *values)?)).collect()
}

pub(crate) async fn check(store: &PostgresStore, probes: &[Embedding], count: usize) -> Outcome<Vec<Found>> {
    let name = event("conference")?;
    let search = store.search().ok_or("the store has no search")?;
    let mut answers = Vec::new();
    for probe in probes {
        for most in [1, 2, 5, 64, 1000] {
            let found = search.nearest(&name, &template([probe])?, limit(most)?).await?;
            assert_eq!((found.model, found.user_count, found.exact), (model()?, count as u64, true));
            assert_eq!(found.users, plainly(store, &name, probe, most).await?, "at most {most}");
            answers.push(found.users);
        }
    }
    Ok(answers)
}
