//! From an archive to a file: nothing of the wrong hash is written.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::digest::Digest;
use super::export::Recipe;
use super::manifest::{Source, Wanted};
use super::packages::{Kind, Package};
use super::{make_all, make_and_say, missing, unpack};

const MEMBER: &[u8] = b"a picture";

fn wheel(path: &Path) {
    let mut wheel = ZipWriter::new(File::create(path).unwrap());
    for (name, bytes) in [("package/other", b"other".as_slice()), ("package/picture", MEMBER)] {
        wheel.start_file(name, SimpleFileOptions::default()).unwrap();
        wheel.write_all(bytes).unwrap();
    }
    wheel.finish().unwrap();
}

fn sdist(path: &Path) {
    let mut sdist = tar::Builder::new(GzEncoder::new(File::create(path).unwrap(), Compression::fast()));
    for (name, bytes) in [("package/other", b"other".as_slice()), ("package/picture", MEMBER)] {
        let mut header = tar::Header::new_ustar();
        header.set_size(u64::try_from(bytes.len()).unwrap());
        header.set_mode(0o644);
        sdist.append_data(&mut header, name, bytes).unwrap();
    }
    sdist.into_inner().unwrap().finish().unwrap();
}

fn wanted(folder: &Path, kind: Kind) -> Wanted {
    let sha256 = Digest::of_bytes(MEMBER);
    let (name, version) = ("package".to_owned(), "1.0".to_owned());
    Wanted {
        path: folder.join("made/picture"),
        sha256,
        source: Source::Member {
            package: Package { name, version, kind, tags: None, size: 0, sha256 },
            member: "package/picture".to_owned(),
        },
        source_sha256: sha256,
        made_by: Recipe::Copy,
        terms: None,
    }
}

fn make_from(wanted: &Wanted, archive: &Path, kind: Kind, member: &str) -> anyhow::Result<()> {
    make_and_say(wanted, || unpack::member(archive, kind, member))
}

#[test]
fn a_file_of_the_repository_needs_neither_pip_nor_a_package() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("picture");
    fs::write(&source, MEMBER).unwrap();
    let wanted = Wanted { source: Source::Repository(source), ..wanted(folder.path(), Kind::Wheel) };
    let cache = folder.path().join("cache");
    make_all(vec![&wanted], cache.clone()).unwrap();
    assert_eq!(fs::read(&wanted.path).unwrap(), MEMBER);
    assert!(!cache.exists());
}

#[test]
fn a_member_of_a_wheel_or_an_sdist_becomes_the_file() {
    for (kind, pack) in [(Kind::Wheel, wheel as fn(&Path)), (Kind::Sdist, sdist)] {
        let folder = tempfile::tempdir().unwrap();
        let archive = folder.path().join("archive");
        pack(&archive);
        let wanted = wanted(folder.path(), kind);
        make_from(&wanted, &archive, kind, "package/picture").unwrap();
        assert_eq!(fs::read(&wanted.path).unwrap(), MEMBER);
    }
}

#[test]
fn a_member_that_is_not_there_is_named() {
    for (kind, pack) in [(Kind::Wheel, wheel as fn(&Path)), (Kind::Sdist, sdist)] {
        let folder = tempfile::tempdir().unwrap();
        let archive = folder.path().join("archive");
        pack(&archive);
        let wanted = wanted(folder.path(), kind);
        let error = make_from(&wanted, &archive, kind, "package/absent").unwrap_err();
        assert!(format!("{error:#}").contains("package/absent"), "{error:#}");
    }
}

#[test]
fn nothing_of_another_hash_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let archive = folder.path().join("archive");
    wheel(&archive);
    let other = Digest::of_bytes(b"another picture");
    for (wanted, part) in [
        (Wanted { source_sha256: other, ..wanted(folder.path(), Kind::Wheel) }, "package/picture in"),
        (Wanted { sha256: other, ..wanted(folder.path(), Kind::Wheel) }, "the exporter"),
    ] {
        let error = make_from(&wanted, &archive, Kind::Wheel, "package/picture").unwrap_err();
        assert!(format!("{error:#}").contains(part), "{error:#}");
        assert!(!wanted.path.exists());
    }
}

#[test]
fn a_file_is_missing_until_it_has_its_hash() {
    let folder = tempfile::tempdir().unwrap();
    let wanted = [wanted(folder.path(), Kind::Wheel)];
    assert_eq!(missing(&wanted).unwrap().len(), 1);
    fs::create_dir(folder.path().join("made")).unwrap();
    for (bytes, still_missing) in [(b"a pic".as_slice(), 1), (MEMBER, 0)] {
        fs::write(&wanted[0].path, bytes).unwrap();
        assert_eq!(missing(&wanted).unwrap().len(), still_missing);
    }
}
