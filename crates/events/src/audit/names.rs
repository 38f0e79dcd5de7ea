//! Names of one person: which entries are theirs, though they were renamed or merged since or before.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;

use embedding_store::{EventName, JournalPage, Username};
use time::OffsetDateTime;

use super::{Action, AuditEntry, AuditError, AuditTrail, Outcome, topic};

/// Entries are read so many at a time.
const CHUNK: usize = 500;

/// A name as an event has it.
type Name = (EventName, Username);

/// A time in which a name was given up by nobody: up to this time, at which it was, or until now. So a name is taken to be
/// one person's until they give it up.
type Tenure = (Name, Option<OffsetDateTime>);

/// Somebody got another name, or became one with who has it.
#[derive(Debug)]
struct Change {
    from: Name,
    to: Name,
    time: OffsetDateTime,
    is_merge: bool,
}

/// Other names of who is looked for, with the times in which they were theirs.
#[derive(Debug, Default)]
pub(super) struct OtherNames(BTreeMap<Name, Vec<Span>>);

#[derive(Debug)]
struct Span {
    /// Behind this time; at it the name was somebody else's, or nobody's.
    after: Option<OffsetDateTime>,
    /// Up to this time.
    until: Option<OffsetDateTime>,
}

impl OtherNames {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether an entry is about the person under another name.
    pub(super) fn has(&self, entry: &AuditEntry) -> bool {
        let Some(name) = entry.details.event.clone().zip(entry.details.user.clone()) else { return false };
        self.0.get(&name).into_iter().flatten().any(|Span { after, until }| {
            after.is_none_or(|after| after < entry.time) && until.is_none_or(|until| entry.time <= until)
        })
    }

    /// The names that everybody had who had the name `user`, in one event or in any.
    fn new(event: Option<&EventName>, user: &Username, changes: &[Change]) -> Self {
        let mut given_up: BTreeMap<&Name, BTreeSet<OffsetDateTime>> = BTreeMap::new();
        for change in changes {
            given_up.entry(&change.from).or_default().insert(change.time);
        }
        let times = |name: &Name| given_up.get(name).into_iter().flatten().copied();
        let from = |change: &Change| -> Tenure { (change.from.clone(), Some(change.time)) };
        let to = |change: &Change| -> Tenure {
            (change.to.clone(), times(&change.to).find(|time| change.time < *time))
        };
        let mut linked: BTreeMap<Tenure, Vec<Tenure>> = BTreeMap::new();
        let mut taken: BTreeMap<Tenure, OffsetDateTime> = BTreeMap::new();
        for change in changes {
            linked.entry(from(change)).or_default().push(to(change));
            linked.entry(to(change)).or_default().push(from(change));
            if !change.is_merge {
                // Nobody had it then. Of several the last counts: who had it between them was deleted.
                let last = taken.entry(to(change)).or_insert(change.time);
                *last = change.time.max(*last);
            }
        }
        let is_asked = |((of, name), _): &&Tenure| name == user && event.is_none_or(|event| event == of);
        let mut found: BTreeSet<Tenure> = linked.keys().filter(is_asked).cloned().collect();
        let mut ahead: Vec<_> = found.iter().cloned().collect();
        while let Some(tenure) = ahead.pop() {
            for next in linked.get(&tenure).into_iter().flatten() {
                if found.insert(next.clone()) {
                    ahead.push(next.clone());
                }
            }
        }
        let mut spans: BTreeMap<Name, Vec<Span>> = BTreeMap::new();
        for tenure in found.into_iter().filter(|tenure| !is_asked(&tenure)) {
            let taken = taken.get(&tenure).copied();
            let (name, until) = tenure;
            let before = times(&name).take_while(|time| until.is_none_or(|until| *time < until)).last();
            spans.entry(name).or_default().push(Span { after: before.max(taken), until });
        }
        Self(spans)
    }
}

