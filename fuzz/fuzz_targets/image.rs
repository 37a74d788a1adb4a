//! A scan: JPEG, PNG or TIFF by its content. See `entry`.
#![no_main]

#[path = "../entry.rs"]
#[allow(dead_code, reason = "a target uses one of the ways in")]
mod entry;
#[path = "../hook.rs"]
mod hook;

libfuzzer_sys::fuzz_target!(init: hook::install(), |data: &[u8]| {
    entry::image(data);
});
