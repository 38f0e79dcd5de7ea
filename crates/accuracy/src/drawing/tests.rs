//! That drawings are well-formed, and that their points lie where the numbers say.

use super::axes::round_ticks;
use super::*;
use crate::arguments::CropCounts;
use crate::comparisons::Compared;
use crate::identification::{Identification, OpenSet};
use crate::report::{PicturesReport, Report, Setting};
use crate::statistics::{Proportion, Scores, roc};
use crate::verification::Verification;

fn report(model: &str, impostors: usize) -> Report {
    let impostor = (0..impostors).map(|i| 0.4 + i as f32 / impostors as f32).collect();
    let scores = Scores::new((0..100).map(|i| i as f32 / 180.0).collect(), impostor).unwrap();
    let open_set =
        OpenSet { strangers: impostors, operating_points: vec![], thresholds: vec![], curve: roc(&scores) };
    let compared = Compared { scores, lost_genuine: 0, lost_impostor: 0 };
    Report {
        setting: Setting {
            dataset: "drawn".into(),
            model: model.into(),
            crops: CropCounts { enrolled: 2, probe: 1 },
            metric: "unit".into(),
            ..Setting::default()
        },
        pictures: PicturesReport { count: 9, people: 3, ..PicturesReport::default() },
        pairs: Some(Verification::from_comparisons(&compared, &[])),
        identification: Some(Identification {
            enrolled_pictures: 1,
            gallery: 361,
            rank_1: Proportion::default(),
            operating_points: vec![],
            thresholds: vec![],
            open_set: Some(open_set),
            lost_pictures: 0,
        }),
        ..Report::default()
    }
}

/// Every start of an element has its end, and no text opens one.
fn assert_well_formed(svg: &str) {
    let mut open = Vec::new();
    for part in svg.split('<').skip(1) {
        let (tag, _) = part.split_once('>').expect("a tag ends");
        let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap();
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name));
        } else if !tag.ends_with('/') {
            open.push(name);
        }
        assert!(["svg", "title", "rect", "polyline", "text"].contains(&name), "{name}");
    }
    assert_eq!(open, Vec::<&str>::new());
}

#[test]
fn drawings_are_well_formed_whatever_the_names() {
    let report = report("<b>\"a\" & b</b>", 50_000);
    let curve = Curve::from_comparisons(&report).unwrap();
    let lines = || ["\u{1}".into(), "<".into()];
    assert_well_formed(&draw_roc(&[curve.clone(), curve.clone()], "R < O & C", lines()));
    assert_well_formed(&draw_det(&[curve.clone(), curve], "D < E & T", lines()));
    assert_well_formed(&draw_distances(report.curve().unwrap(), "a > b", ["</svg>".into(), String::new()]));
}

#[test]
fn a_curve_has_no_point_that_hangs_on_fewer_than_ten_impostors() {
    let curve = Curve::from_comparisons(&report("m", 1000)).unwrap();
    let svg = draw_roc(&[curve], "", Default::default());
    assert!(svg.contains(">1 %<") && !svg.contains(">0.1 %<"), "{svg}");
    assert_eq!(Curve::from_comparisons(&report("m", 9)), None);
}

#[test]
fn the_drawing_of_both_errors_has_comparisons_and_searches_and_no_point_without_an_error() {
    let report = report("m", 1000);
    let curves: Vec<_> =
        [Curve::from_comparisons(&report), Curve::from_searches(&report)].into_iter().flatten().collect();
    let svg = draw_det(&curves, "", Default::default());
    assert!(svg.contains(">m, 2 against 1 crops<"), "{svg}");
    assert!(svg.contains(">m, 2 against 1 crops, search among 361<"), "{svg}");
    assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
    // FAR from 1 %, FRR from 1 of 100 up.
    assert_eq!((svg.matches(">1 %<").count(), svg.matches(">0.1 %<").count()), (2, 0), "{svg}");
}

#[test]
fn ticks_are_round_and_within_the_ends() {
    let ticks = |from, to| round_ticks(from, to, "").into_iter().map(|tick| tick.1).collect::<Vec<_>>();
    assert_eq!(ticks(0.0, 1.2), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0", "1.2"]);
    assert_eq!(ticks(55.0, 100.0), ["60", "70", "80", "90", "100"]);
}
