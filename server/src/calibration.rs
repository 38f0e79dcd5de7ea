//! The measured error rates that thresholds are worth, from the models' folder.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use data_encoding::HEXLOWER;
use events::{Calibration, CalibrationSetting};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

/// Folder of the calibrations, among the models.
const FOLDER: &str = "calibration";

/// What the manifest says of the files that the set-up brings.
#[derive(Deserialize)]
struct Manifest {
    #[serde(default)]
    calibration: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    file: PathBuf,
    sha256: String,
}

/// The files that the manifest lists; none without a manifest, which only a folder without models lacks.
fn listed(models: &Path) -> anyhow::Result<Vec<Listed>> {
    let path = models.join("manifest.toml");
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).with_context(|| format!("'{}' cannot be read", path.display())),
    };
    let manifest: Manifest =
        toml::from_str(&text).ok().with_context(|| format!("'{}' is no manifest", path.display()))?;
    Ok(manifest.calibration)
}

/// The calibration of one setting, on its scale; `None` when nothing was measured for it. Every file there must be
/// readable: one that is damaged may be the one that is meant.
///
/// # Errors
/// When a file is no calibration, or other than the manifest lists under its name, or two are of this setting.
pub(crate) fn read(models: &Path, setting: &CalibrationSetting) -> anyhow::Result<Option<Calibration>> {
    let folder = models.join(FOLDER);
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("'{}' cannot be read", folder.display())),
    };
    let listed = listed(models)?;
    let mut calibration = None;
    for entry in entries {
        let path = entry.with_context(|| format!("'{}' cannot be read", folder.display()))?.path();
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let text =
            fs::read_to_string(&path).with_context(|| format!("'{}' cannot be read", path.display()))?;
        // One of the operator's own is in no list; a changed line in one of the set-up's would go unseen otherwise.
        if let Some(listed) = listed.iter().find(|listed| path == models.join(&listed.file)) {
            let is_it = HEXLOWER.encode(&Sha256::digest(&text)) == listed.sha256;
            ensure!(
                is_it,
                "'{}' is not the file that the manifest describes (its SHA-256 differs): put that one back, and give your own another name in its place",
                path.display()
            );
        }
        let candidate = Calibration::parse(&text).with_context(|| format!("'{}'", path.display()))?;
        if is_same(candidate.setting(), setting) {
            // Neither is taken: which one is meant cannot be told, and folders are listed in no fixed order.
            ensure!(
                calibration.is_none(),
                "'{}' is a second calibration of the same setting",
                path.display()
            );
            let on_scale = candidate.on_scale(setting.scale);
            calibration = Some(on_scale.with_context(|| format!("'{}'", path.display()))?);
        }
    }
    Ok(calibration)
}

/// Whether one was measured with these settings, perhaps before distances had a factor.
fn is_same(measured: &CalibrationSetting, asked: &CalibrationSetting) -> bool {
    let key = |setting: &CalibrationSetting| {
        let CalibrationSetting { model, enrolled_crops, probe_crops, scale } = setting.clone();
        // Without the factor: `on_scale` converts by it. More or fewer crops are other error rates.
        (model, enrolled_crops, probe_crops, scale.metric())
    };
    key(measured) == key(asked)
}

#[cfg(test)]
mod tests {
    use embedding::{DistanceScale, ModelId};

    use super::*;

    fn setting(model: &str, crops: [u32; 2], scale: DistanceScale) -> CalibrationSetting {
        let [enrolled_crops, probe_crops] = crops;
        CalibrationSetting { model: ModelId::new(model).unwrap(), enrolled_crops, probe_crops, scale }
    }

    fn dlib() -> CalibrationSetting {
        setting("dlib-resnet-v1", [4, 4], DistanceScale::UNIT)
    }

    fn sface() -> CalibrationSetting {
        setting("sface-2021dec", [2, 1], DistanceScale::unit(0.3537).unwrap())
    }

