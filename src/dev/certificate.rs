//! `dev --tls`: a certificate authority of its own, kept in the data directory, and a certificate for this machine's
//! name that is made anew at each start.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use protocol::{Clock, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, date_time_ymd,
};

use super::Options;
use crate::start::{make as make_directory, write_private};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Browsers refuse certificates that hold for much longer.
const LEAF_DAYS: u32 = 90;
const AUTHORITY_DAYS: u32 = 3650;

/// Where a client finds what it must trust, and the listener what it shows.
#[derive(Debug, Clone)]
pub(super) struct Files {
    pub(super) ca_file: PathBuf,
    pub(super) certificate_file: PathBuf,
    pub(super) key_file: PathBuf,
}

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoCertificate {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("a certificate cannot be made: {0}")]
    Certificate(#[from] rcgen::Error),
}

/// Makes what `--tls` needs; nothing without it.
pub(super) fn make(options: &Options, clock: &dyn Clock) -> Result<Option<Files>, NoCertificate> {
    if !options.tls {
        return Ok(None);
    }
    let directory = fs::canonicalize(&options.data)?.join("tls");
    make_directory(&directory)?;
    let now = clock.now();
    let authority_key = directory.join("ca.key");
    let files = Files {
        ca_file: directory.join("ca.pem"),
        certificate_file: directory.join("localhost.pem"),
        key_file: directory.join("localhost.key"),
    };
    if !(files.ca_file.exists() && authority_key.exists()) {
        make_authority((&files.ca_file, &authority_key), now)?;
    }
    make_leaf(&files, &authority_key, now)?;
    Ok(Some(files))
}

fn make_authority((file, key_file): (&Path, &Path), now: Timestamp) -> Result<(), NoCertificate> {
    let params = lasting(authority(), AUTHORITY_DAYS, now);
    let key = KeyPair::generate()?;
    write_private(key_file, key.serialize_pem().as_bytes())?;
    Ok(write_private(file, params.self_signed(&key)?.pem().as_bytes())?)
}

/// What the authority says of itself. It is signed for under the same, so what was kept need not be taken apart.
fn authority() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "Doorward development authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

fn make_leaf(files: &Files, authority_key: &Path, now: Timestamp) -> Result<(), NoCertificate> {
    let names = ["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    let mut params = lasting(CertificateParams::new(names)?, LEAF_DAYS, now);
    params.distinguished_name.push(DnType::CommonName, "localhost");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    let issuer = Issuer::new(authority(), KeyPair::from_pem(&fs::read_to_string(authority_key)?)?);
    let key = KeyPair::generate()?;
    write_private(&files.key_file, key.serialize_pem().as_bytes())?;
    Ok(write_private(&files.certificate_file, params.signed_by(&key, &issuer)?.pem().as_bytes())?)
}

fn lasting(mut params: CertificateParams, days: u32, now: Timestamp) -> CertificateParams {
    let now = date_time_ymd(1970, 1, 1) + Duration::from_millis(now.as_millis());
    // A client whose clock is a little behind should believe it too.
    params.not_before = now - DAY;
    params.not_after = now + DAY * days;
    params
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use openssl::x509::{X509, X509VerifyResult};

    use super::*;

    struct Now;

    impl Clock for Now {
        fn now(&self) -> Timestamp {
            Timestamp::from_seconds(1_790_000_000)
        }
    }

    #[derive(Parser)]
    struct Only {
        #[command(flatten)]
        options: Options,
    }

    fn options(directory: &Path, others: &[&str]) -> Options {
        let data = directory.to_str().unwrap();
        Only::parse_from([&["dev", "--data", data], others].concat()).options
    }

    #[test]
    fn without_tls_nothing_is_made() {
        let directory = tempfile::tempdir().unwrap();
        assert!(make(&options(directory.path(), &[]), &Now).unwrap().is_none());
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
    }

    #[test]
    fn the_authority_stays_and_has_signed_the_certificate() {
        let directory = tempfile::tempdir().unwrap();
        let options = options(directory.path(), &["--tls"]);
        let first = make(&options, &Now).unwrap().unwrap();
        let authority = fs::read(&first.ca_file).unwrap();
        let again = make(&options, &Now).unwrap().unwrap();
        assert_eq!(fs::read(&again.ca_file).unwrap(), authority);
        let authority = X509::from_pem(&authority).unwrap();
        let leaf = X509::from_pem(&fs::read(&again.certificate_file).unwrap()).unwrap();
        assert_eq!(authority.issued(&leaf), X509VerifyResult::OK);
        assert!(leaf.verify(&authority.public_key().unwrap()).unwrap());
    }
}
