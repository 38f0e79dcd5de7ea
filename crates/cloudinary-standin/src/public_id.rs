//! Which names a file may have, and which it gets.

use crate::answer::Refusal;

/// Longest public id, in characters.
const LONGEST: usize = 255;

const FORBIDDEN: &[char] = &['?', '&', '#', '\\', '%', '<', '>', '+'];

/// Refuses a public id that the service would refuse or change.
pub(crate) fn check(public_id: &str) -> Result<(), Refusal> {
    let outer = |end: &str| end.starts_with([' ', '/']) || end.ends_with([' ', '/']);
    // In a delivery URL such a part would be read as the version, and the id lose it.
    let version = |part: &str| {
        part.strip_prefix('v')
            .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()))
    };
    let reserved = |part: &str| version(part) || matches!(part, "images" | "videos");
    let refused = public_id.is_empty()
        || public_id.chars().count() > LONGEST
        || public_id.contains(FORBIDDEN)
        || outer(public_id)
        || public_id.split('/').any(reserved);
    if refused {
        return Err(Refusal::bad_request(format!("public_id ({public_id}) is invalid")));
    }
    Ok(())
}

/// The id under which a raw file is kept: where it has no extension it gets the one of the file's name.
pub(crate) fn with_extension(public_id: &str, filename: &str) -> String {
    match (split(public_id).1, split(filename).1) {
        (None, Some(extension)) => format!("{public_id}.{extension}"),
        (Some(_), _) | (None, None) => public_id.to_owned(),
    }
}

/// What answers call the original filename: its last part without the extension.
pub(crate) fn stem(filename: &str) -> &str {
    split(filename).0
}

/// The last part of a name, and its extension.
fn split(name: &str) -> (&str, Option<&str>) {
    // The SDK for Python sends the whole local path as the filename, which on Windows has backslashes.
    let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
    match name.rsplit_once('.') {
        Some((stem, extension)) if !extension.is_empty() => (stem, Some(extension)),
        Some(_) | None => (name, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_raw_id_without_an_extension_gets_the_one_of_the_files_name() {
        let legacy = "face_recognition/embeddings";
        assert_eq!(with_extension(legacy, "/a.b/x.json"), format!("{legacy}.json"));
        assert_eq!(with_extension(legacy, "stream"), legacy);
        assert_eq!(with_extension("a/b.json", "doc.txt"), "a/b.json");
        assert_eq!(with_extension("a.b/c", "doc.txt"), "a.b/c.txt");
    }

    #[test]
    fn ids_that_urls_cannot_carry_are_refused() {
        for id in [
            "a&b", "a?b", "a#b", "a\\b", "a%b", "<a", "a>", "a+b", " a", "a/", "/a", "x/v12/y", "images/a",
            "",
        ] {
            assert!(check(id).is_err(), "{id:?}");
        }
        let longest = "é".repeat(255);
        for id in ["a/b.json", "événement/ユーザー 😀.json", "v/vx/v1a", "a@b:c,d$e=f;g", &longest] {
            assert!(check(id).is_ok(), "{id:?}");
        }
        assert!(check(&"e".repeat(256)).is_err());
    }
}
