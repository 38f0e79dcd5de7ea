//! The measured error rates that thresholds are worth, from the models' folder.

use std::fs;
use std::io;
use std::path::Path;

use anyhow::{Context, ensure};
use events::{Calibration, CalibrationSetting};

/// Folder of the calibrations, among the models.
const FOLDER: &str = "calibration";

/// The calibration of one setting; `None` when nothing was measured for it. Every file there must be readable: one
/// that is damaged may be the one that is meant.
///
/// # Errors
/// When a file is no calibration, or two are of this setting.
pub(crate) fn read(models: &Path, setting: &CalibrationSetting) -> anyhow::Result<Option<Calibration>> {
    let folder = models.join(FOLDER);
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("'{}' cannot be read", folder.display())),
    };
    let mut found = None;
    for entry in entries {
        let path = entry.with_context(|| format!("'{}' cannot be read", folder.display()))?.path();
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let text =
            fs::read_to_string(&path).with_context(|| format!("'{}' cannot be read", path.display()))?;
        let calibration = Calibration::parse(&text).with_context(|| format!("'{}'", path.display()))?;
        if calibration.setting() == setting {
            ensure!(found.is_none(), "'{}' is a second calibration of the same setting", path.display());
            found = Some(calibration);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use embedding::{Metric, ModelId};

    use super::*;

    fn setting(model: &str, crops: u32, metric: Metric) -> CalibrationSetting {
        CalibrationSetting { model: ModelId::new(model).unwrap(), crops, metric }
    }

    fn usual() -> CalibrationSetting {
        setting("dlib-resnet-v1", 4, Metric::Unit)
    }

    fn shipped() -> &'static Path {
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../models"))
    }

    #[test]
    fn the_default_model_has_one_and_another_number_of_crops_none() {
        let read = |setting| read(shipped(), &setting).unwrap();
        assert_eq!(read(usual()).unwrap().setting(), &usual());
        assert!(read(setting("sface-2021dec", 4, Metric::Unit)).is_some());
        assert!(read(setting("dlib-resnet-v1", 1, Metric::Unit)).is_none());
        assert!(read(setting("dlib-resnet-v1", 4, Metric::Raw)).is_none());
    }

    #[test]
    fn without_the_folder_there_is_none_and_a_damaged_file_is_an_error() {
        let models = tempfile::tempdir().unwrap();
        assert!(read(models.path(), &usual()).unwrap().is_none());
        let folder = models.path().join(FOLDER);
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("notes.txt"), "not read").unwrap();
        assert!(read(models.path(), &usual()).unwrap().is_none());
        fs::write(folder.join("damaged.toml"), "format = 1").unwrap();
        let error = format!("{:#}", read(models.path(), &usual()).unwrap_err());
        assert!(error.contains("damaged.toml"), "{error}");
    }

    #[test]
    fn two_of_one_setting_are_an_error() {
        let models = tempfile::tempdir().unwrap();
        let folder = models.path().join(FOLDER);
        fs::create_dir(&folder).unwrap();
        for name in ["a.toml", "b.toml"] {
            fs::copy(shipped().join(FOLDER).join("dlib-resnet-v1.toml"), folder.join(name)).unwrap();
        }
        let error = read(models.path(), &usual()).unwrap_err().to_string();
        assert!(error.contains("second calibration"), "{error}");
        assert!(read(models.path(), &setting("sface-2021dec", 4, Metric::Unit)).unwrap().is_none());
    }
}
