//! Any text as a filter, held against any name: it matches, does not, or is refused, in little time.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let (expression, name) = text.split_once('\n').unwrap_or((text, "order-1"));
    embedded_store::fuzzing::filter(expression, name);
});