    fn shipped() -> &'static Path {
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../models"))
    }

    #[test]
    fn each_model_has_one_with_its_own_crops_and_others_have_none() {
        let read = |setting| read(shipped(), &setting).unwrap();
        assert_eq!(read(dlib()).unwrap().setting(), &dlib());
        assert_eq!(read(sface()).unwrap().setting(), &sface());
        assert!(read(setting("dlib-resnet-v1", [1, 1], DistanceScale::UNIT)).is_none());
        assert!(read(setting("dlib-resnet-v1", [4, 4], DistanceScale::RAW)).is_none());
    }

    #[test]
    fn a_stranger_in_a_thousand_is_as_near_as_the_largest_threshold_of_the_default_model() {
        let calibration = read(shipped(), &sface()).unwrap().unwrap();
        let rate = calibration.fmr_at(embedding::Distance::new(0.4).unwrap()).unwrap();
        // 1.28e-3: the factor was made for points of one look at a face, docs/ACCURACY.md.
        assert!((rate / 1e-3).ln().abs() < 0.3, "{rate}");
    }

    #[test]
    fn one_of_the_first_format_is_brought_to_the_scale_in_use() {
        let models = tempfile::tempdir().unwrap();
        let folder = models.path().join(FOLDER);
        fs::create_dir(&folder).unwrap();
        let text = "format = 1\nmodel = \"sface-2021dec\"\ncrops = 4\nmetric = \"unit\"\n[data]\nname = \"before\"\n\
                    pictures = 9\ngenuine = 9\nimpostor = 100000\n[[points]]\ndistance = 1.0\nfmr = 0.001\nfrr = 0.1\n\
                    [[points]]\ndistance = 1.2\nfmr = 0.01\nfrr = 0.0\n";
        fs::write(folder.join("before.toml"), text).unwrap();
        let setting = setting("sface-2021dec", [4, 4], DistanceScale::unit(0.5).unwrap());
        let found = read(models.path(), &setting).unwrap().unwrap();
        assert_eq!(found.points().iter().map(|point| point.distance).collect::<Vec<_>>(), [0.5, 0.6]);
    }

    #[test]
    fn without_the_folder_there_is_none_and_a_damaged_file_is_an_error() {
        let models = tempfile::tempdir().unwrap();
        assert!(read(models.path(), &dlib()).unwrap().is_none());
        let folder = models.path().join(FOLDER);
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("notes.txt"), "not read").unwrap();
        assert!(read(models.path(), &dlib()).unwrap().is_none());
        fs::write(folder.join("damaged.toml"), "format = 1").unwrap();
        let error = format!("{:#}", read(models.path(), &dlib()).unwrap_err());
        assert!(error.contains("damaged.toml"), "{error}");
    }

    #[test]
    fn a_listed_file_that_was_changed_is_refused_by_name_and_one_of_another_name_is_taken() {
        let models = tempfile::tempdir().unwrap();
        let folder = models.path().join(FOLDER);
        fs::create_dir(&folder).unwrap();
        fs::copy(shipped().join("manifest.toml"), models.path().join("manifest.toml")).unwrap();
        let text = fs::read_to_string(shipped().join(FOLDER).join("dlib-resnet-v1.toml")).unwrap();
        fs::write(folder.join("dlib-resnet-v1.toml"), &text).unwrap();
        assert!(read(models.path(), &dlib()).unwrap().is_some());
        fs::write(folder.join("dlib-resnet-v1.toml"), format!("{text}\n")).unwrap();
        let error = read(models.path(), &dlib()).unwrap_err().to_string();
        assert!(error.contains("dlib-resnet-v1.toml' is not the file"), "{error}");
        fs::rename(folder.join("dlib-resnet-v1.toml"), folder.join("our-cameras.toml")).unwrap();
        assert!(read(models.path(), &dlib()).unwrap().is_some());
    }

    #[test]
    fn two_of_one_setting_are_an_error() {
        let models = tempfile::tempdir().unwrap();
        let folder = models.path().join(FOLDER);
        fs::create_dir(&folder).unwrap();
        for name in ["a.toml", "b.toml"] {
            fs::copy(shipped().join(FOLDER).join("dlib-resnet-v1.toml"), folder.join(name)).unwrap();
        }
        let error = read(models.path(), &dlib()).unwrap_err().to_string();
        assert!(error.contains("second calibration"), "{error}");
        assert!(read(models.path(), &sface()).unwrap().is_none());
    }
}
