//! What holds when sources disagree, and what stops the start.

use std::ffi::OsString;
use std::fs;

use clap::Command;
use embedding::{Distance, Metric};
use events::FalseMatchRate;
use face_core::DetectorChoice;

use super::origin::Origin;
use super::sources::Sources;
use super::*;
use crate::http::TrustedProxies;
use crate::limits::Rates;

mod documents;
mod not_shown;

/// How many settings there are.
const SETTINGS: usize = 43;

struct Said<'a> {
    flags: &'a [(&'static str, &'a str)],
    environment: &'a [(&'a str, &'a str)],
    dotenv: &'a str,
    file: &'a str,
}

const NOTHING: Said<'static> = Said { flags: &[], environment: &[], dotenv: "", file: "" };

fn load(said: &Said<'_>) -> Result<Config, ConfigError> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("face.toml");
    fs::write(&file, said.file).unwrap();
    fs::write(folder.path().join(".env"), said.dotenv).unwrap();
    let flags = said.flags.iter().map(|(name, value)| format!("--{name}={value}"));
    let flags = Config::add_flags(Command::new("test").no_binary_name(true)).get_matches_from(flags);
    let environment =
        said.environment.iter().map(|&(name, value)| (OsString::from(name), OsString::from(value)));
    Config::parse(Sources::read(Config::settings(), &flags, environment, folder.path(), Some(file))?)
}

