#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| wayline_fuzz::carry::run(input));
