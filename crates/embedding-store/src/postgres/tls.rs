//! Encryption to the server: whom to trust.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::config::Tls;
use crate::StoreError;

pub(super) fn connector(tls: &Tls) -> Result<MakeRustlsConnect, StoreError> {
    // Named, because `ClientConfig::builder` panics when a process has no default and more than one is
    // compiled in.
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider));
    let builder = builder.with_safe_default_protocol_versions().map_err(|e| StoreError::Misconfigured {
        reason: "the TLS library has no version of the protocol".to_owned(),
        source: Some(e.into()),
    })?;
    let builder = match tls {
        Tls::Unchecked => {
            builder.dangerous().with_custom_certificate_verifier(Arc::new(AnyCertificate(provider)))
        }
        Tls::Verified(roots) => builder.with_root_certificates(match roots {
            Some(file) => roots_in(file)?,
            None => roots_of_the_system()?,
        }),
    };
    Ok(MakeRustlsConnect::new(builder.with_no_client_auth()))
}

fn roots_in(file: &Path) -> Result<RootCertStore, StoreError> {
    let no_good = |what: &str, source| StoreError::Misconfigured {
        reason: format!("sslrootcert {}: {what}", file.display()),
        source: Some(source),
    };
    let pem = fs::read(file).map_err(|e| no_good("it cannot be read", e.into()))?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|e| no_good("it is no file of certificates", e.into()))?;
        roots.add(certificate).map_err(|e| no_good("a certificate in it cannot be used", e.into()))?;
    }
    if roots.is_empty() {
        return Err(no_good("it holds no certificate", "no PEM block CERTIFICATE".into()));
    }
    Ok(roots)
}

fn roots_of_the_system() -> Result<RootCertStore, StoreError> {
    let mut roots = RootCertStore::empty();
    // Of the many that a system has, some may be unreadable; they are then not trusted.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        return Err(StoreError::misconfigured(
            "this system has no certificates of authorities: install ca-certificates, or give sslrootcert",
        ));
    }
    Ok(roots)
}

/// For `sslmode=prefer` and `require`, which encrypt against listeners and prove nothing of the other end.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
