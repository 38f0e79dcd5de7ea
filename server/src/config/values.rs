//! Settings from text to the types the program works with; each refusal says what is allowed.

use std::fmt::Display;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use events::RetentionGuard;
use face_core::{Crops, DetectorChoice, FacePolicy, Upsampling};
use ipnet::IpNet;

use super::passwords::without_passwords;
use crate::auth::{ApiKey, KeyFile};
use crate::background::AuditAge;
use crate::http::{BasePath, TrustedProxies, WebOrigin};
use crate::limits::Rates;
use crate::quality::QualityGate;
use crate::scores::Scores;
use crate::traces::CollectorUrl;

/// An [`Option`] that a text stands for, such as `none`: a field written as `Option` is one that clap leaves empty
/// where there is no text.
pub(super) type OrNone<T> = Option<T>;

/// The origins of one text, as [`OrNone`]: a field written as `Vec` is a flag that may be repeated.
pub(super) type WebOrigins = Vec<WebOrigin>;

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

pub(super) const LOG_FORMATS: [(&str, LogFormat); 3] =
    [("auto", LogFormat::Auto), ("text", LogFormat::Text), ("json", LogFormat::Json)];

/// `hog` up-samples once, as the replaced service did.
pub(super) const DETECTORS: [(&str, DetectorChoice); 4] = [
    ("auto", DetectorChoice::Auto),
    ("yunet", DetectorChoice::Yunet),
    ("mmod", DetectorChoice::Mmod),
    ("hog", DetectorChoice::Hog { upsampling: Upsampling::Once }),
];

pub(super) const MULTI_FACE: [(&str, FacePolicy); 3] =
    [("single", FacePolicy::Single), ("strict", FacePolicy::Strict), ("largest", FacePolicy::Largest)];

pub(super) const QUALITY: [(&str, QualityGate); 3] =
    [("refuse", QualityGate::Refuse), ("warn", QualityGate::Warn), ("off", QualityGate::Off)];

pub(super) const SCORES: [(&str, Scores); 2] = [("matches", Scores::Matches), ("all", Scores::All)];
pub(super) const RETENTION: [(&str, RetentionGuard); 2] =
    [("guarded", RetentionGuard::Guarded), ("confirmed", RetentionGuard::Confirmed)];

pub(super) const SWITCH: [(&str, bool); 2] = [("off", false), ("on", true)];

/// Several times what a door with a few cameras, or a page that looks for faces while its camera runs, asks for.
pub(super) const RATE_PER_KEY: &str =
    "recognition=100,enrolment=100,detection=100,reading=500,administration=200";

/// Several keys behind one address: the doors of a hall have one.
pub(super) const RATE_PER_ADDRESS: &str =
    "recognition=400,enrolment=400,detection=400,reading=2000,administration=800";

/// A parser of rates, of which those that are left out are as in `usual`.
pub(super) fn rates(usual: &'static str) -> impl Fn(&str) -> Result<Rates, String> + Clone {
    move |text| Rates::parse(text, usual)
}

