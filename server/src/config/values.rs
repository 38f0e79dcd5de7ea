//! Settings from text to the types the program works with; each refusal says what is allowed.

use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use events::CheckInOptions;
use face_core::{Crops, DetectorChoice, FacePolicy, Upsampling};

use crate::auth::{ApiKey, KeyFile};
use crate::background::AuditAge;
use crate::http::WebOrigin;
use crate::quality::QualityGate;

/// How the log reads on the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// Text when standard error is a terminal, JSON lines otherwise.
    Auto,
    /// Lines for people.
    Text,
    /// JSON lines for machines.
    Json,
}

pub(super) fn host(text: &str) -> Result<IpAddr, String> {
    if text.eq_ignore_ascii_case("localhost") {
        return Ok(IpAddr::V4(Ipv4Addr::LOCALHOST));
    }
    let bare = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')).unwrap_or(text);
    bare.parse().map_err(|_| "give an IP address such as 127.0.0.1 or ::1".to_owned())
}

pub(super) fn port(text: &str) -> Result<u16, String> {
    text.parse().map_err(|_| "give a number from 0 to 65535".to_owned())
}

/// `hog` up-samples once, as the replaced service did.
pub(super) fn detector(text: &str) -> Result<DetectorChoice, String> {
    match text {
        "auto" => Ok(DetectorChoice::Auto),
        "yunet" => Ok(DetectorChoice::Yunet),
        "mmod" => Ok(DetectorChoice::Mmod),
        "hog" => Ok(DetectorChoice::Hog { upsampling: Upsampling::Once }),
        _ => Err("give auto, yunet, mmod or hog".to_owned()),
    }
}

/// Empty for those of the model.
pub(super) fn crops(text: &str) -> Result<Option<Crops>, String> {
    match text {
        "" => Ok(None),
        "1" => Ok(Some(Crops::One)),
        "2" => Ok(Some(Crops::Two)),
        "4" => Ok(Some(Crops::Four)),
        _ => Err("give 1, 2 or 4, or nothing for those of the model".to_owned()),
    }
}

pub(super) fn multi_face(text: &str) -> Result<FacePolicy, String> {
    match text {
        "single" => Ok(FacePolicy::Single),
        "strict" => Ok(FacePolicy::Strict),
        "largest" => Ok(FacePolicy::Largest),
        _ => Err("give single, strict or largest".to_owned()),
    }
}

pub(super) fn quality(text: &str) -> Result<QualityGate, String> {
    match text {
        "refuse" => Ok(QualityGate::Refuse),
        "warn" => Ok(QualityGate::Warn),
        "off" => Ok(QualityGate::Off),
        _ => Err("give refuse, warn or off".to_owned()),
    }
}

pub(super) fn cool_down(text: &str) -> Result<CheckInOptions, String> {
    match text.parse() {
        Ok(seconds @ 0..=86_400) => {
            let mut options = CheckInOptions::default();
            options.cool_down = Duration::from_secs(seconds);
            Ok(options)
        }
        Ok(_) | Err(_) => Err("give a whole number of seconds from 0 to 86400".to_owned()),
    }
}

pub(super) fn audit_age(text: &str) -> Result<AuditAge, String> {
    match text.parse() {
        Ok(0) => Ok(None),
        Ok(days @ 1..=36_500) => Ok(Some(time::Duration::days(days))),
        Ok(_) | Err(_) => Err("give a whole number of days from 0 to 36500".to_owned()),
    }
}

pub(super) fn switch(text: &str) -> Result<bool, String> {
    match text {
        "off" => Ok(false),
        "on" => Ok(true),
        _ => Err("give off or on".to_owned()),
    }
}

/// A folder; an empty text is none.
pub(super) fn folder(text: &str) -> Result<Option<PathBuf>, String> {
    Ok((!text.is_empty()).then(|| PathBuf::from(text)))
}

/// A file that keeps others out, or `none`: an empty text may be a variable that somebody forgot to set.
pub(super) fn file(text: &str) -> Result<Option<PathBuf>, String> {
    match text {
        "" => Err("give a file, or none".to_owned()),
        "none" => Ok(None),
        _ => Ok(Some(PathBuf::from(text))),
    }
}

/// The key file: not a key.
pub(super) fn key_file(text: &str) -> Result<Option<KeyFile>, String> {
    if ApiKey::parse(text.trim()).is_some() {
        return Err("this is a key: give the file that `face-server keys` makes".to_owned());
    }
    Ok(file(text)?.map(KeyFile::new))
}

pub(super) fn origins(text: &str) -> Result<Vec<WebOrigin>, String> {
    let listed = text.split(',').map(str::trim).filter(|origin| !origin.is_empty());
    listed
        .map(|origin| {
            WebOrigin::parse(origin).ok_or_else(|| {
                format!("'{origin}' is no origin: give scheme and host, such as https://events.example")
            })
        })
        .collect()
}

pub(super) fn count(text: &str) -> Result<NonZeroUsize, String> {
    match text.parse::<NonZeroUsize>() {
        Ok(count) if count.get() <= 1024 => Ok(count),
        Ok(_) | Err(_) => Err("give a whole number from 1 to 1024".to_owned()),
    }
}

pub(super) fn staleness(text: &str) -> Result<Duration, String> {
    match text.parse() {
        Ok(seconds @ 0..=3600) => Ok(Duration::from_secs(seconds)),
        Ok(_) | Err(_) => Err("give a whole number of seconds from 0 to 3600".to_owned()),
    }
}

pub(super) fn gallery_limit(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(users @ 0..=10_000_000) => Ok(users),
        Ok(_) | Err(_) => Err("give a whole number of users from 0 to 10000000".to_owned()),
    }
}

pub(super) fn log_format(text: &str) -> Result<LogFormat, String> {
    match text {
        "auto" => Ok(LogFormat::Auto),
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err("give auto, text or json".to_owned()),
    }
}

pub(super) fn log_level(text: &str) -> Result<String, String> {
    match text.parse::<tracing_subscriber::filter::Targets>() {
        // Empty text is a filter too, of errors alone: more likely it is a variable that was not set.
        Ok(_) if !text.trim().is_empty() => Ok(text.to_owned()),
        Ok(_) | Err(_) => {
            Err("give error, warn, info, debug or trace, or a list such as info,face_core=debug".to_owned())
        }
    }
}
