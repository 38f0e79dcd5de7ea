//! Who is of which group, read from a CSV file, and error rates inside each group.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::AccuracyError;
use crate::pairs::Table;
use crate::statistics::{OperatingPoint, Proportion, Scores, TargetRate};
use crate::verification::RatesAt;

/// The threshold that decisions are never above by default, whatever the size of an event.
const FIXED: f32 = 0.40;

/// People by the name of their group. Somebody may be of several groups, and most data has people of none.
pub type Groups = BTreeMap<String, BTreeSet<String>>;

/// Reads the columns `person` and `group`, a line for each membership.
///
/// # Errors
/// [`AccuracyError::Read`], or [`AccuracyError::Labels`] with the line that is wrong.
pub fn read_groups(file: &Path) -> Result<Groups, AccuracyError> {
    let table = Table::read(file)?;
    let (person, group) = (table.column("person")?, table.column("group")?);
    let mut groups = Groups::new();
    for (line, record) in &table.records {
        match (record.get(person), record.get(group)) {
            (Some(person), Some(group)) if !person.is_empty() && !group.is_empty() => {
                groups.entry(group.to_owned()).or_default().insert(person.to_owned());
            }
            _ => return Err(table.wrong(format!("line {line}"), "a person or a group is empty".to_owned())),
        }
    }
    Ok(groups)
}

/// Error rates inside groups at some thresholds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GroupReport {
    /// People of the file who are on none of the pictures.
    pub absent: usize,
    /// People on the pictures who are of no group.
    pub ungrouped: usize,
    /// A table for each threshold.
    pub tables: Vec<GroupTable>,
}

/// All groups at one threshold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GroupTable {
    /// Both rates over every pair of everyone's pictures.
    pub everyone: RatesAt,
    /// Those inside each group, by name.
    pub groups: Vec<GroupRates>,
    /// How unequal false accepts are.
    pub far_spread: Option<Spread>,
    /// How unequal false rejects are.
    pub frr_spread: Option<Spread>,
}

/// Rates over the pictures of one group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GroupRates {
    /// The group.
    pub name: String,
    /// People of the group on the pictures.
    pub people: usize,
    /// Their pictures with an embedding.
    pub pictures: usize,
    /// Pairs of two people of the group that were accepted.
    pub far: Proportion,
    /// Pairs of one person that were refused.
    pub frr: Proportion,
}

/// The group with the highest rate, against the others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// The group with the highest rate.
    pub worst: String,
    /// That with the lowest.
    pub best: String,
    /// The highest rate by the lowest; `None` where the lowest is 0.
    pub to_best: Option<f64>,
    /// The highest rate by that over everyone; `None` where that is 0.
    pub to_everyone: Option<f64>,
}

/// The pictures of one person.
#[derive(Debug)]
struct Member {
    person: usize,
    picture: usize,
}

impl GroupReport {
    /// Measures every pair inside each group, where FAR over everyone is 0.1 % and at a distance of 0.40.
    ///
    /// `names` and `people` say for each picture whose it is, by name and by number; `distance` compares the
    /// first picture, enrolled, with the second, the probe, where both have an embedding. `scores` are those
    /// of everyone.
    #[must_use]
    pub fn measure(
        groups: &Groups,
        names: &[&str],
        people: &[usize],
        scores: &Scores,
        distance: impl Fn(usize, usize) -> Option<f32>,
    ) -> Self {
        let mut thresholds: Vec<f32> =
            OperatingPoint::find(scores, TargetRate::one_in(1000)).iter().map(|p| p.threshold).collect();
        // Added always: where there are too few impostors for 0.1 % there is still a table to compare.
        thresholds.push(FIXED);
        let known: BTreeSet<&str> = names.iter().copied().collect();
        let grouped: BTreeSet<&str> = groups.values().flatten().map(String::as_str).collect();
        let measured: Vec<Vec<GroupRates>> = groups
            .iter()
            .map(|(name, of)| {
                let pictures = names.iter().zip(people).enumerate();
                let own = pictures.filter(|(_, (name, _))| of.contains(**name));
                let members: Vec<_> = own.map(|(picture, (_, &person))| Member { person, picture }).collect();
                inside(name, &members, &thresholds, &distance)
            })
            .collect();
        let table = |(place, &threshold): (usize, &f32)| {
            let everyone = RatesAt::at(scores, threshold);
            let rates = measured.iter().filter_map(|of_group| of_group.get(place).cloned()).collect();
            GroupTable::new(everyone, rates)
        };
        Self {
            absent: grouped.difference(&known).count(),
            ungrouped: known.difference(&grouped).count(),
            tables: thresholds.iter().enumerate().map(table).collect(),
        }
    }
}

impl GroupTable {
    fn new(everyone: RatesAt, groups: Vec<GroupRates>) -> Self {
        Self {
            far_spread: Spread::measure(&groups, |group| group.far, everyone.far),
            frr_spread: Spread::measure(&groups, |group| group.frr, everyone.frr),
            everyone,
            groups,
        }
    }
}

impl Spread {
    /// Among the groups in which anything was compared; `None` with fewer than two.
    fn measure(
        groups: &[GroupRates],
        rate: fn(&GroupRates) -> Proportion,
        everyone: Proportion,
    ) -> Option<Self> {
        let compared = || groups.iter().filter(|group| rate(group).of > 0);
        let share = |group: &GroupRates| rate(group).share();
        let worst = compared().max_by(|a, b| share(a).total_cmp(&share(b)))?;
        let best =
            // Not the worst itself, which with equal rates would be the best of all as well.
            compared().filter(|g| g.name != worst.name).min_by(|a, b| share(a).total_cmp(&share(b)))?;
        let ratio = |to: f64| (to > 0.0).then(|| share(worst) / to);
        Some(Self {
            worst: worst.name.clone(),
            best: best.name.clone(),
            to_best: ratio(share(best)),
            to_everyone: ratio(everyone.share()),
        })
    }
}

/// The rates of one group at each threshold.
fn inside(
    name: &str,
    members: &[Member],
    thresholds: &[f32],
    distance: impl Fn(usize, usize) -> Option<f32>,
) -> Vec<GroupRates> {
    let people: BTreeSet<usize> = members.iter().map(|member| member.person).collect();
    let rates = GroupRates {
        name: name.to_owned(),
        people: people.len(),
        // A picture has a distance to itself, of whatever size, where it has an embedding.
        pictures: members.iter().filter(|member| distance(member.picture, member.picture).is_some()).count(),
        far: Proportion::default(),
        frr: Proportion::default(),
    };
    let mut rates = vec![rates; thresholds.len()];
    for (place, enrolled) in members.iter().enumerate() {
        for probe in members.iter().skip(place + 1) {
            let Some(distance) = distance(enrolled.picture, probe.picture) else { continue };
            // All thresholds in one pass: the distance is what takes time.
            for (rates, &threshold) in rates.iter_mut().zip(thresholds) {
                if enrolled.person == probe.person {
                    rates.frr.add(distance > threshold);
                } else {
                    rates.far.add(distance <= threshold);
                }
            }
        }
    }
    rates
}

#[cfg(test)]
mod tests;
