#![no_main]

use proto_fuzz::pickle;

libfuzzer_sys::fuzz_target!(|octets: &[u8]| pickle::stream(octets));
