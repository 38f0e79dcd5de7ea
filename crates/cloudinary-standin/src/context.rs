//! Contextual metadata as one text: `key=value|key=value`, with `\=` and `\|` inside values.

use std::collections::BTreeMap;

use crate::answer::Refusal;

/// Longest value, in characters.
const LONGEST_VALUE: usize = 1024;

pub(crate) fn parse(text: &str) -> Result<BTreeMap<String, String>, Refusal> {
    let mut pairs = BTreeMap::new();
    for pair in split(text, '|') {
        let mut sides = split(&pair, '=').into_iter();
        let key = unescaped(&sides.next().unwrap_or_default());
        // Only the first `=` parts the two.
        let value = unescaped(&sides.collect::<Vec<_>>().join("="));
        let well_formed = !key.is_empty() && !value.is_empty() && !value.chars().any(char::is_control);
        if !well_formed || value.chars().count() > LONGEST_VALUE {
            return Err(Refusal::bad_request(format!("Invalid value for parameter context: {key}")));
        }
        pairs.insert(key, value);
    }
    Ok(pairs)
}

/// At each bare occurrence of the separator; escapes stay.
fn split(text: &str, separator: char) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut escaping = false;
    for character in text.chars() {
        if character == separator && !escaping {
            parts.push(String::new());
        } else if let Some(part) = parts.last_mut() {
            part.push(character);
        }
        // A backslash that is itself escaped escapes nothing: the bar in `\\|` separates.
        escaping = character == '\\' && !escaping;
    }
    parts
}

fn unescaped(text: &str) -> String {
    text.replace("\\=", "=").replace("\\|", "|")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escaped_separators_belong_to_the_value() {
        let pairs = parse(r"u=user\=0\|x|etag=9a|k=a=b").unwrap();
        let pairs: Vec<_> = pairs.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        assert_eq!(pairs, [("etag", "9a"), ("k", "a=b"), ("u", "user=0|x")]);
    }

    #[test]
    fn blank_long_and_unprintable_values_are_refused() {
        for text in ["k=".to_owned(), "k".to_owned(), "k=a\nb".to_owned(), format!("k={}", "x".repeat(1025))]
        {
            assert!(parse(&text).is_err(), "{text:.10}");
        }
        assert!(parse(&format!("k={}", "x".repeat(1024))).is_ok());
    }
}
