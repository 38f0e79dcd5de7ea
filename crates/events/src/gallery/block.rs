//! A run of users in name order with their templates: what a gallery shares and replaces.

use embedding::Template;
use embedding_store::Username;
use zeroize::Zeroize;

use super::scan::{self, Best, Row};

/// Most users in a block. A change copies one block (512 B a row) and one pointer for each other block,
/// so that it stays in the microseconds from one user to a million.
pub(super) const MOST_ROWS: usize = 1024;

/// Users by name, and the same number of rows and of sample counts in the same order. Never empty.
///
/// Biometric data: the rows are cleared on drop, and never moved to a larger buffer on the way.
pub(super) struct Block {
    users: Vec<Username>,
    rows: Vec<Row>,
    samples: Vec<u32>,
}

impl Block {
    /// Takes users in name order.
    pub(super) fn new(entries: &[(Username, Template)]) -> Self {
        Self {
            users: entries.iter().map(|(user, _)| user.clone()).collect(),
            rows: entries.iter().map(|(_, template)| row(template)).collect(),
            samples: entries.iter().map(|(_, template)| template.samples()).collect(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.users.len()
    }

    pub(super) fn users(&self) -> &[Username] {
        &self.users
    }

    /// Whether no user of this block or of an earlier one is `user` or comes after.
    pub(super) fn ends_before(&self, user: &Username) -> bool {
        self.users.last().is_some_and(|last| last < user)
    }

    pub(super) fn contains(&self, user: &Username) -> bool {
        self.users.binary_search(user).is_ok()
    }

    /// Looks for users nearer to `probe` than the best so far; `number` says which block this is.
    pub(super) fn scan(&self, probe: &Row, number: usize, best: &mut Best) {
        scan::scan(&self.rows, probe, number, best);
    }

    /// The row of a user.
    pub(super) fn row(&self, user: &Username) -> Option<&Row> {
        self.rows.get(self.users.binary_search(user).ok()?)
    }

    /// How many samples the template of a user is of.
    pub(super) fn samples(&self, user: &Username) -> Option<u32> {
        self.samples.get(self.users.binary_search(user).ok()?).copied()
    }

    /// A copy in which `user` has this template: one block, or two when one would be too long.
    pub(super) fn with(&self, user: &Username, template: &Template) -> Vec<Self> {
        let (at, after) = match self.users.binary_search(user) {
            Ok(place) => (place, place + 1),
            Err(place) => (place, place),
        };
        let copy = self.spliced(at, after, Some((user, template)));
        if copy.len() <= MOST_ROWS {
            return vec![copy];
        }
        // In halves: each has room for hundreds more before it is split in its turn.
        let middle = copy.len() / 2;
        vec![copy.part(0, middle), copy.part(middle, copy.len())]
    }

    /// A copy without `user`; `None` when nobody is left.
    pub(super) fn without(&self, user: &Username) -> Option<Self> {
        let copy = match self.users.binary_search(user) {
            Ok(place) => self.spliced(place, place + 1, None),
            Err(_) => self.part(0, self.len()),
        };
        (copy.len() > 0).then_some(copy)
    }

    fn part(&self, from: usize, to: usize) -> Self {
        let users = self.users.iter().take(to).skip(from).cloned().collect();
        let rows = self.rows.iter().take(to).skip(from).cloned().collect();
        let samples = self.samples.iter().take(to).skip(from).copied().collect();
        Self { users, rows, samples }
    }

    /// The entries before `at`, the new one, and those from `after` on.
    fn spliced(&self, at: usize, after: usize, entry: Option<(&Username, &Template)>) -> Self {
        // At full size at once: a vector that grows would free its old buffer without clearing the rows.
        let (mut users, mut rows) = (Vec::with_capacity(self.len() + 1), Vec::with_capacity(self.len() + 1));
        users.extend(self.users.iter().take(at).cloned());
        rows.extend(self.rows.iter().take(at).cloned());
        let mut samples: Vec<_> = self.samples.iter().take(at).copied().collect();
        if let Some((user, template)) = entry {
            users.push(user.clone());
            rows.push(row(template));
            samples.push(template.samples());
        }
        users.extend(self.users.iter().skip(after).cloned());
        rows.extend(self.rows.iter().skip(after).cloned());
        samples.extend(self.samples.iter().skip(after).copied());
        Self { users, rows, samples }
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        self.rows.zeroize();
    }
}

pub(super) fn row(template: &Template) -> Row {
    Row(*template.values())
}
