//! Any bytes as any request: it is understood or refused, and nothing panics.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Some((which, message)) = bytes.split_first() {
        embedded_store::fuzzing::request(*which, message);
    }
});
