#![no_main]

use proto_fuzz::action;

libfuzzer_sys::fuzz_target!(|octets: &[u8]| action::responses(octets));
