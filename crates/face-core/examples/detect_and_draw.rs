//! Draws the faces of a photo: `cargo run --example detect_and_draw -- PHOTO.jpg FACES.png`.
//!
//! Each face gets its box in green, the detector's own points in blue and the landmarks in yellow.
#![expect(clippy::print_stdout, reason = "printing is what this program does")]

use std::path::Path;

use anyhow::Context;
use face_core::{BoundingBox, EngineOptions, FaceEngine, Point, RgbView};
use image::{Rgb, RgbImage};

const GREEN: Rgb<u8> = Rgb([60, 220, 60]);
const BLUE: Rgb<u8> = Rgb([60, 120, 255]);
const YELLOW: Rgb<u8> = Rgb([255, 220, 0]);

fn main() -> anyhow::Result<()> {
    let mut paths = std::env::args_os().skip(1);
    let (Some(photo), Some(drawn)) = (paths.next(), paths.next()) else {
        anyhow::bail!("usage: detect_and_draw PHOTO.jpg FACES.png");
    };
    let models = std::env::var_os("FACE_MODELS").unwrap_or_else(|| "models".into());
    let engine = FaceEngine::open(&models, EngineOptions::default())?;

    let bytes = std::fs::read(&photo).with_context(|| format!("reading {}", Path::new(&photo).display()))?;
    let mut picture = engine.decode(&bytes)?;
    let pixels = RgbView::from_image(&picture)?;
    let faces = engine.detect(pixels)?;
    let landmarks: Vec<_> = faces.iter().map(|face| engine.landmarks(pixels, face)).collect();

    // Lines that can be seen when the picture is shown on a screen.
    let thickness = 1 + picture.width().max(picture.height()) as i32 / 500;
    for (face, landmarks) in faces.iter().zip(&landmarks) {
        rectangle(&mut picture, face.bounding_box, thickness, GREEN);
        for point in face.points.iter().flatten() {
            dot(&mut picture, *point, thickness, BLUE);
        }
        for point in &landmarks.0 {
            dot(&mut picture, *point, thickness, YELLOW);
        }
    }
    picture.save(&drawn).with_context(|| format!("writing {}", Path::new(&drawn).display()))?;
    println!("{} faces are drawn into {}", faces.len(), Path::new(&drawn).display());
    Ok(())
}

/// The outline of a box, of which any part may lie outside the picture.
fn rectangle(picture: &mut RgbImage, area: BoundingBox, thickness: i32, colour: Rgb<u8>) {
    let (left, top) = (area.left.round() as i32, area.top.round() as i32);
    let (right, bottom) = ((area.left + area.width).round() as i32, (area.top + area.height).round() as i32);
    fill(picture, [left, top, right, top.saturating_add(thickness)], colour);
    fill(picture, [left, bottom.saturating_sub(thickness), right, bottom], colour);
    fill(picture, [left, top, left.saturating_add(thickness), bottom], colour);
    fill(picture, [right.saturating_sub(thickness), top, right, bottom], colour);
}

/// A disc around a point.
fn dot(picture: &mut RgbImage, point: Point, thickness: i32, colour: Rgb<u8>) {
    let (x, y, radius) = (point.x.round() as i32, point.y.round() as i32, thickness + 1);
    for row in -radius..=radius {
        let reach = f64::from(radius * radius - row * row).sqrt() as i32;
        let y = y.saturating_add(row);
        fill(picture, [x.saturating_sub(reach), y, x.saturating_add(reach + 1), y.saturating_add(1)], colour);
    }
}

/// Fills from `left`, `top` up to and without `right`, `bottom`, as far as that is inside the picture.
fn fill(picture: &mut RgbImage, [left, top, right, bottom]: [i32; 4], colour: Rgb<u8>) {
    let (width, height) = picture.dimensions();
    let inside = |from: i32, to: i32, length: u32| {
        let start = u32::try_from(from).unwrap_or(0);
        start..u32::try_from(to).unwrap_or(0).min(length)
    };
    for y in inside(top, bottom, height) {
        for x in inside(left, right, width) {
            picture.put_pixel(x, y, colour);
        }
    }
}
