//! The layouts of a calibration file, and what each left unsaid.

use embedding::{DistanceScale, Metric, ModelId};
use serde::Deserialize;

use super::{Calibration, CalibrationData, CalibrationError, CalibrationPoint, CalibrationSetting};

/// The version of the file's layout that is written now. The first is read too.
pub(super) const FORMAT: u32 = 2;

/// What format 1 left unsaid: by how much templates of several samples are nearer to strangers, of dlib's ResNet.
const SEVERAL_OF_FORMAT_1: f64 = 0.22;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(rename = "format")]
    _format: u32, // here because `deny_unknown_fields` would refuse it
    model: String,
    metric: Metric,
    crops: CropsEntry,
    scale: f32,
    several: f64,
    data: CalibrationData,
    points: Vec<CalibrationPoint>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CropsEntry {
    enrolled: u32,
    probe: u32,
}

/// The first format: as many crops on both sides, and distances without a factor.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FirstDocument {
    #[serde(rename = "format")]
    _format: u32,
    model: String,
    crops: u32,
    metric: Metric,
    data: CalibrationData,
    points: Vec<CalibrationPoint>,
}

impl From<FirstDocument> for Document {
    fn from(FirstDocument { _format, model, crops, metric, data, points }: FirstDocument) -> Self {
        let crops = CropsEntry { enrolled: crops, probe: crops };
        Self { _format, model, metric, crops, scale: 1.0, several: SEVERAL_OF_FORMAT_1, data, points }
    }
}

/// Only the part that no version may change.
#[derive(Deserialize)]
struct Version {
    format: u32,
}

impl Calibration {
    /// Reads the text of a calibration file.
    ///
    /// # Errors
    /// [`CalibrationError`] says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, CalibrationError> {
        let syntax = |e: toml::de::Error| CalibrationError::Syntax(e.message().to_owned());
        let version: Version = toml::from_str(text).map_err(syntax)?; // read alone, to name another format
        let document = match version.format {
            1 => Document::from(toml::from_str::<FirstDocument>(text).map_err(syntax)?),
            FORMAT => toml::from_str(text).map_err(syntax)?,
            found => return Err(CalibrationError::Format { found }),
        };
        let Document { model, metric, crops, scale, several, data, points, .. } = document;
        let invalid = |e: embedding::EmbeddingError| CalibrationError::Invalid(e.to_string());
        let scale = match metric {
            Metric::Unit => DistanceScale::unit(scale).map_err(invalid)?,
            Metric::Raw if scale == 1.0 => DistanceScale::RAW,
            Metric::Raw => {
                return Err(CalibrationError::Invalid("raw distances have no factor but 1".to_owned()));
            }
        };
        let model = ModelId::new(&model).map_err(invalid)?;
        let CropsEntry { enrolled: enrolled_crops, probe: probe_crops } = crops;
        Self::new(CalibrationSetting { model, enrolled_crops, probe_crops, scale }, several, data, points)
    }
}
