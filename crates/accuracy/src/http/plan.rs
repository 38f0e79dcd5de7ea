//! Who is enrolled in which event, and who comes as a stranger.

use crate::pairs::spread;
use crate::people::Person;
use crate::pictures::PictureIndex;

/// Events of one size that are held at most: enough for intervals of a percent, in some minutes.
const MOST_EVENTS: usize = 4;

/// Candidates for each place in an event: some are refused by the quality gate or as duplicates.
const CANDIDATES: f64 = 1.08;

/// One event.
#[derive(Debug)]
pub(super) struct Plan {
    /// How many are to be enrolled.
    pub(super) size: usize,
    /// Who is tried, one after the other.
    pub(super) candidates: Vec<Candidate>,
    /// Pictures of people who are no candidates, one each.
    pub(super) strangers: Vec<PictureIndex>,
}

/// Somebody to enrol.
#[derive(Debug)]
pub(super) struct Candidate {
    /// Their place among all people.
    pub(super) person: usize,
    /// Pictures to enrol.
    pub(super) enrolled: Vec<PictureIndex>,
    /// The next picture, with which they come.
    pub(super) probe: PictureIndex,
}

/// Somebody who comes.
#[derive(Debug)]
pub(super) struct Visit {
    /// Their name as a user; `None` for a stranger.
    pub(super) user: Option<String>,
    /// The picture that is taken of them.
    pub(super) picture: PictureIndex,
}

/// As many events of a size as there are people for, with nobody in two of them. Where there are fewer people
/// than one event wants, it has all of them.
pub(super) fn plans(people: &[Person], size: usize, enrol: usize, strangers: usize) -> Vec<Plan> {
    let known: Vec<Candidate> =
        people.iter().enumerate().filter_map(|(at, of)| candidate(at, of, enrol)).collect();
    let wanted = (size as f64 * CANDIDATES).ceil() as usize;
    let events = (known.len() / wanted.max(1)).clamp(1, MOST_EVENTS);
    let mut plans: Vec<Plan> =
        (0..events).map(|_| Plan { size, candidates: Vec::new(), strangers: Vec::new() }).collect();
    // Dealt out in turn, so that each event has people from all over the list.
    for (place, candidate) in known.into_iter().enumerate() {
        if let Some(plan) = plans.get_mut(place % events) {
            plan.candidates.push(candidate);
        }
    }
    for plan in &mut plans {
        // Sorted by person, since they were dealt out in the order of the list.
        let is_candidate = |at: usize| plan.candidates.binary_search_by_key(&at, |one| one.person).is_ok();
        let others = people.iter().enumerate().filter(|(at, _)| !is_candidate(*at));
        let pictures: Vec<_> = others.filter_map(|(_, person)| person.pictures.first().copied()).collect();
        plan.strangers = spread(&pictures, Some(strangers)).copied().collect();
    }
    plans
}

fn candidate(person: usize, of: &Person, enrol: usize) -> Option<Candidate> {
    let (enrolled, rest) = of.pictures.split_at_checked(enrol)?;
    Some(Candidate { person, enrolled: enrolled.to_vec(), probe: *rest.first()? })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// People with so many pictures each.
    fn people(counts: &[usize]) -> Vec<Person> {
        let mut next = 0;
        let mut person = |&count: &usize| {
            let pictures = (next..next + count).map(PictureIndex).collect();
            next += count;
            Person { name: String::new(), pictures }
        };
        counts.iter().map(&mut person).collect()
    }

    #[test]
    fn nobody_is_in_two_events_and_a_stranger_is_no_candidate() {
        let people = people(&[2, 1, 3, 2, 1, 2, 4, 2, 2, 2, 2, 2, 1]);
        let plans = plans(&people, 2, 1, 100);
        // Ten have two pictures; an event of 2 wants 3 candidates.
        assert_eq!(plans.len(), 3);
        let mut seen = BTreeSet::new();
        for plan in &plans {
            for candidate in &plan.candidates {
                assert!(seen.insert(candidate.person));
                let own = &people[candidate.person].pictures;
                assert_eq!((candidate.enrolled.as_slice(), candidate.probe), (&own[..1], own[1]));
                assert!(!own.iter().any(|picture| plan.strangers.contains(picture)));
            }
            assert_eq!(plan.strangers.len(), people.len() - plan.candidates.len());
        }
        assert_eq!(seen.len(), 10);
    }

    #[test]
    fn an_event_that_is_too_large_has_everyone_and_strangers_are_spread() {
        let people = people(&[2, 1, 1, 1, 1, 3]);
        let [plan] = &plans(&people, 400, 1, 2)[..] else { unreachable!("one event") };
        assert_eq!((plan.candidates.len(), plan.size), (2, 400));
        assert_eq!(plan.strangers, [PictureIndex(2), PictureIndex(4)]);
        let [plan] = &plans(&people, 400, 2, 9)[..] else { unreachable!("one event") };
        assert_eq!((plan.candidates.len(), plan.candidates[0].enrolled.len()), (1, 2));
    }
}
