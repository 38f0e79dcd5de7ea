//! Groups of made-up people whose rates can be counted by hand.

use super::*;

/// People on a line: a group near each other, another far apart, and somebody of no group.
const PLACES: [(&str, f32); 8] = [
    ("near-1", 0.0),
    ("near-1", 0.5),
    ("near-2", 0.3),
    ("near-3", 0.65),
    ("far-1", 10.0),
    ("far-1", 10.1),
    ("far-2", 20.0),
    ("nobody", 30.0),
];

fn report(groups: &Groups) -> GroupReport {
    let names: Vec<&str> = PLACES.iter().map(|(name, _)| *name).collect();
    let people = [0, 0, 1, 2, 3, 3, 4, 5];
    let distance = |a: usize, b: usize| Some((PLACES[a].1 - PLACES[b].1).abs());
    let (mut genuine, mut impostor) = (Vec::new(), Vec::new());
    for a in 0..PLACES.len() {
        for b in a + 1..PLACES.len() {
            let kind = if people[a] == people[b] { &mut genuine } else { &mut impostor };
            kind.extend(distance(a, b));
        }
    }
    let scores = Scores::new(genuine, impostor).unwrap();
    GroupReport::measure(groups, &names, &people, &scores, distance)
}

fn groups(lines: &str) -> Groups {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("groups.csv");
    std::fs::write(&file, format!("group,person\n{lines}")).unwrap();
    read_groups(&file).unwrap()
}

const TWO: &str = "near,near-1\nnear,near-2\nnear,near-3\nfar,far-1\nfar,far-2\nfar,not there\n";

#[test]
fn rates_inside_a_group_count_its_own_pairs_and_the_worst_is_named() {
    let report = report(&groups(TWO));
    assert_eq!((report.absent, report.ungrouped), (1, 1));
    // FAR 0.1 % of 26 comparisons allows none, so only the fixed threshold has a table.
    let [table] = &report.tables[..] else { unreachable!("{report:?}") };
    assert_eq!(table.everyone.far, Proportion { count: 4, of: 26 });
    let [far, near] = &table.groups[..] else { unreachable!("{table:?}") };
    assert_eq!((far.name.as_str(), far.people, far.pictures), ("far", 2, 3));
    assert_eq!((far.far, far.frr), (Proportion { count: 0, of: 2 }, Proportion { count: 0, of: 1 }));
    assert_eq!((near.name.as_str(), near.people, near.pictures), ("near", 3, 4));
    // Within 0.40: 0.0 to 0.3, 0.5 to 0.3, 0.5 to 0.65 and 0.3 to 0.65.
    assert_eq!((near.far, near.frr), (Proportion { count: 4, of: 5 }, Proportion { count: 1, of: 1 }));
    let spread = table.far_spread.as_ref().unwrap();
    assert_eq!((spread.worst.as_str(), spread.best.as_str(), spread.to_best), ("near", "far", None));
    assert!((spread.to_everyone.unwrap() - 0.8 / (4.0 / 26.0)).abs() < 1e-9);
}

#[test]
fn the_ratio_to_the_best_group_is_that_of_the_shares() {
    let mixed = groups("a,near-1\na,near-2\nb,near-1\nb,near-2\nb,far-1\n");
    let report = report(&mixed);
    let spread = report.tables[0].far_spread.as_ref().unwrap();
    // Group a: 2 of 2 within 0.40; group b: the same 2 of 8.
    assert_eq!((spread.worst.as_str(), spread.to_best), ("a", Some(4.0)));
}

#[test]
fn a_single_group_has_no_spread() {
    let report = report(&groups("near,near-1\nnear,near-2\n"));
    assert_eq!(report.tables[0].far_spread, None);
}

#[test]
fn a_line_without_a_group_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("groups.csv");
    std::fs::write(&file, "person,group\nA,x\nB,\n").unwrap();
    let error = read_groups(&file).unwrap_err().to_string();
    assert!(error.contains("line 3"), "{error}");
    std::fs::write(&file, "person,kind\nA,x\n").unwrap();
    let error = read_groups(&file).unwrap_err().to_string();
    assert!(error.contains("no column 'group'"), "{error}");
}
