//! The whole way on portraits of two people, with the models of the set-up: labels to report, drawings and
//! calibration; and that every calibration of the repository can be used.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::path::{Path, PathBuf};

use accuracy::report::Report;
use accuracy::{AccuracyError, Arguments, measure, run};
use clap::Parser;
use events::Calibration;
use tempfile::TempDir;

const PAIRS: &str = "path1,path2,same,person1,person2,fold\n\
                     obama.jpg,obama2.jpg,1,Obama,Obama,a\n\
                     obama.jpg,biden.jpg,0,Obama,Biden,a\n\
                     obama2.jpg,obama3.jpg,1,Obama,Obama,b\n\
                     obama3.jpg,biden.jpg,0,Obama,Biden,b\n";

const PEOPLE: &str = "path,person\nobama.jpg,Obama\nobama2.jpg,Obama\nobama3.jpg,Obama\nbiden.jpg,Biden\n\
                      biden_again.jpg,Biden\nastronaut.png,Collins\n";

fn pictures() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/pictures");
    assert!(folder.join("obama.jpg").is_file(), "run `cargo xtask setup --tests` first");
    folder
}

/// A folder with the labels, and the arguments that read them.
fn labels(name: &str, text: &str) -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(name);
    std::fs::write(&file, text).unwrap();
    let file = file.to_str().unwrap().to_owned();
    (folder, file)
}

fn arguments(more: &[&str]) -> Arguments {
    let root = pictures();
    let root = root.to_str().unwrap();
    Arguments::parse_from(["accuracy", "--root", root, "--crops", "1"].iter().chain(more))
}

#[test]
fn two_people_are_told_apart_and_everything_is_counted() {
    let (_folder, file) = labels("pairs.csv", PAIRS);
    let report = measure(&arguments(&["--pairs", &file, "--all-pairs"])).unwrap().report;
    assert_eq!((report.pictures.count, report.pictures.people), (4, 2));
    assert!(report.pictures.misses.is_empty() && report.pictures.unusable.is_empty());
    let pairs = report.pairs.unwrap();
    assert_eq!((pairs.genuine, pairs.impostor, pairs.area_under_curve), (2, 2, 1.0));
    assert_eq!(pairs.equal_error.rate, 0.0);
    let accuracy = pairs.accuracy.unwrap();
    assert_eq!(accuracy.best.right.share(), 1.0);
    assert_eq!(accuracy.folds.unwrap().mean, 1.0);
    let at = pairs.thresholds.iter().find(|rates| rates.threshold == 0.4).unwrap();
    assert_eq!((at.far.count, at.frr.count), (0, 0));
    let all = report.all_pairs.unwrap();
    assert_eq!((all.genuine, all.impostor), (3, 3));
    assert!(all.accuracy.is_none());
}

#[test]
fn a_picture_without_a_face_or_of_no_use_is_listed_and_its_comparisons_are_not_made() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["obama.jpg", "obama2.jpg", "biden.jpg"] {
        std::fs::copy(pictures().join(name), folder.path().join(name)).unwrap();
    }
    let faceless = tiny_bitmap();
    std::fs::write(folder.path().join("wall.bmp"), faceless).unwrap();
    std::fs::write(folder.path().join("text.jpg"), "no picture").unwrap();
    let file = folder.path().join("pairs.csv");
    std::fs::write(
        &file,
        "path1,path2,same\nobama.jpg,obama2.jpg,1\nobama.jpg,biden.jpg,0\nobama.jpg,wall.bmp,1\n\
         obama.jpg,text.jpg,0\nobama.jpg,gone.jpg,0\n",
    )
    .unwrap();
    let arguments = Arguments::parse_from(["accuracy", "--crops", "1", "--pairs", file.to_str().unwrap()]);
    let report = measure(&arguments).unwrap().report;
    assert_eq!(report.pictures.misses, ["wall.bmp"]);
    let unusable: Vec<_> = report.pictures.unusable.iter().map(|(picture, _)| picture.as_str()).collect();
    assert_eq!(unusable, ["text.jpg", "gone.jpg"]);
    let pairs = report.pairs.unwrap();
    assert_eq!((pairs.genuine, pairs.impostor, pairs.lost_genuine, pairs.lost_impostor), (1, 1, 1, 2));
}

