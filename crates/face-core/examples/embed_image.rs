//! Prints the faces of a photo: `cargo run --example embed_image -- PHOTO.jpg`.
//!
//! An embedding identifies a person, so only its length is shown.
#![expect(clippy::print_stdout, reason = "printing is what this program does")]

use std::path::Path;

use anyhow::Context;
use face_core::{EngineOptions, FaceEngine, Purpose, RgbView};

fn main() -> anyhow::Result<()> {
    let photo = std::env::args_os().nth(1).context("usage: embed_image PHOTO.jpg")?;
    let models = std::env::var_os("FACE_MODELS").unwrap_or_else(|| "models".into());
    let engine = FaceEngine::open(&models, EngineOptions::default())?;

    let bytes = std::fs::read(&photo).with_context(|| format!("reading {}", Path::new(&photo).display()))?;
    let picture = engine.decode(&bytes)?;
    let pixels = RgbView::from_image(&picture)?;
    let faces = engine.detect(pixels)?;
    println!(
        "{} faces in {}x{} pixels, embedded by {}",
        faces.len(),
        picture.width(),
        picture.height(),
        engine.model()
    );
    let embedder = engine.embedder(engine.model())?;
    for detection in faces {
        let face = engine.face_to_embed(pixels, detection)?;
        let embedding = embedder.embed(&embedder.crops(pixels, &face, Purpose::Enrolment))?;
        let (area, norm) = (detection.bounding_box, embedding.norm());
        println!(
            "- {:.0}x{:.0} pixels at ({:.0}, {:.0}), score {:.2}, embedding of length {norm:.3}",
            area.width, area.height, area.left, area.top, detection.score
        );
        let points = face.landmarks.0.map(|p| format!("({:.0}, {:.0})", p.x, p.y));
        println!("  landmarks {}", points.join(" "));
    }
    Ok(())
}
