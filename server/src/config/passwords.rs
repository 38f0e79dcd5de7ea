//! Passwords in URLs, which are shown nowhere, whatever setting they were written into.

/// Stands for the value of a secret wherever it would be shown.
pub(super) const MASKED: &str = "(not shown)";

/// A text in which whatever stands between `//` and `@` of a URL is masked.
pub(crate) fn without_passwords(text: &str) -> String {
    let mut masked = String::new();
    let mut rest = text;
    while let Some((before, url)) = rest.split_once("://") {
        masked.extend([before, "://"]);
        let end = url.find(|c: char| c.is_whitespace() || c == '\'').unwrap_or(url.len());
        let (url, after) = url.split_at(end);
        // From the last @ on: a password that was not encoded may have one.
        match url.rsplit_once('@') {
            Some((_, place)) => masked.extend([MASKED, "@", place]),
            None => masked.push_str(url),
        }
        rest = after;
    }
    masked + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_url_has_before_its_host_is_masked_and_nothing_else_is() {
        let text = "'postgres://ana:S@ECRET@db/x?y=z' and https://example.org/x, a@b";
        assert_eq!(
            without_passwords(text),
            "'postgres://(not shown)@db/x?y=z' and https://example.org/x, a@b"
        );
    }
}
