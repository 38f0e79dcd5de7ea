//! Says whether two photos show the same person: `cargo run --example compare_two -- A.jpg B.jpg`.
#![expect(clippy::print_stdout, reason = "printing is what this program does")]

use std::path::Path;

use anyhow::Context;
use face_core::{EngineOptions, FaceEngine, FacePolicy, Template};

fn main() -> anyhow::Result<()> {
    let mut pictures = std::env::args_os().skip(1);
    let (Some(a), Some(b)) = (pictures.next(), pictures.next()) else {
        anyhow::bail!("usage: compare_two A.jpg B.jpg");
    };
    let models = std::env::var_os("FACE_MODELS").unwrap_or_else(|| "models".into());
    let engine = FaceEngine::open(&models, EngineOptions::default())?;
    let embed = |path: &Path| -> anyhow::Result<Template> {
        let bytes = std::fs::read(path).with_context(|| format!("reading {}", path.display()))?;
        let found =
            engine.embed_one(&bytes, FacePolicy::Single).with_context(|| path.display().to_string())?;
        let b = found.face.detection.bounding_box;
        println!(
            "{}: a face of {:.0}x{:.0} pixels at ({:.0}, {:.0}), score {:.2}, {} bystanders",
            path.display(),
            b.width,
            b.height,
            b.left,
            b.top,
            found.face.detection.score,
            found.bystanders
        );
        Ok(engine.template([&found.embedding])?)
    };
    let (a, b) = (embed(Path::new(&a))?, embed(Path::new(&b))?);
    let distance = a.distance(&b)?;
    let same = distance <= a.scale().default_threshold();
    let verdict = if same { "the same person" } else { "two different people" };
    println!("distance {distance}, confidence {}: {verdict}", distance.confidence());
    Ok(())
}
