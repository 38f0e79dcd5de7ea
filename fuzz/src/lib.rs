//! What the targets share: their seeds, and which panics count.

use std::collections::BTreeSet;
use std::fs;
use std::panic::{self, PanicHookInfo};
use std::path::Path;
use std::process;
use std::sync::{Mutex, PoisonError};

pub mod pictures;

/// The environment variable with the folder that a target writes its seeds to; it ends then.
pub const SEEDS_VARIABLE: &str = "FACE_FUZZ_SEEDS";

/// Inputs to start from, each with the name of its file.
pub type Seeds = Vec<(String, Vec<u8>)>;

/// Prepares a target: writes its seeds if it is asked to, and sets what happens on a panic.
pub fn prepare(seeds: fn() -> Seeds) {
    if let Some(folder) = std::env::var_os(SEEDS_VARIABLE) {
        for (name, bytes) in seeds() {
            if let Err(error) = fs::write(Path::new(&folder).join(&name), bytes) {
                eprintln!("cannot write the seed {name}: {error}");
                process::exit(1);
            }
        }
        process::exit(0);
    }
    let default = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        if in_a_decoder(panic) {
            report_once(panic);
        } else {
            default(panic);
            process::abort();
        }
    }));
}

/// Whether it is a decoder that panics, which `decode` catches by design; one that it did not catch
/// ends the target all the same. Our own code must not panic at all.
fn in_a_decoder(panic: &PanicHookInfo<'_>) -> bool {
    const DECODERS: [&str; 10] = [
        "/image-0",
        "/image-webp-",
        "/png-",
        "/zune-jpeg-",
        "/zune-core-",
        "/gif-",
        "/weezl-",
        "/tiff-",
        "/fdeflate-",
        "/miniz_oxide-",
    ];
    panic.location().is_some_and(|place| {
        let file = place.file().replace('\\', "/");
        DECODERS.iter().any(|decoder| file.contains(decoder))
    })
}

/// Names each place once; they are counted in the summary of the run.
fn report_once(panic: &PanicHookInfo<'_>) {
    static PLACES: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    let Some(place) = panic.location() else { return };
    let file = place.file().replace('\\', "/");
    let crate_and_file = file.rsplit_once("/src/").map_or(file.clone(), |(before, after)| {
        format!("{} {after}", before.rsplit('/').next().unwrap_or_default())
    });
    let place = format!("{crate_and_file}:{}", place.line());
    if PLACES.lock().unwrap_or_else(PoisonError::into_inner).insert(place.clone()) {
        eprintln!("CAUGHT: a panic in {place}");
    }
}
