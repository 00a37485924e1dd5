#![no_main]

use proto_fuzz::math;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| math::frames(bytes));