impl AuditTrail {
    /// What entries about a person stand under other names, by the entries about renaming and merging, all of which are
    /// read.
    pub(super) async fn other_names(
        &self,
        event: Option<&EventName>,
        user: &Username,
    ) -> Result<OtherNames, AuditError> {
        let mut changes = Vec::new();
        for action in [Action::RenameUser, Action::MergeUsers] {
            let kind = Some(action.as_str().to_owned());
            let limit = NonZeroUsize::MIN.saturating_add(CHUNK - 1);
            let mut page = JournalPage { kind, ..JournalPage::oldest(limit) };
            loop {
                let listing = self.inner.journal.list(&topic()?, page.clone()).await?;
                for entry in listing.items {
                    changes.extend(Change::read(AuditEntry::read(entry)?, event));
                }
                match listing.next {
                    Some(next) => page.after = Some(next),
                    None => break,
                }
            }
        }
        Ok(OtherNames::new(event, user, &changes))
    }
}

impl Change {
    /// What an entry says was done, in this event where one is named.
    fn read(entry: AuditEntry, of: Option<&EventName>) -> Option<Self> {
        let AuditEntry { time, action, details, .. } = entry;
        let is_done = matches!(details.outcome, Outcome::Done | Outcome::Repeated);
        let event = details.event.filter(|event| is_done && of.is_none_or(|of| of == event))?;
        let (from, to) = (details.user?, details.new_name?);
        let is_merge = action == Action::MergeUsers;
        (from != to).then(|| Self { from: (event.clone(), from), to: (event, to), time, is_merge })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn name(name: &str) -> Name {
        (EventName::new("fair").unwrap(), Username::new(name).unwrap())
    }

    fn at(second: u64) -> OffsetDateTime {
        OffsetDateTime::UNIX_EPOCH + Duration::from_secs(second)
    }

    fn change(from: &str, to: &str, second: u64, is_merge: bool) -> Change {
        Change { from: name(from), to: name(to), time: at(second), is_merge }
    }

    /// The other names of who is asked for, with their times in seconds.
    fn spans(user: &str, changes: &[Change]) -> Vec<(String, Option<i64>, Option<i64>)> {
        let (event, user) = name(user);
        let seconds = |time: Option<OffsetDateTime>| time.map(OffsetDateTime::unix_timestamp);
        let OtherNames(spans) = OtherNames::new(Some(&event), &user, changes);
        let spans = spans.into_iter().flat_map(|((_, name), spans)| {
            spans.into_iter().map(move |span| (name.to_string(), seconds(span.after), seconds(span.until)))
        });
        spans.collect()
    }

    #[test]
    fn a_name_stands_for_all_names_of_who_had_it_and_no_longer_than_they_had_them() {
        // One person: a, then b, then c. Later another is a, and yet another d, then b.
        let changes = [change("a", "b", 10, false), change("b", "c", 20, false), change("d", "b", 30, false)];
        let (a, c) = (("a".to_owned(), None, Some(10)), ("c".to_owned(), Some(20), None));
        let first_b = ("b".to_owned(), Some(10), Some(20));
        assert_eq!(spans("a", &changes), [first_b.clone(), c.clone()]);
        assert_eq!(spans("c", &changes), [a.clone(), first_b]);
        assert_eq!(spans("b", &changes), [a, c, ("d".to_owned(), None, Some(30))], "two had it");
        assert_eq!(spans("d", &changes), [("b".to_owned(), Some(30), None)]);
        assert_eq!(spans("nobody", &changes), []);
    }

    #[test]
    fn who_was_merged_is_one_person_from_the_beginning() {
        let changes = [change("a", "b", 10, true), change("c", "b", 20, true)];
        let (a, c) = (("a".to_owned(), None, Some(10)), ("c".to_owned(), None, Some(20)));
        assert_eq!(spans("a", &changes), [("b".to_owned(), None, None), c.clone()]);
        assert_eq!(spans("b", &changes), [a, c]);
    }

    #[test]
    fn a_name_taken_back_is_the_persons_again() {
        let changes = [change("a", "b", 10, false), change("b", "a", 20, false)];
        assert_eq!(spans("a", &changes), [("b".to_owned(), Some(10), Some(20))]);
        assert_eq!(
            spans("b", &changes),
            [("a".to_owned(), Some(20), None), ("a".to_owned(), None, Some(10))]
        );
    }
}
