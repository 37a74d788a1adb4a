//! Panics of the code readers that concern nobody: caught, and not told on standard error.
//!
//! The standard hook prints every panic, caught or not, and a page of noise may trip a reader many times. The hook
//! set here is silent on threads that are inside [`caught`] and hands all other panics to the hook before it.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

thread_local! {
    static CATCHING: Cell<bool> = const { Cell::new(false) };
}

/// What `work` gives; `None` if it panicked.
pub(super) fn caught<T>(work: impl FnOnce() -> T) -> Option<T> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            // A thread that is ending has no such cell any more; its panics are told.
            if !CATCHING.try_with(Cell::get).unwrap_or(false) {
                before(panic);
            }
        }));
    });
    let outer = CATCHING.replace(true);
    let done = panic::catch_unwind(AssertUnwindSafe(work));
    CATCHING.set(outer);
    done.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_none_and_leaves_the_thread_as_it_was() {
        assert_eq!(caught(|| 7), Some(7));
        assert_eq!(caught(|| -> u8 { panic!("a reader asserts") }), None);
        assert!(!CATCHING.get(), "later panics of this thread are told");
        assert_eq!(
            caught(|| {
                let inner = caught(|| -> u8 { panic!("inside") });
                (inner, CATCHING.get())
            }),
            Some((None, true))
        );
    }
}
