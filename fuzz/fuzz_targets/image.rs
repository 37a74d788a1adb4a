//! A scan: JPEG, PNG or TIFF by its content. See `entry`.
#![no_main]

#[path = "../entry.rs"]
mod entry;
#[path = "../hook.rs"]
mod hook;

libfuzzer_sys::fuzz_target!(init: hook::install(), |data: &[u8]| {
    entry::image(data);
});
