//! Which files of the inbox somebody is writing to and has not closed, as far as the kernel told.
//!
//! A file that stands still need not be finished: a scanner waits while the page is turned, and some end
//! their PDF anew after every page. Whoever writes on this machine (Samba and FTP servers do) closes the
//! file in the end, and the kernel tells. It does not tell of writers on other machines, nor of what was
//! open before the program started; so being known here makes a file wait, and not being known proves nothing.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use notify::event::{AccessKind, AccessMode, EventKind, ModifyKind, RenameMode};

/// Most files kept in mind; nobody's counter writes more at once.
const MAX_FILES: usize = 10_000;

/// Files that are being written.
#[derive(Debug, Default)]
pub struct Writers(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    open: HashSet<PathBuf>,
    /// One that just lost its name, and may have another.
    moving: Option<PathBuf>,
}

impl Writers {
    /// Whether somebody wrote to the file and did not close it since.
    #[must_use]
    pub fn hold(&self, path: &Path) -> bool {
        self.known().open.contains(path)
    }

    /// Learns from a notification.
    pub(super) fn note(&self, event: &notify::Event) {
        let mut known = self.known();
        if event.need_rescan() {
            // Some were lost, closings perhaps among them.
            *known = Known::default();
            return;
        }
        let Some(path) = event.paths.first() else {
            return;
        };
        match event.kind {
            // Said for every piece that is written; the name is copied once.
            EventKind::Modify(ModifyKind::Data(_))
                if known.open.len() < MAX_FILES && !known.open.contains(path) =>
            {
                known.open.insert(path.clone());
            }
            EventKind::Access(AccessKind::Close(AccessMode::Write)) | EventKind::Remove(_) => {
                known.open.remove(path);
            }
            EventKind::Modify(ModifyKind::Name(RenameMode::From)) => {
                known.moving = known.open.take(path);
            }
            EventKind::Modify(ModifyKind::Name(RenameMode::Both)) => {
                let moved = known.moving.take().is_some_and(|moving| moving == *path);
                if let Some(new) = event.paths.get(1).filter(|_| moved) {
                    known.open.insert(new.clone());
                }
            }
            _ => {}
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use notify::Event;
    use notify::event::{DataChange, Flag};

    use super::*;

    const WRITTEN: EventKind = EventKind::Modify(ModifyKind::Data(DataChange::Any));
    const CLOSED: EventKind = EventKind::Access(AccessKind::Close(AccessMode::Write));

    fn renamed(how: RenameMode) -> EventKind {
        EventKind::Modify(ModifyKind::Name(how))
    }

    fn told(writers: &Writers, kind: EventKind, paths: &[&str]) {
        let event = paths.iter().fold(Event::new(kind), |event, path| {
            event.add_path(PathBuf::from(path))
        });
        writers.note(&event);
    }

    #[test]
    fn a_file_is_held_from_the_first_piece_until_it_is_closed() {
        let writers = Writers::default();
        assert!(!writers.hold(Path::new("a")));
        told(&writers, WRITTEN, &["a"]);
        told(&writers, WRITTEN, &["a"]);
        assert!(writers.hold(Path::new("a")) && !writers.hold(Path::new("b")));
        told(&writers, CLOSED, &["a"]);
        assert!(!writers.hold(Path::new("a")));
    }

    #[test]
    fn a_new_name_is_held_by_the_same_writer() {
        let writers = Writers::default();
        told(&writers, WRITTEN, &["a.part"]);
        told(&writers, renamed(RenameMode::From), &["a.part"]);
        assert!(!writers.hold(Path::new("a.part")));
        told(&writers, renamed(RenameMode::Both), &["a.part", "a"]);
        assert!(writers.hold(Path::new("a")));
        // Out of the inbox: no second half is told.
        told(&writers, renamed(RenameMode::From), &["a"]);
        told(&writers, renamed(RenameMode::Both), &["b", "c"]);
        assert!(!writers.hold(Path::new("a")) && !writers.hold(Path::new("c")));
    }

    #[test]
    fn lost_notifications_hold_nothing_up_and_memory_is_bounded() {
        let writers = Writers::default();
        for number in 0..MAX_FILES + 1 {
            told(&writers, WRITTEN, &[&number.to_string()]);
        }
        assert_eq!(writers.known().open.len(), MAX_FILES);
        let lost = Event::new(EventKind::Other).set_flag(Flag::Rescan);
        writers.note(&lost);
        assert!(!writers.hold(Path::new("0")));
    }
}
