//! Keys that a client registers or has elsewhere (RFC 7517): no private member is ever kept.

#![no_main]

use libfuzzer_sys::fuzz_target;
use protocol::jose::{ClientJwks, EncryptionAlgorithm, Jwks};
use serde_json::Value;

fuzz_target!(|input: &[u8]| {
    let _ = serde_json::from_slice::<Jwks>(input);
    let _ = ClientJwks::fetched(input);
    let Ok(set) = serde_json::from_slice::<Value>(input) else { return };
    if let Ok(kept) = ClientJwks::register(&set) {
        for algorithm in EncryptionAlgorithm::ALL {
            let _ = kept.encryption_key(*algorithm);
        }
        let kept = serde_json::to_value(kept).expect("it serialises");
        let keys = kept["keys"].as_array().expect("a set has keys");
        assert!(keys.iter().all(|key| ["d", "p", "q", "k"].iter().all(|name| key.get(name).is_none())));
    }
});
