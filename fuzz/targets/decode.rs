//! Any bytes: a picture within the limits or a typed refusal, in bounded time and memory.
#![no_main]

use face_core::{PictureLimits, RgbView, decode};
use face_fuzz::{pictures, prepare};
use libfuzzer_sys::fuzz_target;

/// Far below the defaults, so that one input takes little time.
const LIMITS: PictureLimits =
    PictureLimits { max_bytes: 64 << 10, max_pixels: 1 << 16, max_side: 4_096, max_memory: 4 << 20 };

fuzz_target!(init: prepare(pictures::seeds), |bytes: &[u8]| {
    let Ok(picture) = decode(bytes, &LIMITS) else { return };
    let (width, height) = picture.dimensions();
    assert!(u64::from(width) * u64::from(height) <= LIMITS.max_pixels, "{width}x{height}");
    assert!(width.max(height) <= LIMITS.max_side, "{width}x{height}");
    assert!(RgbView::of(&picture).is_ok(), "a decoded picture has pixels");
});
