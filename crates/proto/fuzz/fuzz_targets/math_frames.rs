#![no_main]

use proto_fuzz::math;

libfuzzer_sys::fuzz_target!(|octets: &[u8]| math::frames(octets));
