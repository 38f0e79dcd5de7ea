//! That drawings are well-formed, and that their points lie where the numbers say.

use super::axes::round_ticks;
use super::*;
use crate::comparisons::Compared;
use crate::report::{PicturesReport, Report, Setting, TimeReport};
use crate::statistics::Scores;
use crate::verification::Verification;

fn report(model: &str, impostors: usize) -> Report {
    let impostor = (0..impostors).map(|i| 0.4 + i as f32 / impostors as f32).collect();
    let scores = Scores::new((0..100).map(|i| i as f32 / 180.0).collect(), impostor).unwrap();
    let compared = Compared { scores, lost_genuine: 0, lost_impostor: 0 };
    let time =
        TimeReport { threads: 1, all_s: 1.0, picture_ms: 1.0, decode_ms: 0.2, detect_ms: 0.3, embed_ms: 0.5 };
    Report {
        spoilt: Vec::new(),
        poses: Vec::new(),
        setting: Setting {
            dataset: "drawn".into(),
            model: model.into(),
            crops: 4,
            metric: "unit".into(),
            detector: "yunet".into(),
            choose: "largest".into(),
        },
        pictures: PicturesReport {
            count: 9,
            people: 3,
            misses: vec![],
            unusable: vec![],
            several_faces: 0,
            time,
        },
        pairs: Some(Verification::of(&compared, &[])),
        all_pairs: None,
        identification: None,
        wrong_pairs: vec![],
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
    let curve = Curve::of(&report).unwrap();
    assert_well_formed(&draw_roc(&[curve.clone(), curve], "R < O & C", ["\u{1}".into(), "<".into()]));
    assert_well_formed(&draw_distances(report.curve().unwrap(), "a > b", ["</svg>".into(), String::new()]));
}

#[test]
fn a_curve_has_no_point_that_hangs_on_fewer_than_ten_impostors() {
    let curve = Curve::of(&report("m", 1000)).unwrap();
    let svg = draw_roc(&[curve], "", Default::default());
    assert!(svg.contains(">1 %<") && !svg.contains(">0.1 %<"), "{svg}");
    assert_eq!(Curve::of(&report("m", 9)), None);
}

#[test]
fn ticks_are_round_and_within_the_ends() {
    let ticks = |from, to| round_ticks(from, to, "").into_iter().map(|tick| tick.1).collect::<Vec<_>>();
    assert_eq!(ticks(0.0, 1.2), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0", "1.2"]);
    assert_eq!(ticks(55.0, 100.0), ["60", "70", "80", "90", "100"]);
}
