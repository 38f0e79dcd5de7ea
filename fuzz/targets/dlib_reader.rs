//! Any bytes: what each reader of dlib's format takes, it writes in proportion; the rest it refuses.
#![no_main]

use dlib_export::fuzzing::FORMATS;
use face_fuzz::{Seeds, prepare};
use libfuzzer_sys::fuzz_target;

/// Names, shapes and metadata of a model without its numbers.
const FRAME: usize = 16 << 10;

fn seeds() -> Seeds {
    FORMATS.iter().map(|format| (format.name.to_owned(), (format.valid)())).collect()
}

fuzz_target!(init: prepare(seeds), |bytes: &[u8]| {
    for format in &FORMATS {
        if let Ok(model) = (format.export)(bytes) {
            assert!(model.len() <= 8 * bytes.len() + FRAME, "{}: {} bytes", format.name, model.len());
        }
    }
});
