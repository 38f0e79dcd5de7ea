//! That every calibration of the repository can be used, and is of the model that its file is named after.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::Path;

use events::Calibration;

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
