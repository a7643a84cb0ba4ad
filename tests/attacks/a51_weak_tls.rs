//! The listener speaks TLS 1.2 and 1.3, with ciphers that are worth it, and nothing older.

use std::net::TcpStream;

use openssl::ssl::{SslConnector, SslMethod, SslVerifyMode, SslVersion};

use crate::world::{Listening, Loopback, World};

/// The version that a handshake comes to, for a client that offers `min` to `max`, these ciphers, and no strength.
async fn handshake(
    listening: &Listening,
    (min, max): (SslVersion, SslVersion),
    ciphers: &str,
) -> Option<&'static str> {
    let mut connector = SslConnector::builder(SslMethod::tls_client()).unwrap();
    connector.set_verify(SslVerifyMode::NONE);
    // Level 0 lets OpenSSL itself offer what it otherwise would not.
    connector.set_cipher_list(&format!("{ciphers}:@SECLEVEL=0")).unwrap();
    connector.set_min_proto_version(Some(min)).unwrap();
    connector.set_max_proto_version(Some(max)).unwrap();
    let (connector, address) = (connector.build(), listening.address);
    let connect = move || {
        let tcp = TcpStream::connect(address).unwrap();
        connector.connect("localhost", tcp).ok().map(|stream| stream.ssl().version_str())
    };
    // OpenSSL blocks: on a thread of its own.
    let (tell, told) = tokio::sync::oneshot::channel();
    let thread = std::thread::spawn(move || tell.send(connect()));
    let version = told.await.unwrap();
    thread.join().unwrap().unwrap();
    version
}

#[tokio::test]
async fn a_client_that_offers_less_than_tls_1_2_is_turned_away() {
    let world = World::new().await;
    let listening = world.listen(Loopback { tls: true, ..Loopback::default() }).await;
    let (v10, v11) = (SslVersion::TLS1, SslVersion::TLS1_1);
    let (v12, v13) = (SslVersion::TLS1_2, SslVersion::TLS1_3);
    assert_eq!(handshake(&listening, (v10, v10), "ALL").await, None);
    assert_eq!(handshake(&listening, (v11, v11), "ALL").await, None);
    assert_eq!(handshake(&listening, (v10, v11), "ALL").await, None);
    assert_eq!(handshake(&listening, (v12, v12), "ALL").await, Some("TLSv1.2"));
    assert_eq!(handshake(&listening, (v10, v13), "ALL").await, Some("TLSv1.3"));
    // Without forward secrecy, or with a cipher that can be broken.
    for weak in ["AES128-SHA", "AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-SHA", "NULL", "aNULL"] {
        assert_eq!(handshake(&listening, (v12, v12), weak).await, None, "{weak}");
    }
}
