//! Prints the faces of each frame of a camera or film, whose raw RGB pixels come from a pipe:
//!
//! ```sh
//! ffmpeg -i /dev/video0 -vf scale=640:480 -f rawvideo -pix_fmt rgb24 - |
//!     cargo run --release --example webcam_frames -- 640 480
//! ```
//!
//! A third number is the bytes from row to row, where the source pads its rows. No frame is copied: the
//! engine looks at the buffer that it was read into.
#![expect(clippy::print_stdout, reason = "printing is what this program does")]

use std::io::{self, ErrorKind, Read};
use std::time::Instant;

use anyhow::Context;
use face_core::{EngineOptions, FaceEngine, RgbView};

fn main() -> anyhow::Result<()> {
    let numbers: Result<Vec<usize>, _> = std::env::args().skip(1).map(|argument| argument.parse()).collect();
    let (width, height, stride) = match numbers.as_deref() {
        Ok([width, height]) => (*width, *height, width.saturating_mul(3)),
        Ok([width, height, stride]) => (*width, *height, *stride),
        Ok(_) | Err(_) => anyhow::bail!("usage: webcam_frames WIDTH HEIGHT [BYTES_A_ROW] < FRAMES"),
    };
    let models = std::env::var_os("FACE_MODELS").unwrap_or_else(|| "models".into());
    let engine = FaceEngine::open(&models, EngineOptions::default())?;

    let bytes = stride.checked_mul(height).context("such frames do not fit into memory")?;
    let mut frame = vec![0; bytes];
    let mut input = io::stdin().lock();
    for number in 1_u64.. {
        match input.read_exact(&mut frame) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => break,
            Err(error) => return Err(error).context("reading a frame"),
        }
        let started = Instant::now();
        let faces = engine.detect(RgbView::new(&frame, width, height, stride)?)?;
        let places = faces.iter().map(|face| {
            let b = face.bounding_box;
            format!("; {:.0}x{:.0} at ({:.0}, {:.0})", b.width, b.height, b.left, b.top)
        });
        println!(
            "frame {number}: {} faces in {:.1} ms{}",
            faces.len(),
            started.elapsed().as_secs_f64() * 1e3,
            places.collect::<String>()
        );
    }
    Ok(())
}