/// What a command is given that is called with these flags and variables.
pub(crate) fn given(flags: &[(&'static str, &str)], environment: &[(&str, &str)]) -> Config {
    load(&Said { flags, environment, ..NOTHING }).unwrap()
}

/// A setting's value as it is shown, and its origin.
fn shown<'a>(config: &'a Config, key: &str) -> (&'a str, &'a Origin) {
    let (_, value, origin) = config.effective.iter().find(|(name, ..)| *name == key).unwrap();
    (value, origin)
}

fn threshold(config: &Config) -> f32 {
    match config.rule() {
        AskedRule::Threshold(threshold) => threshold.value(),
        rule @ (AskedRule::Usual | AskedRule::Target(_) | AskedRule::Fixed) => panic!("{rule:?}"),
    }
}

fn refusal(said: &Said<'_>) -> String {
    load(said).unwrap_err().to_string()
}

#[test]
fn flags_win_over_environment_over_dotenv_over_file_over_defaults() {
    let mut said = NOTHING;
    assert_eq!(load(&said).unwrap().address().to_string(), "127.0.0.1:8000");
    said.file = "port = 1\nthreshold = 0.35\ncors = ['https://a.example', 'https://b.example']";
    let config = load(&said).unwrap();
    assert_eq!((config.address().port(), threshold(&config), config.cors.len()), (1, 0.35, 2));
    said.dotenv = "FACE_PORT=2\nOTHER=x\n";
    assert_eq!(load(&said).unwrap().address().port(), 2);
    said.environment = &[("FACE_PORT", "3"), ("PATH", "/bin")];
    assert_eq!(load(&said).unwrap().address().port(), 3);
    said.flags = &[("port", "4")];
    let config = load(&said).unwrap();
    assert_eq!(config.address().port(), 4);
    assert_eq!(shown(&config, "port"), ("4", &Origin::Flag));
    assert_eq!(config.effective.len(), SETTINGS);
}

#[test]
fn unknown_names_are_refused_wherever_they_are_said() {
    let file = refusal(&Said { file: "prot = 1", ..NOTHING });
    assert!(file.contains("'prot'") && file.contains("face.toml") && file.contains("port"), "{file}");
    let environment = refusal(&Said { environment: &[("FACE_PROT", "1")], ..NOTHING });
    assert!(environment.contains("FACE_PROT") && environment.contains("environment"), "{environment}");
    let dotenv = refusal(&Said { dotenv: "FACE_PROT=1", ..NOTHING });
    assert!(dotenv.contains("FACE_PROT") && dotenv.contains(".env"), "{dotenv}");
}

#[test]
fn variables_that_an_orchestrator_makes_are_passed_over_and_others_are_not() {
    let made = [
        ("FACE_SERVER_SERVICE_HOST", "10.0.0.1"),
        ("FACE_SERVER_SERVICE_PORT", "8000"),
        ("FACE_SERVER_SERVICE_PORT_HTTP", "8000"),
        ("FACE_PORT", "tcp://10.0.0.1:8000"),
        ("FACE_SERVER_PORT", "tcp://10.0.0.1:8000"),
        ("FACE_SERVER_PORT_8000_TCP", "tcp://10.0.0.1:8000"),
        ("FACE_SERVER_PORT_8000_TCP_PROTO", "tcp"),
        ("FACE_SERVER_PORT_8000_TCP_PORT", "8000"),
        ("FACE_SERVER_PORT_8000_TCP_ADDR", "10.0.0.1"),
    ];
    let config = load(&Said { environment: &made, file: "port = 1", ..NOTHING }).unwrap();
    assert_eq!((config.ignored.len(), config.address().port()), (made.len(), 1));
    for (name, value) in [
        ("FACE_PORT", "http://10.0.0.1"),
        ("FACE_PORT_8000", "1"),
        ("FACE_SERVER_PORT", "8000"),
        ("FACE_SERVICE", "x"),
        ("FACE_SERVER_PORT_8000_TCP_X", "1"),
    ] {
        let refusal = refusal(&Said { environment: &[(name, value)], ..NOTHING });
        assert!(
            refusal.contains(name.trim_start_matches("FACE_").to_lowercase().as_str())
                || refusal.contains(name)
        );
    }
    let written = Said { dotenv: "FACE_PORT=tcp://10.0.0.1:8000", ..NOTHING };
    assert!(refusal(&written).contains("0 to 65535"), "a file is written by somebody");
}

#[test]
fn bad_values_are_named_with_what_is_allowed() {
    let bad: [(&'static str, &str, &str); 34] = [
        ("host", "example.org", "IP address"),
        ("port", "65536", "0 to 65535"),
        ("store", "sqlite:x", "sqlite"),
        ("max-staleness", "3601", "0 to 3600"),
        ("gallery-limit", "-1", "0 to 10000000"),
        ("detector", "cnn", "auto, yunet, mmod or hog"),
        ("crops", "3", "1, 2 or 4"),
        ("threshold", "0.6", "0.2 to 0.5"),
        ("model", "SFace", "sface-2021dec"),
        ("threshold", "NaN", "0.2 to 0.5"),
        ("space", "angle", "unit or raw"),
        ("space", "raw", "crops = 1"),
        ("target-fmr", "1", "below 1"),
        ("target-fmr", "0", "above 0"),
        ("target-fmr", "NaN", "such as 0.01"),
        ("margin", "0.21", "0 to 0.2"),
        ("margin", "-0.01", "0 to 0.2"),
        ("multi-face", "any", "single, strict or largest"),
        ("quality", "good", "refuse, warn or off"),
        ("cool-down", "86401", "0 to 86400"),
        ("audit-days", "-1", "0 to 36500"),
        ("debug-data", "yes", "off or on"),
        ("cors", "https://a.example/path", "origin"),
        ("workers", "0", "from 1"),
        ("max-upload", "-1", "from 1"),
        ("base-path", "/v1", "such as /faces"),
        ("metrics-address", "9100", "127.0.0.1:9100"),
        ("otlp-endpoint", "127.0.0.1:4318", "http://127.0.0.1:4318"),
        ("models", "", "it is empty"),
        ("journal", "", "it is empty"),
        ("connections", "15", "16 to 100000"),
        ("write-timeout", "0", "1 to 3600"),
        ("log-format", "xml", "auto, text or json"),
        ("log-level", "loud=very", "error, warn"),
    ];
    for (name, value, expected) in bad {
        let refusal = refusal(&Said { flags: &[(name, value)], ..NOTHING });
        assert!(refusal.contains(name) && refusal.contains(expected), "{refusal}");
    }
}

#[test]
fn a_target_takes_the_place_of_the_threshold_and_stands_alone() {
    let config = load(&Said { flags: &[("target-fmr", "0.01"), ("margin", "0")], ..NOTHING }).unwrap();
    let target = AskedRule::Target(FalseMatchRate::new(0.01).unwrap());
    assert_eq!((config.rule(), config.margin), (target, Some(Distance::ZERO)));
    let none = load(&Said { flags: &[("target-fmr", "")], ..NOTHING }).unwrap();
    assert_eq!(none.rule(), AskedRule::Fixed);
    let usual = load(&NOTHING).unwrap();
    assert_eq!((usual.rule(), usual.model.as_str()), (AskedRule::Usual, "sface-2021dec"));
    let both = refusal(&Said {
        flags: &[("target-fmr", "0.01")],
        environment: &[("FACE_THRESHOLD", "0.4")],
        ..NOTHING
    });
    assert!(both.contains("target-fmr") && both.contains("one of the two"), "{both}");
    let flags = &[("target-fmr", "0.01"), ("threshold", "")];
    let taken_back = load(&Said { flags, environment: &[("FACE_THRESHOLD", "0.4")], ..NOTHING }).unwrap();
    assert_eq!(taken_back.rule(), target);
}

#[test]
fn what_the_configuration_prints_can_be_given_to_it() {
    let usual = load(&NOTHING).unwrap();
    let lines = usual.effective.iter().map(|(key, value, _)| format!("{key} = {value:?}\n"));
    let again = load(&Said { file: &lines.collect::<String>(), ..NOTHING }).unwrap();
    assert_eq!(again.rule(), AskedRule::Target(FalseMatchRate::new(USUAL_TARGET).unwrap()));
    let values = |config: &Config| -> Vec<_> {
        config.effective.iter().map(|(key, value, _)| (key.clone(), value.clone())).collect()
    };
    assert_eq!(values(&again), values(&usual));
}

#[test]
fn raw_distances_have_thresholds_of_their_own() {
    let raw = |more: &[(&'static str, &'static str)]| {
        let flags = [&[("space", "raw"), ("crops", "1")], more].concat();
        load(&Said { flags: &flags, ..NOTHING })
    };
    let usual = raw(&[]).unwrap();
    assert_eq!((usual.rule(), usual.space), (AskedRule::Usual, Metric::Raw));
    assert_eq!(usual.model.as_str(), "dlib-resnet-v1", "raw distances are its");
    assert!(raw(&[("model", "sface-2021dec")]).unwrap_err().to_string().contains("dlib-resnet-v1"));
    assert_eq!(shown(&usual, "threshold"), ("0.6", &Origin::Default));
    assert_eq!(threshold(&raw(&[("threshold", "0.4")]).unwrap()), 0.4);
    let refusal = raw(&[("threshold", "0.71")]).unwrap_err().to_string();
    assert!(refusal.contains("0.3 to 0.7") && refusal.contains("raw"), "{refusal}");
}

#[test]
fn the_engine_gets_the_detector_that_was_chosen() {
    for (name, expected) in [
        ("auto", DetectorChoice::Auto),
        ("yunet", DetectorChoice::Yunet),
        ("mmod", DetectorChoice::Mmod),
        ("hog", DetectorChoice::Hog { upsampling: face_core::Upsampling::Once }),
    ] {
        let config = load(&Said { environment: &[("FACE_DETECTOR", name)], ..NOTHING }).unwrap();
        assert_eq!(config.engine_options().detector, expected);
    }
}

#[test]
fn an_address_that_others_can_reach_is_refused() {
    for host in ["0.0.0.0", "::", "192.168.1.5", "[2001:db8::1]"] {
        let refusal = refusal(&Said { flags: &[("host", host)], ..NOTHING });
        assert!(refusal.contains("without keys"), "{refusal}");
    }
    let with_keys = Said { flags: &[("host", "0.0.0.0"), ("keys", "keys.toml")], ..NOTHING };
    assert!(load(&with_keys).unwrap().keys.is_some());
    for host in ["localhost", "127.0.0.2", "::1", "[::1]"] {
        assert!(load(&Said { flags: &[("host", host)], ..NOTHING }).unwrap().address().ip().is_loopback());
    }
}

#[test]
fn proxies_are_networks_or_addresses_and_never_everybody() {
    let listed = |text| load(&Said { flags: &[("proxies", text)], ..NOTHING }).map(|config| config.proxies);
    assert_eq!(listed("").unwrap(), TrustedProxies::default());
    let networks = ["10.0.0.0/8", "127.0.0.1/32", "2001:db8::/48"].map(|network| network.parse().unwrap());
    assert_eq!(listed("10.0.0.0/8, 127.0.0.1,2001:db8::/48").unwrap(), TrustedProxies::new(&networks));
    for text in ["0.0.0.0/0", "::/0", "10.0.0.0/33", "proxy.example", "10.0.0.1;10.0.0.2"] {
        let refusal = listed(text).unwrap_err().to_string();
        assert!(refusal.contains("proxies") && refusal.contains("give networks or addresses"), "{refusal}");
    }
}

#[test]
fn rates_are_said_for_some_classes_or_switched_off() {
    let rates =
        |text| load(&Said { flags: &[("rate-per-key", text)], ..NOTHING }).map(|config| config.rate_per_key);
    assert_eq!(rates("reading=7").unwrap(), Rates::per_second([100, 100, 100, 7, 200]));
    assert_eq!(rates("off").unwrap(), Rates::OFF);
    let refusal = rates("reading=-1").unwrap_err().to_string();
    assert!(refusal.contains("rate-per-key") && refusal.contains("recognition=100,reading=off"), "{refusal}");
}

#[test]
fn a_certificate_and_its_key_are_given_together() {
    let both = load(&Said { flags: &[("tls-cert", "a.pem"), ("tls-key", "a.key")], ..NOTHING }).unwrap();
    assert!(both.tls().is_some() && load(&NOTHING).unwrap().tls().is_none());
    for (given, missing) in [("tls-cert", "tls-key"), ("tls-key", "tls-cert")] {
        let refusal = refusal(&Said { flags: &[(given, "a.pem")], ..NOTHING });
        assert!(refusal.contains(&format!("{given} is given and {missing} is not")), "{refusal}");
    }
}
