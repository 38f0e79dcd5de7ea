//! `cargo xtask openapi`: keeps docs/openapi.json equal to what the server serves.

use std::fs;

use anyhow::{Context, Result, bail, ensure};

use crate::{cargo, workspace};

/// Where the document lies in the repository.
const DOCUMENT: &str = "docs/openapi.json";

/// Writes the document, or with `check` only compares it.
pub(crate) fn openapi(check: bool) -> Result<()> {
    let served = served()?;
    let path = workspace::root().join(DOCUMENT);
    if !check {
        fs::create_dir_all(path.with_file_name(""))
            .and_then(|()| fs::write(&path, served))
            .with_context(|| format!("cannot write {DOCUMENT}"))?;
        workspace::say(&format!("{DOCUMENT} is written"));
        return Ok(());
    }
    let kept = fs::read_to_string(&path).with_context(|| format!("cannot read {DOCUMENT}"))?;
    if let Some((line, kept, served)) = first_difference(&kept, &served) {
        bail!(
            "{DOCUMENT} is not what the server serves; run `cargo xtask openapi`\n\
             line {line}\n  in the file:   {kept}\n  by the server: {served}"
        );
    }
    Ok(())
}

/// The document as the server's command `openapi` prints it.
fn served() -> Result<String> {
    let arguments = ["run", "--quiet", "--package", "face-server", "--bin", "face-server", "--", "openapi"];
    let mut command = cargo::cargo(arguments);
    // The build's errors are for the terminal; captured, they would be lost.
    command.stderr(std::process::Stdio::inherit());
    let output = command.output().context("cannot run cargo")?;
    ensure!(output.status.success(), "the server's command `openapi` failed ({})", output.status);
    String::from_utf8(output.stdout).context("the server's document is not UTF-8")
}

/// Number and contents of the first line in which two texts differ, ends of line aside.
fn first_difference<'a>(kept: &'a str, served: &'a str) -> Option<(usize, &'a str, &'a str)> {
    const END: &str = "(end)";
    // By lines, so that a checkout with CRLF is no difference.
    let mut kept = kept.lines();
    let mut served = served.lines();
    for line in 1.. {
        match (kept.next(), served.next()) {
            (None, None) => break,
            (kept, served) if kept == served => {}
            (kept, served) => return Some((line, kept.unwrap_or(END), served.unwrap_or(END))),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::first_difference;

    #[test]
    fn the_first_line_that_differs_is_named() {
        assert_eq!(first_difference("{\na\n}", "{\nb\n}"), Some((2, "a", "b")));
        assert_eq!(first_difference("{\n}", "{\n}\n}"), Some((3, "(end)", "}")));
        assert_eq!(first_difference("{\r\n}\r\n", "{\n}\n"), None);
    }
}
