#![no_main]

use proto_fuzz::pickle;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pickle::stream(bytes));
