#![no_main]

use proto_fuzz::accio;

libfuzzer_sys::fuzz_target!(|octets: &[u8]| accio::server(octets));
