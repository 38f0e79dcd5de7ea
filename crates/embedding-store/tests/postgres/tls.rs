//! Encryption: the right certificate is taken, a wrong one refused.

use std::fs;
use std::sync::Arc;

use embedding_store::{EmbeddingStore, StoreError};
use futures_util::StreamExt;
use postgres_server::{Database, Installation, PostgresServer};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::specimens::{Outcome, event, open, refusal, sample, user};

/// How a client of PostgreSQL asks for encryption: a length of 8 and a number.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// An authority of the tests.
fn authority() -> Outcome<CertifiedIssuer<'static, KeyPair>> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    Ok(CertifiedIssuer::self_signed(params, KeyPair::generate()?)?)
}

/// What stands before a server that has no TLS of its own: it takes the encryption off.
async fn front(
    server: &PostgresServer,
    authority: &CertifiedIssuer<'static, KeyPair>,
    name: &str,
) -> Outcome<u16> {
    let key = KeyPair::generate()?;
    let certificate = CertificateParams::new(vec![name.to_owned()])?.signed_by(&key, authority)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let key = PrivateKeyDer::try_from(key.serialize_der())?;
    let config = config.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key)?;
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let (port, behind) = (listener.local_addr()?.port(), server.port());
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(pass(client, acceptor.clone(), behind));
        }
    });
    Ok(port)
}

/// Serves a client that asks for encryption, and ends any other's connection.
async fn pass(mut client: TcpStream, acceptor: TlsAcceptor, behind: u16) -> Outcome {
    let mut request = [0; 8];
    client.read_exact(&mut request).await?;
    if request != SSL_REQUEST {
        return Err("the client does not ask for encryption".into());
    }
    client.write_all(b"S").await?;
    let mut client = acceptor.accept(client).await?;
    let mut server = TcpStream::connect(("127.0.0.1", behind)).await?;
    copy_bidirectional(&mut client, &mut server).await?;
    Ok(())
}

fn url(database: &Database, host: &str, port: u16, options: &str) -> Outcome<String> {
    let url = database.url();
    let (user, rest) = url.split_once('@').ok_or("no user")?;
    let (_, name) = rest.split_once('/').ok_or("no database")?;
    Ok(format!("{user}@{host}:{port}/{name}?{options}"))
}

#[tokio::test]
async fn only_the_hosts_own_certificate_of_the_given_authority_is_taken() -> Outcome {
    let server = PostgresServer::start(&Installation::of_tests()?)?;
    let database = Database::on(&server)?;
    let (ours, another) = (authority()?, authority()?);
    let front = front(&server, &ours, "127.0.0.1").await?;
    let folder = tempfile::tempdir()?;
    let verified = |name: &str, pem: Option<String>| -> Outcome<String> {
        let path = folder.path().join(name);
        pem.map_or(Ok(()), |pem| fs::write(&path, pem))?;
        Ok(format!("sslmode=verify-full&sslrootcert={}", path.display()))
    };
    let trusted = verified("ours.pem", Some(ours.pem()))?;

    for options in [trusted.as_str(), "sslmode=require", "sslmode=prefer"] {
        let store = open(&url(&database, "127.0.0.1", front, options)?).await?;
        let mut changes = store.changes().await?.ok_or("no feed")?;
        let other = open(&url(&database, "127.0.0.1", front, options)?).await?;
        other.append_sample(sample("conference", "ada")?).await?;
        assert!(changes.next().await.is_some());
        assert!(!store.samples(&event("conference")?, &user("ada")?).await?.is_empty());
    }
    for refused in [
        url(&database, "127.0.0.1", front, &verified("another.pem", Some(another.pem()))?)?,
        // The certificate is for the address, not for the name.
        url(&database, "localhost", front, &trusted)?,
        url(&database, "127.0.0.1", front, &verified("absent.pem", None)?)?,
        url(&database, "127.0.0.1", front, &verified("empty.pem", Some(String::new()))?)?,
        url(&database, "127.0.0.1", front, "sslmode=verify-full")?,
    ] {
        let error = refusal(&refused).await?;
        assert!(matches!(error, StoreError::Misconfigured { .. }), "{error:?}");
    }
    Ok(())
}

#[tokio::test]
async fn nothing_is_sent_in_clear_to_a_server_without_encryption_unless_that_is_allowed() -> Outcome {
    let server = PostgresServer::start(&Installation::of_tests()?)?;
    let database = Database::on(&server)?;
    let port = server.port();
    for mode in ["require", "verify-full"] {
        let error = refusal(&url(&database, "127.0.0.1", port, &format!("sslmode={mode}"))?).await?;
        assert!(matches!(error, StoreError::Misconfigured { .. }), "{error:?}");
    }
    drop(open(&url(&database, "127.0.0.1", port, "sslmode=prefer")?).await?);
    Ok(())
}
