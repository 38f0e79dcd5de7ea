//! The product code: what stands under `src/` and is compiled without the tests.

use std::collections::{BTreeMap, BTreeSet};

use crate::files::{read, rust_files};

/// Crates that only tests use.
const DOUBLES: [&str; 3] = ["crates/cloudinary-standin", "crates/postgres-server", "tests"];

/// The files of product code of each crate: path from the root of the workspace, and text without tests.
pub(crate) fn crates() -> BTreeMap<String, BTreeMap<String, String>> {
    let mut crates = BTreeMap::<_, BTreeMap<_, _>>::new();
    for file in rust_files() {
        let Some((package, _)) = file.split_once("/src/") else { continue };
        let package = package.to_owned();
        crates.entry(package).or_default().insert(file.clone(), read(&file));
    }
    crates.retain(|package, _| package != "fuzz");
    assert!(crates.len() > 5, "only {} crates have product code", crates.len());
    for files in crates.values_mut() {
        let mut tests = BTreeSet::new();
        for (file, text) in files.iter_mut() {
            let (product, modules) = without_tests(text);
            tests.extend(modules.iter().map(|module| format!("{}/{module}", folder(file))));
            *text = product;
        }
        files.retain(|file, _| !tests.iter().any(|test| is_in(file, test)));
    }
    crates
}

/// Whether a crate is part of what is delivered.
pub(crate) fn is_delivered(package: &str) -> bool {
    !DOUBLES.contains(&package)
}

/// The folder in which the modules of a file lie.
pub(crate) fn folder(file: &str) -> &str {
    let names = ["/mod.rs", "/lib.rs", "/main.rs", ".rs"];
    names.iter().find_map(|name| file.strip_suffix(name)).expect("a Rust file")
}

fn is_in(file: &str, module: &str) -> bool {
    file.strip_prefix(module).is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
}

/// The text without items that only tests or fuzz targets compile, and the names of modules among those.
/// Relies on rustfmt: an item ends where a line is indented as its first one was and ends it.
fn without_tests(text: &str) -> (String, Vec<&str>) {
    let (mut product, mut modules) = (String::new(), Vec::new());
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let attribute = line.trim_start();
        let of_tests = ["#[cfg(test", "#[cfg(all(test", "#[cfg(any(test, fuzzing"];
        if !of_tests.iter().any(|start| attribute.starts_with(start)) {
            product.push_str(line);
            product.push('\n');
            continue;
        }
        let indent = line.len() - attribute.len();
        for line in lines.by_ref() {
            let item = line.trim_start();
            if let Some((_, name)) = item.strip_suffix(';').and_then(|item| item.split_once("mod ")) {
                modules.push(name);
            }
            if line.len() - item.len() == indent && !item.starts_with("#[") && item.ends_with([';', '}', ','])
            {
                break;
            }
        }
    }
    (product, modules)
}

#[test]
fn what_only_tests_compile_is_no_product_code() {
    let text = "mod a;\n#[cfg(test)]\nmod tests;\nfn b() {\n    #[cfg(test)]\n    c();\n    d();\n}\n\
                #[cfg(all(test, unix))]\n#[allow(x)]\nmod inline {\n    use e;\n}\nconst F: u8 = 1;\n";
    let product = "mod a;\nfn b() {\n    d();\n}\nconst F: u8 = 1;\n";
    assert_eq!(without_tests(text), (product.to_owned(), vec!["tests"]));
    assert!(is_in("x/src/tests/one.rs", "x/src/tests") && !is_in("x/src/tests_of.rs", "x/src/tests"));
}
