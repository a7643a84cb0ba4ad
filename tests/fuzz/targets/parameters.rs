//! Query strings and forms (RFC 6749 appendix B): bounded, and what is read is read the same again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use protocol::parameters::Parameters;

fuzz_target!(|input: &[u8]| {
    let Ok(parameters) = Parameters::parse(input) else { return };
    let _ = parameters.refuse_repeated();
    for (name, value) in parameters.iter() {
        assert!(parameters.is_sent(name));
        assert!(!parameters.get(name).is_ok_and(|found| found.is_some_and(|found| found != value)));
    }
    let again = Parameters::parse(parameters.encoded().expose().as_bytes()).expect("it was read before");
    assert!(again.iter().eq(parameters.iter()));
});