/// A grey picture of 64 x 64 pixels, 24 bits each.
fn tiny_bitmap() -> Vec<u8> {
    let (side, bytes) = (64_u32, 64 * 64 * 3_u32);
    let mut file = b"BM".to_vec();
    for word in [54 + bytes, 0, 54, 40, side, side, 1 | 24 << 16, 0, bytes, 2835, 2835, 0, 0] {
        file.extend(word.to_le_bytes());
    }
    file.resize(54 + bytes as usize, 128);
    file
}

#[test]
fn the_search_names_the_right_person() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["obama.jpg", "obama2.jpg", "obama3.jpg", "biden.jpg", "astronaut.png"] {
        std::fs::copy(pictures().join(name), folder.path().join(name)).unwrap();
    }
    std::fs::copy(pictures().join("biden.jpg"), folder.path().join("biden_again.jpg")).unwrap();
    let file = folder.path().join("people.csv");
    std::fs::write(&file, PEOPLE).unwrap();
    let file = file.to_str().unwrap();
    let arguments = Arguments::parse_from(["accuracy", "--crops", "1", "--identify", file]);
    let found = measure(&arguments).unwrap().report.identification.unwrap();
    assert_eq!((found.gallery, found.rank_1.of, found.rank_1.share()), (2, 3, 1.0));
    let strangers = found.open_set.unwrap();
    assert_eq!(strangers.strangers, 1);
    assert!(
        strangers.thresholds.iter().filter(|rates| rates.threshold <= 0.4).all(|rates| rates.far.count == 0)
    );
}

#[test]
fn a_run_prints_its_tables_and_writes_report_and_drawings() {
    let (folder, file) = labels("pairs.csv", PAIRS);
    let to = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (out, drawings) = (to("out"), to("images"));
    let arguments =
        arguments(&["--pairs", &file, "--out", &out, "--drawings", &drawings, "--dataset", "four"]);
    let mut printed = Vec::new();
    run(&arguments, &mut printed).unwrap();
    let printed = String::from_utf8(printed).unwrap();
    assert!(printed.starts_with("four\nmodel sface-2021dec, crops 1, metric unit x 0.3537"), "{printed}");
    assert!(printed.contains("not enough comparisons"), "{printed}");
    assert!(printed.contains("accuracy by folds    1.0000"), "{printed}");
    let json = std::fs::read(folder.path().join("out/report.json")).unwrap();
    let report: Report = serde_json::from_slice(&json).unwrap();
    assert_eq!(report, Report { pictures: report.pictures.clone(), ..measure(&arguments).unwrap().report });
    for drawing in ["accuracy-roc.svg", "accuracy-det.svg", "accuracy-distances.svg"] {
        let svg = std::fs::read_to_string(folder.path().join("images").join(drawing));
        assert!(svg.unwrap().contains("</svg>"), "{drawing}");
    }
}

#[test]
fn a_model_is_used_with_its_own_crops_unless_others_are_given_for_either_side() {
    let (_folder, file) = labels("pairs.csv", PAIRS);
    let root = pictures();
    let crops = |more: &[&str]| {
        let start = ["accuracy", "--root", root.to_str().unwrap(), "--pairs", &file];
        let setting = measure(&Arguments::parse_from(start.iter().chain(more))).unwrap().report.setting;
        setting.crops.to_string()
    };
    assert_eq!(crops(&[]), "2 against 1");
    assert_eq!(crops(&["--crops", "1,2"]), "1 against 2");
    assert_eq!(crops(&["--probe-crops", "2"]), "2");
}

#[test]
fn fewer_crops_of_a_probe_change_its_distances_a_little() {
    let (_folder, file) = labels("pairs.csv", PAIRS);
    let of = |crops: &str| {
        let root = pictures();
        let start = ["accuracy", "--root", root.to_str().unwrap(), "--pairs", &file, "--crops", crops];
        measure(&Arguments::parse_from(start)).unwrap().scores.unwrap()
    };
    let (both, one, two) = (of("2,1"), of("1"), of("2"));
    for (kind, other) in [(both.genuine(), one.genuine()), (both.genuine(), two.genuine())] {
        assert_ne!(kind, other);
        assert!(kind.iter().zip(other).all(|(a, b)| (a - b).abs() < 0.03), "{kind:?} {other:?}");
    }
}

