//! The settings in README.md and .env.example are those of the program.

use std::fs;
use std::path::Path;

use super::*;

/// Set to write the documents instead of comparing them.
const WRITE: &str = "WRITE_SETTINGS";

/// One setting, as the documents have it.
struct Row {
    flag: String,
    variable: String,
    key: String,
    value: String,
    default: Option<String>,
    help: String,
}

fn rows() -> Vec<Row> {
    let settings = Config::settings();
    let row = |arg: &clap::Arg| Row {
        flag: format!("--{}", arg.get_long().unwrap()),
        variable: arg.get_env().unwrap().to_str().unwrap().to_owned(),
        key: arg.get_id().to_string(),
        value: arg.get_value_names().unwrap()[0].to_string(),
        default: arg.get_default_values().first().map(|text| text.to_str().unwrap().to_owned()),
        help: arg.get_help().unwrap().to_string(),
    };
    settings.get_arguments().map(row).collect()
}

/// The help without the default that is worked out at the start, and that default.
fn split_default(help: &str) -> (&str, &str) {
    help.split_once(" [default: ").map_or((help, ""), |(help, default)| (help, default.trim_end_matches(']')))
}

fn readme() -> String {
    let mut table =
        "| flag | variable | key in a file | default | meaning |\n|---|---|---|---|---|\n".to_owned();
    for Row { flag, variable, key, default, help, .. } in rows() {
        let (help, worked_out) = split_default(&help);
        let default = match default {
            Some(default) if !default.is_empty() => format!("`{default}`"),
            _ => worked_out.to_owned(),
        };
        table += &format!("| `{flag}` | `{variable}` | `{key}` | {default} | {help} |\n");
    }
    table
}

fn env_example() -> String {
    let mut text = String::new();
    for Row { variable, value, default, help, .. } in rows() {
        let mut line = "#".to_owned();
        for word in format!("{help}.").split(' ') {
            if line.len() + 1 + word.len() > 118 {
                text += &format!("{line}\n");
                line = "#".to_owned();
            }
            line += &format!(" {word}");
        }
        text += &format!("{line}\n#{variable}={}\n\n", default.unwrap_or(value));
    }
    text
}

/// Compares what stands between the two markers of a document, or writes it.
fn keep(name: &str, start: &str, end: &str, expected: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name);
    let text = fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once(start).unwrap();
    let (written, after) = rest.split_once(end).unwrap();
    if std::env::var_os(WRITE).is_some() {
        fs::write(&path, format!("{before}{start}{expected}{end}{after}")).unwrap();
    } else {
        let advice =
            format!("{name} has other settings: write them with `{WRITE}=1 cargo test -p face-server`");
        assert_eq!(written, expected, "{advice}");
    }
}

#[test]
fn the_table_in_the_readme_is_that_of_the_settings() {
    keep("README.md", "<!-- settings -->\n\n", "\n<!-- end of settings -->", &readme());
}

#[test]
fn the_template_of_an_environment_file_has_every_setting_and_secret() {
    let (start, end) = ("# ---- settings ----\n\n", "# ---- end of settings ----\n");
    keep(".env.example", start, end, &env_example());
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../.env.example")).unwrap();
    for secret in secrets::VARIABLES {
        assert!(text.contains(&format!("\n#{secret}=")), "{secret}");
    }
}
