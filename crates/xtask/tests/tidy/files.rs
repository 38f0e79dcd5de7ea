//! The files of the repository.

use std::fs;
use std::process::Command;

use crate::root;

/// Every file that is tracked by git, or would be if all were added, from the root of the workspace.
pub(crate) fn files() -> Vec<String> {
    let mut git = Command::new("git");
    git.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"])
        .current_dir(root());
    let output = git.output().expect("git lists the files of the repository");
    assert!(output.status.success(), "git ls-files: {}", String::from_utf8_lossy(&output.stderr));
    let names = String::from_utf8(output.stdout).expect("paths are UTF-8");
    let files: Vec<_> =
        names.split_terminator('\0').filter(|f| root().join(f).is_file()).map(str::to_owned).collect();
    assert!(files.len() > 50, "git lists only {} files", files.len());
    files
}

pub(crate) fn rust_files() -> impl Iterator<Item = String> {
    files().into_iter().filter(|file| file.ends_with(".rs"))
}

pub(crate) fn read(file: &str) -> String {
    String::from_utf8_lossy(&fs::read(root().join(file)).expect("a listed file can be read")).into_owned()
}
