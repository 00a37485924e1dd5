#![no_main]

use proto_fuzz::accio;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| accio::server(bytes));
