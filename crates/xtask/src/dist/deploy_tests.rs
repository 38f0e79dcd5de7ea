//! The files in `deploy/` name what is there, and systemd understands its own.

use std::fs;
use std::process::Command;

use crate::workspace::root;

#[test]
fn the_container_is_built_by_the_pinned_toolchain() {
    let toolchain: toml::Table =
        fs::read_to_string(root().join("rust-toolchain.toml")).unwrap().parse().unwrap();
    let channel = toolchain["toolchain"]["channel"].as_str().unwrap().to_owned();
    let text = fs::read_to_string(root().join("deploy/Containerfile")).unwrap();
    assert!(
        text.contains(&format!("FROM rust:{channel}-bookworm AS build")),
        "another toolchain than {channel}"
    );
    // Root would own what the server writes, and could write the program.
    assert!(text.lines().any(|line| line.starts_with("USER ") && !line.contains("root")));
}

#[test]
fn systemd_understands_the_unit() {
    let unit = fs::read_to_string(root().join("deploy/face-server.service")).unwrap();
    // The unit names a program that is not installed here, and systemd looks for it.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("face-server.service");
    fs::write(&path, unit.replace("/opt/face-server/face-server serve", "/bin/true")).unwrap();
    let Ok(verified) = Command::new("systemd-analyze").arg("verify").arg(&path).output() else {
        assert!(std::env::var_os("CI").is_none(), "systemd-analyze is missing");
        eprintln!("SKIPPED: systemd-analyze is not installed, so the unit was not verified");
        return;
    };
    let said = String::from_utf8_lossy(&verified.stderr);
    let about_it: Vec<&str> = said.lines().filter(|line| line.contains("face-server.service")).collect();
    assert!(about_it.is_empty(), "{about_it:#?}");
}
