//! The command: measure, print, save, draw, calibrate.

use std::io::Write;
use std::path::Path;

use crate::AccuracyError;
use crate::arguments::Arguments;
use crate::calibration::{calibrate, to_toml};
use crate::drawing::{Curve, draw_det, draw_distances, draw_roc};
use crate::http::measure_http;
use crate::measure::{Measured, measure};
use crate::report::Report;

/// Name of the report in its folder.
const REPORT: &str = "report.json";
/// Name of the drawing of the ROC curve.
const ROC: &str = "accuracy-roc.svg";
/// Name of the drawing of the DET curve.
const DET: &str = "accuracy-det.svg";
/// Name of the drawing of the distances.
const DISTANCES: &str = "accuracy-distances.svg";

/// Measures what the arguments ask for, prints the tables to `output`, and writes the files.
///
/// # Errors
/// [`AccuracyError`] says what to change.
pub fn run(arguments: &Arguments, output: &mut impl Write) -> Result<(), AccuracyError> {
    // Read first, so that a wrong path does not cost the whole run.
    let earlier = arguments.beside.iter().map(|file| read_report(file)).collect::<Result<Vec<_>, _>>()?;
    let measured = if arguments.http { None } else { Some(measure(arguments)?) };
    let report = match &measured {
        Some(measured) => measured.report.clone(),
        None => measure_http(arguments)?,
    };
    // Printed before anything is written, so that a folder that cannot be written does not cost the
    // numbers.
    write!(output, "{report}").map_err(AccuracyError::Print)?;

    let json = serde_json::to_string_pretty(&report)
        .map_err(|error| AccuracyError::Unusable { path: REPORT.into(), detail: error.to_string() })?;
    let mut written = vec![arguments.out.join(REPORT)];
    write_file(&arguments.out.join(REPORT), &json)?;
    if arguments.spoil.is_empty() {
        for (name, drawing) in drawings(&report, &earlier) {
            write_file(&arguments.drawings.join(name), &drawing)?;
            written.push(arguments.drawings.join(name));
        }
    }
    if let Some((file, measured)) = arguments.calibration.as_ref().zip(measured.as_ref()) {
        // Last: there may be too few comparisons for one, and by now everything else is saved.
        write_file(file, &calibration(measured, file)?)?;
        written.push(file.clone());
    }
    writeln!(output).map_err(AccuracyError::Print)?;
    for file in written {
        writeln!(output, "written: {}", file.display()).map_err(AccuracyError::Print)?;
    }
    Ok(())
}

/// Every drawing that the numbers of the run give, by the name of its file.
fn drawings(report: &Report, earlier: &[Report]) -> Vec<(&'static str, String)> {
    let reports = || std::iter::once(report).chain(earlier);
    let data = report.setting.dataset.clone();
    let mut drawings = Vec::new();
    if let Some(verification) = report.curve() {
        let curves: Vec<_> = reports().filter_map(Curve::from_comparisons).collect();
        let title = "Strangers accepted against rightful persons accepted";
        drawings.push((ROC, draw_roc(&curves, title, [data.clone(), compared(report)])));
        let model = format!("{}, crops: {}. ", report.setting.model, report.setting.crops);
        let title = "Distances between two pictures";
        let subtitle = [model + &data, compared(report)];
        drawings.push((DISTANCES, draw_distances(verification, title, subtitle)));
    }
    if report.curve().is_some() || report.identification.is_some() {
        let curves =
            reports().filter_map(Curve::from_comparisons).chain(reports().filter_map(Curve::from_searches));
        let curves: Vec<_> = curves.collect();
        let title = "Strangers accepted against rightful persons refused";
        drawings.push((DET, draw_det(&curves, title, [data, compared(report)])));
    }
    drawings
}

/// What was compared, in a line.
fn compared(report: &Report) -> String {
    let (what, verification) = match (&report.all_pairs, &report.pairs) {
        (Some(all), _) => ("every pair", all),
        (None, Some(pairs)) => ("labelled pairs", pairs),
        (None, None) => return format!("{} pictures, searches", grouped(report.pictures.count)),
    };
    let pictures = grouped(report.pictures.count);
    let (genuine, impostor) = (grouped(verification.genuine), grouped(verification.impostor));
    format!("{pictures} pictures, {what}: {genuine} comparisons of one person, {impostor} of two")
}

/// A number with its thousands apart.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let places = digits.chars().enumerate();
    places.fold(String::new(), |mut grouped, (place, digit)| {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
        grouped
    })
}

fn calibration(measured: &Measured, file: &Path) -> Result<String, AccuracyError> {
    let unusable = |detail: String| AccuracyError::Unusable { path: file.to_path_buf(), detail };
    let scores = measured.scores.as_ref().ok_or_else(|| {
        AccuracyError::Contradiction(
            "--calibration needs comparisons: give --pairs or --all-pairs".to_owned(),
        )
    })?;
    let (report, pictures) = (&measured.report, &measured.report.pictures);
    let several = report.several.as_ref().and_then(|several| several.factor);
    let embedded = pictures.count - pictures.misses.len() - pictures.unusable.len();
    let setting = measured.calibrated.clone();
    let calibration = calibrate(setting, several, &report.setting.dataset, embedded, scores);
    Ok(to_toml(&calibration.map_err(|error| unusable(error.to_string()))?))
}

fn read_report(file: &Path) -> Result<Report, AccuracyError> {
    let text =
        std::fs::read(file).map_err(|source| AccuracyError::Read { path: file.to_path_buf(), source })?;
    serde_json::from_slice(&text)
        .map_err(|error| AccuracyError::Unusable { path: file.to_path_buf(), detail: error.to_string() })
}

fn write_file(file: &Path, text: &str) -> Result<(), AccuracyError> {
    let failed = |source| AccuracyError::Write { path: file.to_path_buf(), source };
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    std::fs::write(file, text).map_err(failed)
}
