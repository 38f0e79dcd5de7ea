//! What a database holds as SQL text, and back.

use std::path::Path;

use crate::error::Outcome;
use crate::{Database, Installation};

impl Database {
    /// A schema with all it holds, as statements that make it anew in an empty database of any version that
    /// knows its types, and for any owner.
    ///
    /// # Errors
    /// When `pg_dump` fails; what it said is in the message.
    pub fn dump(&self, schema: &str) -> Outcome<String> {
        let mut dump = self.installation().command("pg_dump");
        dump.arg(format!("--dbname={}", self.url())).arg(format!("--schema={schema}"));
        // --inserts: lines of data, as COPY has them, could begin like those that are filtered out below.
        dump.args(["--inserts", "--no-owner", "--no-privileges", "--no-comments"]);
        let text = Installation::run(&mut dump)?;
        // Settings and commands of `psql` are of the version that wrote them; the rest is standard.
        let is_kept =
            |line: &&str| !["--", "SET ", "\\"].iter().any(|of_version| line.starts_with(of_version));
        let mut kept: String = text.lines().filter(is_kept).collect::<Vec<_>>().join("\n");
        while let Some(place) = kept.find("\n\n\n") {
            kept.remove(place);
        }
        Ok(format!("{}\n", kept.trim()))
    }

    /// Runs the statements of a file, all of them or none.
    ///
    /// # Errors
    /// When a statement fails; what `psql` said is in the message.
    pub fn load(&self, file: &Path) -> Outcome {
        let mut psql = self.installation().command("psql");
        // ON_ERROR_STOP: psql otherwise goes on after an error and reports success.
        psql.args(["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--single-transaction"]);
        psql.arg(format!("--dbname={}", self.url())).arg("--file").arg(file);
        Installation::run(&mut psql).map(drop)
    }
}
