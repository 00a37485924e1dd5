#![no_main]

use proto_fuzz::message;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| message::request(bytes));
