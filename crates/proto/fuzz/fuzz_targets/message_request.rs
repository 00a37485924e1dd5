#![no_main]

use proto_fuzz::message;

libfuzzer_sys::fuzz_target!(|octets: &[u8]| message::request(octets));
