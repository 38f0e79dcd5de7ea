//! Requests made from the document, right and wrong ones: no answer but those that it describes.

use e2e::Server;

use super::{python, sources, succeeds};

/// Fewest requests that count as a try of the whole document.
const ENOUGH: usize = 2000;

#[test]
fn every_answer_to_thousands_of_made_up_requests_is_as_documented() {
    let (builder, key) = Server::builder().unwrap().key("tester", "admin", &[]).unwrap();
    let server = builder.flags(["--store", "memory:", "--debug-data", "on"]).start().unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let mut schemathesis = python(&sources(), scratch.path());
    schemathesis
        .env("SCHEMATHESIS_HOOKS", "hooks")
        .env("CONTRACT_SERVER", server.url())
        .env("CONTRACT_KEY", &key)
        .env("CONTRACT_PICTURES", concat!(env!("CARGO_MANIFEST_DIR"), "/pictures"));
    schemathesis.args(["-m", "schemathesis.cli", "--config-file"]).arg(sources().join("schemathesis.toml"));
    schemathesis.args(["run", "--no-color", "--header", &format!("Authorization: Bearer {key}")]);
    schemathesis.arg(format!("{}/openapi.json", server.url()));
    let report = succeeds(schemathesis.args(["--checks", "all"]));

    let cases = report.lines().find_map(|line| line.trim().split_once(" generated, "));
    let cases = cases.unwrap_or_else(|| panic!("no number of cases in\n{report}")).0;
    assert!(cases.parse::<usize>().unwrap() >= ENOUGH, "{cases} cases\n{report}");
    let numbers = |line: &str| line.split_once(": ").map(|(_, rest)| rest.trim().to_owned());
    let of = |label: &str| report.lines().find(|line| line.trim().starts_with(label)).and_then(numbers);
    let (selected, tested) = (of("Selected").unwrap(), of("Tested").unwrap());
    assert_eq!(selected, format!("{tested}/{tested}"), "every operation is tried\n{report}");
}
