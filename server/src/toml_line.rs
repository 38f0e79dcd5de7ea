//! Where a TOML file is wrong, without what stands there: the parser's own message may quote a secret.

/// The line, counted from 1, near which a parser stopped.
pub(crate) fn line_of(error: &toml::de::Error, text: &str) -> usize {
    let before = error.span().and_then(|span| text.get(..span.start));
    before.map_or(1, |before| before.matches('\n').count() + 1)
}
