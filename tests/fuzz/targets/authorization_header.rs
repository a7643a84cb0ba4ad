//! How a client says who it is: the header, and what stands in the body beside it (RFC 6749 §2.3.1).

#![no_main]

use libfuzzer_sys::fuzz_target;
use protocol::{client_authentication, parameters::Parameters};

fuzz_target!(|input: (Vec<Vec<u8>>, Vec<u8>)| {
    let (headers, body) = input;
    let Ok(parameters) = Parameters::parse(&body) else { return };
    let headers: Vec<&[u8]> = headers.iter().map(Vec::as_slice).collect();
    if let Ok(presented) = client_authentication::present(&headers, &parameters) {
        let _ = presented.client_id();
        assert!(headers.len() < 2, "of several headers none is believed");
    }
});
