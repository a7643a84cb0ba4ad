//! TLS: certificates, their replacement, the handshake.

use std::{fs, sync::Arc};

use hyper::StatusCode;
use rcgen::{CertifiedKey, KeyPair, generate_simple_self_signed};
use rustls::{
    ClientConfig, RootCertStore, SupportedProtocolVersion,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, ServerName},
    version::{TLS12, TLS13},
};
use tempfile::TempDir;
use tokio::{io::AsyncWriteExt, net::TcpStream};
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::{
    http2,
    world::{SOON, World, patiently, read_all},
};
use crate::listener::{Limits, Reload, TlsFault, TlsFiles, TlsPaths, forwarded::Proxies};

type Pair = CertifiedKey<KeyPair>;

fn pair() -> Pair {
    generate_simple_self_signed(["localhost".to_owned()]).unwrap()
}

/// A directory with a certificate and its key.
struct Files {
    directory: TempDir,
}

impl Files {
    fn of(pair: &Pair) -> Self {
        let files = Self { directory: TempDir::new().unwrap() };
        files.write(&pair.cert.pem(), &pair.signing_key.serialize_pem());
        files
    }

    fn write(&self, certificate: &str, key: &str) {
        let paths = self.paths();
        fs::write(paths.certificate_file, certificate).unwrap();
        fs::write(paths.key_file, key).unwrap();
    }

    fn paths(&self) -> TlsPaths {
        let directory = self.directory.path();
        TlsPaths {
            certificate_file: directory.join("cert.pem"),
            key_file: directory.join("key.pem"),
        }
    }

    async fn open(&self) -> Arc<TlsFiles> {
        TlsFiles::open(self.paths()).await.unwrap()
    }
}

async fn world(tls: &Arc<TlsFiles>, limits: Limits) -> World {
    World::start(limits, Proxies::default(), Some(Arc::clone(tls))).await
}

/// Connects as a client that trusts `trusted`, speaks `version` and offers `alpn`.
async fn connect(
    world: &World,
    trusted: &Pair,
    version: &'static SupportedProtocolVersion,
    alpn: &str,
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.cert.der().clone()).unwrap();
    let mut config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(&[version])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![alpn.into()];
    let name = ServerName::try_from("localhost").unwrap();
    patiently(TlsConnector::from(Arc::new(config)).connect(name, world.connect().await)).await
}

/// The certificate that the border shows to a new connection.
async fn shown(world: &World, trusted: &Pair) -> CertificateDer<'static> {
    let stream = connect(world, trusted, &TLS13, "h2").await.unwrap();
    stream.get_ref().1.peer_certificates().unwrap()[0].clone()
}

#[tokio::test]
async fn http2_is_spoken_over_tls() {
    let pair = pair();
    let world = world(&Files::of(&pair).open().await, Limits::default()).await;
    let stream = connect(&world, &pair, &TLS13, "h2").await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let (mut client, _driving) = http2::client(stream).await;
    assert_eq!(http2::send(&mut client, "/length", "12345").await, (StatusCode::OK, "5".into()));
}

#[tokio::test]
async fn http1_is_spoken_over_tls_1_2_and_1_3() {
    let pair = pair();
    let world = world(&Files::of(&pair).open().await, Limits::default()).await;
    for version in [&TLS12, &TLS13] {
        let mut stream = connect(&world, &pair, version, "http/1.1").await.unwrap();
        stream
            .write_all(b"GET /hello HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
            .await
            .unwrap();
        let mut answer = String::new();
        let _ = patiently(tokio::io::AsyncReadExt::read_to_string(&mut stream, &mut answer)).await;
        assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("hello"), "{answer}");
    }
}

#[tokio::test]
async fn a_handshake_that_stalls_or_fails_is_cut_and_counted() {
    let limits = Limits { handshake_timeout: SOON * 10, ..Limits::default() };
    let world = world(&Files::of(&pair()).open().await, limits).await;
    let mut silent = world.connect().await;
    assert_eq!(read_all(&mut silent).await, "");
    assert_eq!(world.counted.value("connections_refused_total{reason=handshake_timeout}"), 1);
    let mut plain = world.connect().await;
    plain.write_all(b"GET /hello HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    let _ = patiently(tokio::io::AsyncReadExt::read_to_end(&mut plain, &mut answer)).await;
    assert!(!answer.starts_with(b"HTTP"));
    assert_eq!(world.counted.value("connections_refused_total{reason=handshake_failed}"), 1);
}

#[tokio::test]
async fn a_handshake_holds_a_place() {
    let limits = Limits { connections_per_address_max: 1, ..Limits::default() };
    let pair = pair();
    let world = world(&Files::of(&pair).open().await, limits).await;
    let _silent = world.connect().await;
    assert!(connect(&world, &pair, &TLS13, "h2").await.is_err());
}

#[tokio::test]
async fn a_new_certificate_is_shown_after_a_reload_and_old_connections_go_on() {
    let (old, new) = (pair(), pair());
    let files = Files::of(&old);
    let tls = files.open().await;
    let world = world(&tls, Limits::default()).await;
    let (mut client, _driving) =
        http2::client(connect(&world, &old, &TLS13, "h2").await.unwrap()).await;

    files.write(&new.cert.pem(), &new.signing_key.serialize_pem());
    assert_eq!(tls.reload().await.unwrap(), Reload::Loaded);
    assert_eq!(shown(&world, &new).await, *new.cert.der());
    assert_eq!(http2::send(&mut client, "/hello", "").await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_broken_certificate_leaves_the_old_one() {
    let (old, other) = (pair(), pair());
    let files = Files::of(&old);
    let tls = files.open().await;
    let world = world(&tls, Limits::default()).await;
    let key = old.signing_key.serialize_pem();
    for (certificate, key) in [
        ("no PEM at all", key.as_str()),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", &key),
        (&old.cert.pem(), "no PEM at all"),
        (&old.cert.pem(), &other.signing_key.serialize_pem()),
        (&"x".repeat(2 << 20), &key),
    ] {
        files.write(certificate, key);
        tls.reload().await.unwrap_err();
        assert_eq!(shown(&world, &old).await, *old.cert.der());
    }
    fs::remove_file(files.paths().key_file).unwrap();
    assert!(matches!(tls.reload().await, Err(TlsFault::Unreadable { .. })));
    assert_eq!(shown(&world, &old).await, *old.cert.der());
}

#[tokio::test]
async fn a_look_at_the_files_loads_them_only_when_they_changed() {
    let (old, new) = (pair(), pair());
    let files = Files::of(&old);
    let tls = files.open().await;
    assert_eq!(tls.reload_if_changed().await.unwrap(), Reload::Unchanged);
    files.write(&new.cert.pem(), &old.signing_key.serialize_pem());
    assert!(matches!(tls.reload_if_changed().await, Err(TlsFault::Refused(_))));
    assert!(tls.reload_if_changed().await.is_err(), "a fault is not taken for the new state");
    files.write(&new.cert.pem(), &new.signing_key.serialize_pem());
    assert_eq!(tls.reload_if_changed().await.unwrap(), Reload::Loaded);
    assert_eq!(tls.reload_if_changed().await.unwrap(), Reload::Unchanged);
}

#[tokio::test]
async fn a_listener_does_not_start_with_a_key_of_another_certificate() {
    let files = Files::of(&pair());
    files.write(&pair().cert.pem(), &pair().signing_key.serialize_pem());
    assert!(matches!(TlsFiles::open(files.paths()).await, Err(TlsFault::Refused(_))));
}
