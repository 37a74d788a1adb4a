//! Which panics end a run of the fuzzer: each of ours, even where something catches it, and each of others that
//! nothing catches.
//!
//! Some decoders are called where their panics are caught on purpose; libFuzzer's own hook would end the run
//! there. A panic that nothing catches ends it anyway, above the target.

use std::panic;
use std::process;

/// Source of other packages and of the standard library.
const FOREIGN: [&str; 3] = ["/registry/", "/rustc/", "/rustlib/"];

/// Replaces the hook that libFuzzer installed.
pub fn install() {
    drop(panic::take_hook());
    panic::set_hook(Box::new(|panic| {
        let foreign = panic
            .location()
            .is_some_and(|place| FOREIGN.iter().any(|folder| place.file().contains(folder)));
        eprintln!("{panic}");
        if !foreign {
            process::abort();
        }
    }));
}
