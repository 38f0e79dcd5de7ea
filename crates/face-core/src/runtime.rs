//! Finding and loading ONNX Runtime, once a process.

use std::env;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use ort::environment::Environment;
use ort::logging::LogLevel;

use crate::OpenError;
use crate::manifest::Manifest;

/// Environment variable that names the library, before every other place.
const VARIABLE: &str = "ORT_DYLIB_PATH";

/// File name of the library on this platform.
const LIBRARY: &str = if cfg!(windows) {
    "onnxruntime.dll"
} else if cfg!(target_os = "macos") {
    "libonnxruntime.dylib"
} else {
    "libonnxruntime.so"
};

/// ONNX Runtime allows one environment a process, and unloading its library is not safe, so the
/// first engine's environment stays and later engines share it.
static ENVIRONMENT: Mutex<Option<Environment>> = Mutex::new(None);

/// The process's ONNX Runtime, loaded on the first call.
///
/// Looked for at `ORT_DYLIB_PATH`, beside the executable, in the set-up's folder, then where the system
/// has it. The set-up's is checked by the manifest's hash, one of another place is said in the log not to be.
pub(crate) fn environment(models: &Path, manifest: &Manifest) -> Result<Environment, OpenError> {
    // Held while the library is loaded, so that engines opened at the same time do not both create one. After
    // an error it is still `None`, and the next engine tries again.
    let mut environment = ENVIRONMENT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(environment) = environment.as_ref() {
        return Ok(environment.clone());
    }
    let library = find(models)?;
    if !manifest.is_own_runtime(&library)? {
        tracing::info!(library = %library.display(), "ONNX Runtime is not the set-up's: its hash was not checked");
    }
    let failed = |source| OpenError::Runtime { library: library.display().to_string(), source };
    let loaded = ort::init_from(&library)
        .map_err(|e| failed(Box::new(e)))?
        .with_name("face-core")
        // Enabled by default in Microsoft's builds, which the set-up takes. By now they have noted a first report:
        // `ORT_DISABLE_TELEMETRY` in the environment alone keeps them from that.
        .with_telemetry(false)
        .build()
        .map_err(|e| failed(Box::new(e)))?;
    loaded.set_log_level(LogLevel::Error);
    tracing::debug!(library = %library.display(), "ONNX Runtime loaded");
    Ok(environment.insert(loaded).clone())
}

fn find(models: &Path) -> Result<PathBuf, OpenError> {
    // Not checked: who names a library gets that one or the loader's error, never another one.
    if let Some(path) = env::var_os(VARIABLE).filter(|path| !path.is_empty()) {
        return Ok(PathBuf::from(path));
    }
    let beside = env::current_exe().ok().and_then(|exe| Some(exe.parent()?.join(LIBRARY)));
    // The system's comes last, since it may be of any version; the set-up's is the one that was measured.
    let places = beside.into_iter().chain([models.join("runtime").join(LIBRARY)]).chain(system_places());
    let mut looked_at = vec![format!("${VARIABLE}")];
    for place in places {
        if place.is_file() {
            // A relative path would be looked up beside the executable by the loader.
            return Ok(std::path::absolute(&place).unwrap_or(place));
        }
        looked_at.push(place.display().to_string());
    }
    Err(OpenError::RuntimeNotFound { looked_at })
}

fn system_places() -> Vec<PathBuf> {
    let folders: &[&str] = if cfg!(windows) {
        &[]
    } else if cfg!(target_os = "macos") {
        &["/opt/homebrew/lib", "/usr/local/lib"]
    } else if cfg!(target_arch = "aarch64") {
        &["/usr/local/lib", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib"]
    } else {
        &["/usr/local/lib", "/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib"]
    };
    folders.iter().map(|folder| Path::new(folder).join(LIBRARY)).collect()
}
