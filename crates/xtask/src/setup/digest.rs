//! SHA-256 of files, as the manifests write it.

use std::fmt;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::Path;

use serde::Deserialize;
use sha2::{Digest as _, Sha256};

/// A SHA-256, written as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Digest([u8; 32]);

impl Digest {
    pub(super) fn of_bytes(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The digest of a file's contents; none where there is no file.
    pub(super) fn of_file(path: &Path) -> io::Result<Option<Self>> {
        let mut file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut hasher = Sha256::new();
        io::copy(&mut file, &mut hasher)?;
        Ok(Some(Self(hasher.finalize().into())))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl TryFrom<String> for Digest {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let lower_case = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        let mut digest = [0; 32];
        // The digits are checked, because `from_str_radix` takes a sign too.
        if text.len() != 2 * digest.len() || !text.as_bytes().iter().all(lower_case) {
            return Err(format!("`{text}` is not a SHA-256: 64 lower-case hexadecimal digits"));
        }
        for (byte, digits) in digest.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let digits = str::from_utf8(digits).unwrap_or_default();
            *byte = u8::from_str_radix(digits, 16).map_err(|e| e.to_string())?;
        }
        Ok(Self(digest))
    }
}

#[cfg(test)]
mod tests {

    use super::Digest;

    /// The first example of FIPS 180-2.
    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn a_digest_is_written_and_read_as_hexadecimal_digits() {
        assert_eq!(Digest::of_bytes(b"abc").to_string(), ABC);
        assert_eq!(Digest::try_from(ABC.to_owned()).unwrap(), Digest::of_bytes(b"abc"));
    }

    #[test]
    fn an_empty_short_or_upper_case_digest_is_refused() {
        for text in ["".to_owned(), ABC[1..].to_owned(), ABC.to_uppercase(), format!("{}g", &ABC[1..])] {
            assert!(Digest::try_from(text).is_err());
        }
    }

    #[test]
    fn a_file_has_the_digest_of_its_bytes_and_a_missing_one_has_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        assert_eq!(Digest::of_file(&path).unwrap(), None);
        let bytes = vec![7; (1 << 20) + 1];
        std::fs::write(&path, &bytes).unwrap();
        assert_eq!(Digest::of_file(&path).unwrap(), Some(Digest::of_bytes(&bytes)));
    }
}
