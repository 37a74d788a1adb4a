//! The desk's own certificate: TLS 1.2 and 1.3 by the same cryptography that signs (QCVN 12:2026/BCA: TLS 1.2 at least).

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use super::WebError;
use crate::durable;

/// A certificate with all its issuers has a few kilobytes.
const PEM_BYTES_MAX: u64 = 1024 * 1024;

/// Reads certificate and key.
///
/// # Errors
/// [`WebError::Certificate`].
pub(super) fn acceptor(certificate: &Path, key: &Path) -> Result<TlsAcceptor, WebError> {
    let chain = CertificateDer::pem_slice_iter(&read(certificate)?)
        .collect::<Result<Vec<_>, _>>()
        .map_err(refused(certificate))?;
    let secret = PrivateKeyDer::from_pem_slice(&read(key)?).map_err(refused(key))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(refused(certificate))?
        .with_no_client_auth()
        .with_single_cert(chain, secret)
        .map_err(refused(certificate))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn read(path: &Path) -> Result<Vec<u8>, WebError> {
    let mut bytes = Vec::new();
    durable::open_regular(path)
        .and_then(|file| file.take(PEM_BYTES_MAX).read_to_end(&mut bytes))
        .map_err(refused(path))?;
    Ok(bytes)
}

fn refused<E: std::fmt::Display>(path: &Path) -> impl FnOnce(E) -> WebError {
    move |reason| WebError::Certificate {
        path: path.to_owned(),
        reason: reason.to_string(),
    }
}
