#![no_main]

use proto_fuzz::action;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| action::request(bytes));