/// A parser of one of a few words, each with what it stands for.
pub(super) fn one_of<T: Clone, const N: usize>(
    words: [(&'static str, T); N],
) -> impl Fn(&str) -> Result<T, String> + Clone {
    move |text| {
        let value = words.iter().find(|(word, _)| *word == text).map(|(_, value)| value.clone());
        value.ok_or_else(|| {
            let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            let (last, others) = words.split_last().unwrap_or((&"", &[]));
            format!("give {} or {last}", others.join(", "))
        })
    }
}

/// A parser of a number within a range; `kind` is what the refusal calls it, such as "a whole number".
pub(super) fn number<T: FromStr + PartialOrd + Display + Clone>(
    kind: &'static str,
    range: RangeInclusive<T>,
) -> impl Fn(&str) -> Result<T, String> + Clone {
    move |text| {
        let refusal = || format!("give {kind} from {} to {}", range.start(), range.end());
        text.parse().ok().filter(|value| range.contains(value)).ok_or_else(refusal)
    }
}

/// A parser of seconds from 0 to `most`.
pub(super) fn seconds(most: u64) -> impl Fn(&str) -> Result<Duration, String> + Clone {
    let parse = number("a whole number of seconds", 0..=most);
    move |text| parse(text).map(Duration::from_secs)
}

/// How long a client may take nothing: not for ever.
pub(super) fn write_timeout(text: &str) -> Result<Duration, String> {
    number("a whole number of seconds", 1..=3600)(text).map(Duration::from_secs)
}

/// From 1 to 1,024.
pub(super) fn count(text: &str) -> Result<NonZeroUsize, String> {
    number("a whole number", NonZeroUsize::MIN..=NonZeroUsize::MIN.saturating_add(1023))(text)
}

/// As [`count`], in MiB; the value is in bytes.
pub(super) fn mebibytes(text: &str) -> Result<usize, String> {
    // At most 1,024 MiB, so the shift stays within 32 bits.
    Ok(count(text)?.get() << 20)
}

/// In days; 0 for ever.
pub(super) fn audit_age(text: &str) -> Result<AuditAge, String> {
    let days = number("a whole number of days", 0..=36_500)(text)?;
    Ok((days > 0).then(|| time::Duration::days(days)))
}

pub(super) fn host(text: &str) -> Result<IpAddr, String> {
    if text.eq_ignore_ascii_case("localhost") {
        return Ok(IpAddr::V4(Ipv4Addr::LOCALHOST));
    }
    let bare = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')).unwrap_or(text);
    bare.parse().map_err(|_| "give an IP address such as 127.0.0.1 or ::1".to_owned())
}

/// An address with a port, or `none`.
pub(super) fn address(text: &str) -> Result<OrNone<SocketAddr>, String> {
    if text == "none" {
        return Ok(None);
    }
    let refusal = |_| "give an IP address and a port such as 127.0.0.1:9100, or none".to_owned();
    text.parse().map(Some).map_err(refusal)
}

/// Empty for those of the model.
pub(super) fn crops(text: &str) -> Result<OrNone<Crops>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let crops = one_of([("1", Crops::One), ("2", Crops::Two), ("4", Crops::Four)])(text);
    crops.map(Some).map_err(|allowed| format!("{allowed}, or nothing for those of the model"))
}

/// A file or a folder that the program cannot do without: an empty text would be the folder that it runs in.
pub(super) fn path(text: &str) -> Result<PathBuf, String> {
    if text.is_empty() {
        return Err("it is empty: give a path, or leave it out for the default".to_owned());
    }
    Ok(PathBuf::from(text))
}

/// The address of a collector, or `none`.
pub(super) fn collector(text: &str) -> Result<OrNone<CollectorUrl>, String> {
    match text {
        "" | "none" => Ok(None),
        _ => text.parse().map(Some),
    }
}

/// A folder; an empty text is none.
pub(super) fn folder(text: &str) -> Result<OrNone<PathBuf>, String> {
    Ok((!text.is_empty()).then(|| PathBuf::from(text)))
}

/// A file that keeps others out, or `none`: an empty text may be a variable that somebody forgot to set.
pub(super) fn file(text: &str) -> Result<OrNone<PathBuf>, String> {
    match text {
        "" => Err("give a file, or none".to_owned()),
        "none" => Ok(None),
        _ => Ok(Some(PathBuf::from(text))),
    }
}

/// The key file: not a key.
pub(super) fn key_file(text: &str) -> Result<OrNone<KeyFile>, String> {
    if ApiKey::parse(text.trim()).is_some() {
        return Err("this is a key: give the file that `face-server keys` makes".to_owned());
    }
    Ok(file(text)?.map(KeyFile::new))
}

/// A path that is none of the server's own.
pub(super) fn base_path(text: &str) -> Result<BasePath, String> {
    let refusal = "give a path such as /faces, without a slash at its end, that is none of the server's own";
    BasePath::parse(text).ok_or_else(|| refusal.to_owned())
}

pub(super) fn origins(text: &str) -> Result<WebOrigins, String> {
    let listed = text.split(',').map(str::trim).filter(|origin| !origin.is_empty());
    listed
        .map(|origin| {
            WebOrigin::parse(origin).ok_or_else(|| {
                let advice = "give scheme and host, such as https://events.example";
                // A key in a wrong place is not printed.
                match ApiKey::parse(origin) {
                    Some(_) => advice.to_owned(),
                    None => format!("'{}' is no origin: {advice}", without_passwords(origin)),
                }
            })
        })
        .collect()
}

/// Networks and single addresses. Not all there are: then anybody could choose an address.
pub(super) fn proxies(text: &str) -> Result<TrustedProxies, String> {
    let listed = text.split(',').map(str::trim).filter(|network| !network.is_empty());
    let network =
        |text: &str| text.parse::<IpNet>().ok().or_else(|| Some(text.parse::<IpAddr>().ok()?.into()));
    let advice = || "give networks or addresses, such as 127.0.0.1,10.0.0.0/8,2001:db8::/48".to_owned();
    let networks = listed.map(|text| network(text).filter(|network| network.prefix_len() > 0));
    Ok(TrustedProxies::new(&networks.collect::<Option<Vec<_>>>().ok_or_else(advice)?))
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
