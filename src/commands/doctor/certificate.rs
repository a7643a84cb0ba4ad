//! The certificate of the public listener: whether it holds now, for how long, and for the issuer's name.

use std::{fs::File, io::Read, net::IpAddr, path::Path};

use config::Config;
use openssl::{
    asn1::Asn1Time,
    nid::Nid,
    pkey::PKey,
    x509::{X509, X509Ref},
};

use super::Check;

const WHAT: &str = "certificate";

/// Days before its end from which on a certificate should have been renewed.
const RENEW_DAYS: i32 = 21;

/// The longest file, in bytes.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

pub(super) fn look(config: &Config) -> Option<Check> {
    let (certificate, key) = config.listen.tls()?;
    let host = config.issuer.url.as_ref().and_then(|issuer| issuer.url().host_str());
    Some(judge(certificate.get(), key.get(), host).unwrap_or_else(|why| {
        Check::bad(WHAT, why, "give PEM files of a certificate chain and of its private key, which this user may read")
    }))
}

fn judge(certificate: &Path, key: &Path, host: Option<&str>) -> Result<Check, String> {
    let chain = X509::stack_from_pem(&read(certificate)?).map_err(|error| error.to_string())?;
    let leaf =
        chain.first().ok_or_else(|| format!("{} holds no certificate", certificate.display()))?;
    let key = PKey::private_key_from_pem(&read(key)?).map_err(|error| error.to_string())?;
    if !leaf.public_key().is_ok_and(|public| public.public_eq(&key)) {
        return Ok(Check::bad(
            WHAT,
            "the key is another certificate's",
            "give the key that belongs to it",
        ));
    }
    let now = Asn1Time::days_from_now(0).map_err(|error| error.to_string())?;
    if leaf.not_before() > now {
        return Ok(Check::bad(
            WHAT,
            format!("it holds from {}", leaf.not_before()),
            "set the clock, or wait",
        ));
    }
    let left = now.diff(leaf.not_after()).map_err(|error| error.to_string())?;
    if left.days < 0 || left.secs < 0 {
        return Ok(Check::bad(
            WHAT,
            format!("it ended {}", leaf.not_after()),
            "renew it, then send SIGHUP",
        ));
    }
    if let Some(host) = host.filter(|host| !names(leaf, host)) {
        return Ok(Check::bad(
            WHAT,
            format!("it is not for {host}"),
            "get one for the issuer's name",
        ));
    }
    let found = format!("holds for {} more days", left.days);
    if left.days < RENEW_DAYS {
        return Ok(Check::doubtful(WHAT, found, "renew it; the files are looked at every minute"));
    }
    Ok(Check::good(WHAT, found))
}

fn read(file: &Path) -> Result<Vec<u8>, String> {
    let mut content = Vec::new();
    let opened =
        File::open(file).and_then(|file| file.take(FILE_BYTES_MAX).read_to_end(&mut content));
    opened.map_err(|error| format!("{}: {error}", file.display()))?;
    Ok(content)
}

/// Whether a certificate names a host (RFC 6125 §6.4: the alternative names, a wildcard for one label).
fn names(certificate: &X509Ref, host: &str) -> bool {
    let Some(alternatives) = certificate.subject_alt_names() else {
        let mut common = certificate.subject_name().entries_by_nid(Nid::COMMONNAME);
        return common.any(|entry| entry.data().as_slice().eq_ignore_ascii_case(host.as_bytes()));
    };
    let address: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
    alternatives.iter().any(|name| match (address, name.ipaddress(), name.dnsname()) {
        (Some(IpAddr::V4(address)), Some(bytes), _) => address.octets() == bytes,
        (Some(IpAddr::V6(address)), Some(bytes), _) => address.octets() == bytes,
        (None, _, Some(pattern)) => matches(pattern, host),
        _ => false,
    })
}

fn matches(pattern: &str, host: &str) -> bool {
    match pattern.strip_prefix("*.") {
        Some(parent) => {
            host.split_once('.').is_some_and(|(_, rest)| rest.eq_ignore_ascii_case(parent))
        }
        None => pattern.eq_ignore_ascii_case(host),
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    use super::*;

    /// What a certificate for `localhost` from one year to another is found to be.
    fn found(from: i32, to: i32, host: &str) -> String {
        let directory = tempfile::tempdir().unwrap();
        let mut params = CertificateParams::new([
            "localhost".into(),
            "*.example.org".into(),
            "127.0.0.1".into(),
        ])
        .unwrap();
        (params.not_before, params.not_after) =
            (date_time_ymd(from, 1, 1), date_time_ymd(to, 1, 1));
        let key = KeyPair::generate().unwrap();
        let [certificate_file, key_file] =
            ["a.pem", "b.pem"].map(|name| directory.path().join(name));
        std::fs::write(&certificate_file, params.self_signed(&key).unwrap().pem()).unwrap();
        std::fs::write(&key_file, key.serialize_pem()).unwrap();
        judge(&certificate_file, &key_file, Some(host)).unwrap().to_string()
    }

    #[test]
    fn a_certificate_of_the_issuer_that_holds_is_good() {
        for host in ["localhost", "LOCALHOST", "id.example.org", "127.0.0.1"] {
            assert!(found(2020, 2120, host).starts_with("ok"), "{host}");
        }
    }

    #[test]
    fn a_certificate_of_another_name_is_bad() {
        for host in ["example.org", "a.b.example.org", "127.0.0.2", "id.example.com"] {
            assert!(found(2020, 2120, host).contains("it is not for"), "{host}");
        }
    }

    #[test]
    fn a_certificate_that_ended_or_has_not_begun_is_bad() {
        assert!(found(2020, 2021, "localhost").contains("it ended"));
        assert!(found(2119, 2120, "localhost").contains("it holds from"));
    }

    #[test]
    fn what_is_no_certificate_is_bad() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("a.pem");
        std::fs::write(&file, "no PEM").unwrap();
        assert!(judge(&file, &file, None).is_err());
        assert!(judge(&directory.path().join("gone"), &file, None).is_err());
    }
}
