//! TLS by certificate files, which are read again when they were renewed.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use zeroize::Zeroizing;

use crate::reload::{Latest, Reloadable, open_regular};

/// What PEM says of a private key under a passphrase, in its first line or in a header.
const ENCRYPTED: &[u8] = b"ENCRYPTED";

/// A certificate with those that vouch for it, and its private key, as PEM files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CertificateFiles {
    pub(crate) chain: PathBuf,
    pub(crate) key: PathBuf,
}

/// Why certificate files cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TlsError {
    /// A file could not be read.
    #[error("the file '{}' cannot be read", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is no PEM file, or has none of what it should hold.
    #[error("the file '{}' holds no {what} in PEM", path.display())]
    NotPem {
        /// The file.
        path: PathBuf,
        /// What was looked for.
        what: &'static str,
    },
    /// The private key is locked by a passphrase, which nobody would be there to type.
    #[error(
        "the private key '{}' is encrypted: give it without a passphrase, as `openssl pkey -in FILE -out PLAIN` writes it",
        .0.display()
    )]
    Encrypted(PathBuf),
    /// The two do not belong together, or are of a kind that TLS does not use.
    #[error(
        "the certificate '{}' cannot be used with the key '{}' (kinds that can: RSA of 2048 to 4096 bits, ECDSA P-256 \
         and P-384, Ed25519)",
        chain.display(), key.display()
    )]
    Unfit {
        /// The certificate's file.
        chain: PathBuf,
        /// The key's file.
        key: PathBuf,
        /// Why.
        source: rustls::Error,
    },
}

impl Reloadable for CertificateFiles {
    // Kept until the next reading to compare with, so the key's bytes are wiped when they are dropped.
    type Text = (Vec<u8>, Zeroizing<Vec<u8>>);
    type Value = CertifiedKey;
    type Error = TlsError;
    const NAME: &'static str = "certificates";

    fn read(&self) -> Result<Self::Text, TlsError> {
        Ok((read(&self.chain)?, Zeroizing::new(read(&self.key)?)))
    }

    fn value(&self, (chain, key): &Self::Text) -> Result<CertifiedKey, TlsError> {
        // The parser's errors are dropped, here and for the key: they carry lines of the file, and the two
        // files may have been exchanged.
        let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(chain).collect();
        let certificates = certificates.ok().filter(|certificates| !certificates.is_empty());
        let certificates = certificates.ok_or_else(|| not_pem(&self.chain, "certificate"))?;
        // Before the parser, which passes over sections of unknown kinds and would find no key at all.
        if key.windows(ENCRYPTED.len()).any(|word| word == ENCRYPTED) {
            return Err(TlsError::Encrypted(self.key.clone()));
        }
        let private = PrivateKeyDer::from_pem_slice(key).map_err(|_| not_pem(&self.key, "private key"))?;
        // Checks that the two match. Files are renewed one after the other: a reading in between finds the new
        // certificate with the old key, which is refused here, and the pair in use stays until both are new.
        CertifiedKey::from_der(certificates, private, &provider()).map_err(|source| TlsError::Unfit {
            chain: self.chain.clone(),
            key: self.key.clone(),
            source,
        })
    }
}

/// Gives each connection the certificate of the moment.
#[derive(Debug)]
struct Renewed(Latest<CertifiedKey>);

impl ResolvesServerCert for Renewed {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        // The borrow keeps a renewal waiting: it lasts for the copy of a pointer, not for the handshake.
        Some(Arc::clone(&self.0.borrow()))
    }
}

/// TLS 1.2 and 1.3 with this certificate.
///
/// # Errors
/// When the provider of cryptography knows neither, which is a fault.
pub(crate) fn server_config(certificate: Latest<CertifiedKey>) -> Result<ServerConfig, rustls::Error> {
    let versions = ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()?;
    Ok(versions.with_no_client_auth().with_cert_resolver(Arc::new(Renewed(certificate))))
}

fn provider() -> Arc<CryptoProvider> {
    // Named: rustls' own choice depends on the features of the whole build, and panics where two are on.
    Arc::new(ring::default_provider())
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    let mut contents = Vec::new();
    let read = open_regular(path).and_then(|mut file| file.read_to_end(&mut contents));
    read.map_err(|source| TlsError::File { path: path.to_owned(), source })?;
    Ok(contents)
}

fn not_pem(path: &Path, what: &'static str) -> TlsError {
    TlsError::NotPem { path: path.to_owned(), what }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use rcgen::{CertifiedKey as Made, generate_simple_self_signed};
    use tempfile::TempDir;

    use super::*;

    fn made(folder: &TempDir, name: &str) -> CertificateFiles {
        let Made { cert, signing_key } = generate_simple_self_signed([name.to_owned()]).unwrap();
        let (chain, key) =
            (folder.path().join(format!("{name}.pem")), folder.path().join(format!("{name}.key")));
        fs::write(&chain, cert.pem()).unwrap();
        fs::write(&key, signing_key.serialize_pem()).unwrap();
        CertificateFiles { chain, key }
    }

    #[test]
    fn a_certificate_is_used_with_its_own_key_alone() {
        let folder = tempfile::tempdir().unwrap();
        let (own, other) = (made(&folder, "own"), made(&folder, "other"));
        assert!(own.now().is_ok());
        let mixed = CertificateFiles { chain: own.chain.clone(), key: other.key };
        assert!(matches!(mixed.now(), Err(TlsError::Unfit { .. })));
    }

    #[test]
    fn what_is_no_certificate_or_no_key_is_named_and_not_quoted() {
        let folder = tempfile::tempdir().unwrap();
        let CertificateFiles { chain, key } = made(&folder, "own");
        let exchanged = CertificateFiles { chain: key.clone(), key: chain.clone() };
        let refused = exchanged.now().unwrap_err().to_string();
        assert!(refused.contains("own.key") && refused.contains("no certificate"), "{refused}");
        let without_key = CertificateFiles { key: chain.clone(), chain: chain.clone() };
        let refused = without_key.now().unwrap_err().to_string();
        assert!(refused.contains("own.pem") && refused.contains("no private key"), "{refused}");
        fs::write(&key, "-----BEGIN ENCRYPTED PRIVATE KEY-----\n").unwrap();
        let locked = CertificateFiles { chain: chain.clone(), key: key.clone() };
        assert!(matches!(locked.now(), Err(TlsError::Encrypted(_))));
        let missing = CertificateFiles { chain: folder.path().join("none.pem"), key };
        assert!(matches!(missing.read(), Err(TlsError::File { .. })));
    }
}
