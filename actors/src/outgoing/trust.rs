//! Who vouches for servers: the authorities of the public web, and those that the operator adds.

use std::sync::Arc;

use protocol::outgoing::NotAnswered;
use rustls::{
    CertificateError, ClientConfig, Error, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, pem::PemObject},
};
use webpki_roots::TLS_SERVER_ROOTS;

/// Who vouches for servers. The name of a server is verified always.
#[derive(Debug, Clone)]
pub struct Trust(Arc<ClientConfig>);

/// Why a file of authorities is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotTrusted {
    /// It cannot be read as certificates.
    #[error("{0}")]
    Malformed(String),
    /// There is none in it.
    #[error("it holds no certificate")]
    Empty,
}

impl Trust {
    /// The authorities of the public web, and every one in `pem` besides.
    ///
    /// # Errors
    /// `pem` holds no certificate, or one that cannot be read.
    pub fn new(pem: Option<&[u8]>) -> Result<Self, NotTrusted> {
        let malformed = |why: &dyn std::error::Error| NotTrusted::Malformed(why.to_string());
        let mut roots = RootCertStore { roots: TLS_SERVER_ROOTS.to_vec() };
        if let Some(pem) = pem {
            let before = roots.len();
            for certificate in CertificateDer::pem_slice_iter(pem) {
                let certificate = certificate.map_err(|why| malformed(&why))?;
                roots.add(certificate).map_err(|why| malformed(&why))?;
            }
            if roots.len() == before {
                return Err(NotTrusted::Empty);
            }
        }
        let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|why| malformed(&why))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self(Arc::new(config)))
    }

    pub(super) fn config(&self) -> Arc<ClientConfig> {
        Arc::clone(&self.0)
    }
}

/// Why a handshake failed, as an operator can mend it.
pub(super) fn not_trusted(error: &std::io::Error) -> NotAnswered {
    let error = error.get_ref().and_then(|error| error.downcast_ref::<Error>());
    match error {
        Some(Error::InvalidCertificate(why)) => match why {
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                NotAnswered::OtherName
            }
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. } => NotAnswered::CertificateTime,
            _ => NotAnswered::Untrusted,
        },
        _ => NotAnswered::Tls,
    }
}
