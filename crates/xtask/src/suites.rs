//! Test suites that need more than Rust and Python, and what they lack on this machine.

use std::env;
use std::path::{Path, PathBuf};

/// A suite behind a cargo feature, which is on where the programs it drives are found.
#[derive(Debug)]
pub(crate) struct Suite {
    pub(crate) name: &'static str,
    /// The feature that compiles the suite in, as `package/feature`.
    pub(crate) feature: &'static str,
    programs: &'static [Program],
    /// What installs the programs, a line for each kind of system.
    pub(crate) install: &'static [&'static str],
}

/// A program that a suite drives.
#[derive(Debug)]
struct Program {
    /// The environment variable that tells the suite where it is, and that overrides the search.
    variable: &'static str,
    names: &'static [&'static str],
    /// Absolute paths where systems keep it outside the search path.
    places: &'static [&'static str],
}

/// Every suite of this kind.
pub(crate) const SUITES: &[Suite] = &[BROWSER, POSTGRESQL_15, NODE_SDK];

const BROWSER: Suite = Suite {
    name: "browser",
    feature: "e2e/browser",
    programs: &[
        Program {
            variable: "CHROMIUM_BIN",
            names: &["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"],
            places: &[
                "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
                "/Applications/Chromium.app/Contents/MacOS/Chromium",
            ],
        },
        Program {
            variable: "CHROMEDRIVER_BIN",
            names: &["chromedriver"],
            places: &["/usr/lib/chromium/chromedriver"],
        },
    ],
    install: &[
        "Debian, Ubuntu:  sudo apt-get install chromium chromium-driver",
        "macOS:           brew install --cask google-chrome chromedriver",
    ],
};

/// The database store on an older server without pgvector, as Debian 12 has it.
pub(crate) const POSTGRESQL_15: Suite = Suite {
    name: "postgresql-15",
    feature: "postgres-server/postgresql-15",
    programs: &[Program {
        variable: "TEST_POSTGRES_15",
        // In the search path there may be any version's.
        names: &["postgres-15"],
        places: &["/usr/lib/postgresql/15/bin/postgres", "/opt/homebrew/opt/postgresql@15/bin/postgres"],
    }],
    install: &[
        "Debian 12:       sudo apt-get install postgresql-15",
        "macOS:           brew install postgresql@15",
    ],
};

/// Set-up installs the SDK itself.
const NODE_SDK: Suite = Suite {
    name: "node-sdk",
    feature: "cloudinary-standin/sdk-node",
    programs: &[
        Program { variable: "NODE_BIN", names: &["node", "nodejs"], places: &[] },
        Program { variable: NPM, names: &["npm"], places: &[] },
    ],
    install: &["Debian, Ubuntu:  sudo apt-get install nodejs npm", "macOS:           brew install node"],
};

/// Tells where npm is.
pub(crate) const NPM: &str = "NPM_BIN";

impl Suite {
    /// For each program its variable and its path; or the first program that is not there.
    pub(crate) fn locate(&self) -> Result<Vec<(&'static str, PathBuf)>, &'static str> {
        self.programs
            .iter()
            .map(|program| {
                let path =
                    program.find().ok_or_else(|| program.names.first().copied().unwrap_or_default())?;
                Ok((program.variable, path))
            })
            .collect()
    }
}

impl Program {
    fn find(&self) -> Option<PathBuf> {
        if let Some(path) = env::var_os(self.variable).filter(|path| !path.is_empty()) {
            return Some(path.into());
        }
        let search_path = env::var_os("PATH").unwrap_or_default();
        let folders: Vec<_> = env::split_paths(&search_path).collect();
        let in_path = self.names.iter().flat_map(|name| {
            let file = format!("{name}{}", env::consts::EXE_SUFFIX);
            folders.iter().map(move |folder| folder.join(&file))
        });
        in_path.chain(self.places.iter().map(PathBuf::from)).find(|path| Path::is_file(path))
    }
}