#[test]
fn groups_are_measured_over_every_pair_and_the_gate_leaves_pictures_out_only_when_it_is_asked_to() {
    let (folder, file) = labels("pairs.csv", PAIRS);
    let groups = folder.path().join("groups.csv");
    std::fs::write(&groups, "person,group\nObama,presidents\nBiden,presidents\nCollins,astronauts\n")
        .unwrap();
    let groups = groups.to_str().unwrap();
    let report = measure(&arguments(&["--pairs", &file, "--groups", groups])).unwrap().report;
    let all = report.all_pairs.unwrap();
    assert_eq!((all.genuine, all.impostor), (3, 3));
    let inside = report.groups.unwrap();
    assert_eq!((inside.absent, inside.ungrouped), (1, 0));
    let presidents = inside.tables[0].groups.iter().find(|group| group.name == "presidents").unwrap();
    assert_eq!((presidents.people, presidents.far.of, presidents.frr.of), (2, 3, 3));
    let enrolment = report.enrolment.unwrap();
    assert_eq!((enrolment.not_acquired.of, enrolment.refused.of, enrolment.left_out), (4, 4, false));

    let report = measure(&arguments(&["--pairs", &file, "--gate"])).unwrap().report;
    let enrolment = report.enrolment.unwrap();
    let pairs = report.pairs.unwrap();
    let lost = pairs.lost_genuine + pairs.lost_impostor;
    assert!(enrolment.left_out && (lost > 0) == (enrolment.refused.count > 0), "{enrolment:?} {lost}");
}

#[test]
fn a_face_that_is_blurred_away_is_measured_less_sharp_and_refused_more() {
    let (_folder, file) = labels("pairs.csv", PAIRS);
    let spoil = ["--spoil", "blur=1.5", "--spoil", "blur=40"];
    let report = measure(&arguments(&[&["--pairs", &file][..], &spoil].concat())).unwrap().report;
    let [untouched, little, much] = &report.spoilt[..] else { unreachable!("{:?}", report.spoilt) };
    assert_eq!((untouched.pictures, untouched.no_face, untouched.rates[1].frr.count), (3, 0, 0));
    assert_eq!((untouched.rates[1].frr.of, untouched.rates[1].far.of), (6, 3));
    let refused = |rates: &accuracy::quality_rates::SpoiltRates| {
        let frr = rates.rates[1].frr;
        frr.count + 2 * rates.no_face
    };
    assert!(refused(little) < refused(much), "{:?}", report.spoilt);
    assert!(report.spoilt.iter().all(|rates| rates.value.is_some() == rates.spoiling.is_some()));
    let [untouched, _, much] = &report.among_spoilt[..] else { unreachable!("{:?}", report.among_spoilt) };
    assert_eq!((untouched.found.count, untouched.far.of), (3, 0), "the one other person has one picture");
    assert_eq!(much.passed.count, 0, "{much:?}");
}

#[test]
fn what_cannot_be_measured_is_refused_with_words_that_help() {
    let (_folder, file) = labels(
        "pairs.csv",
        &PAIRS.replace(",person1,person2", "").replace(",Obama,Obama", "").replace(",Obama,Biden", ""),
    );
    let refused = |more: &[&str]| measure(&arguments(more)).unwrap_err();
    assert!(matches!(refused(&[]), AccuracyError::NothingAsked));
    let error = refused(&["--pairs", &file, "--all-pairs"]).to_string();
    assert!(error.contains("person1 and person2"), "{error}");
    let error = refused(&["--pairs", &file, "--folds", "2"]).to_string();
    assert!(error.contains("--folds has no place"), "{error}");
    let error = refused(&["--pairs", &file, "--model", "no-such-model"]).to_string();
    assert!(error.contains("'no-such-model'"), "{error}");
}

#[test]
fn too_few_comparisons_make_no_calibration() {
    let (folder, file) = labels("pairs.csv", PAIRS);
    let to = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (out, table) = (to("out"), to("table.toml"));
    let arguments =
        arguments(&["--pairs", &file, "--out", &out, "--drawings", &out, "--calibration", &table]);
    let error = run(&arguments, &mut Vec::new()).unwrap_err().to_string();
    assert!(error.contains("table.toml") && error.contains("two are the least"), "{error}");
    assert!(!Path::new(&table).exists());
}

#[test]
fn every_calibration_is_of_its_files_model_and_answers_for_a_target_rate() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/calibration");
    let files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(!files.is_empty());
    for file in files {
        let calibration = Calibration::parse(&std::fs::read_to_string(&file).unwrap()).unwrap();
        assert_eq!(calibration.setting().model.as_str(), file.file_stem().unwrap().to_str().unwrap());
        let strict = calibration.threshold_for(1e-4).unwrap();
        let loose = calibration.threshold_for(1e-2).unwrap();
        assert!(strict < loose, "{file:?}");
        assert!(calibration.threshold_for(1e-9).is_err(), "{file:?}");
    }
}
