//! The kernel's word that something happened in the inbox. It only wakes the scanner earlier, and tells
//! [`Writers`] who is still at it.
//!
//! inotify sees writes by programs of this machine (Samba among them), never those of other machines
//! on a mounted share, and it may refuse for lack of watches. So nothing relies on it.

use std::path::Path;
use std::sync::Arc;

use notify::event::{AccessKind, AccessMode, EventKind, ModifyKind, RenameMode};
use notify::{RecommendedWatcher, RecursiveMode};
use tokio::sync::Notify;

use super::Writers;

/// Watches the inbox and its sub-folders for as long as it lives.
pub struct Watcher {
    wake: Arc<Notify>,
    writers: Arc<Writers>,
    inotify: Option<RecommendedWatcher>,
}

impl Watcher {
    /// Starts watching. Where that is impossible it is logged, and [`Watcher::changed`] never returns.
    #[must_use]
    pub fn start(inbox: &Path) -> Self {
        let wake = Arc::new(Notify::new());
        let writers = Arc::new(Writers::default());
        let inotify = watch(inbox, Arc::clone(&wake), Arc::clone(&writers))
            .inspect_err(|error| {
                tracing::warn!(%error, "no notification of new files; polling alone finds them");
            })
            .ok();
        Self {
            wake,
            writers,
            inotify,
        }
    }

    /// Who is writing, for [`super::Scanner::heed`].
    #[must_use]
    pub fn writers(&self) -> Arc<Writers> {
        Arc::clone(&self.writers)
    }

    /// Whether the kernel tells of changes at all.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.inotify.is_some()
    }

    /// Waits until something changed since the last call; many changes count as one.
    pub async fn changed(&self) {
        self.wake.notified().await;
    }
}

fn watch(
    inbox: &Path,
    wake: Arc<Notify>,
    writers: Arc<Writers>,
) -> notify::Result<RecommendedWatcher> {
    let mut watcher =
        notify::recommended_watcher(move |event: notify::Result<notify::Event>| match event {
            Ok(event) => {
                writers.note(&event);
                if matters(&event) {
                    wake.notify_one();
                }
            }
            Err(error) => {
                tracing::warn!(%error, "a notification was lost; polling finds the files");
                wake.notify_one();
            }
        })?;
    notify::Watcher::watch(&mut watcher, inbox, RecursiveMode::Recursive)?;
    Ok(watcher)
}

/// A file was closed after writing, or something got a name here. Everything else is noise, our own
/// claims among it.
fn matters(event: &notify::Event) -> bool {
    let finished = EventKind::Access(AccessKind::Close(AccessMode::Write));
    let moved_in = EventKind::Modify(ModifyKind::Name(RenameMode::To));
    event.kind == finished
        || event.kind == moved_in
        || event.kind.is_create()
        || event.need_rescan()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    async fn woken(watcher: &Watcher, wait: Duration) -> bool {
        tokio::time::timeout(wait, watcher.changed()).await.is_ok()
    }

    #[tokio::test]
    async fn a_file_in_a_sub_folder_wakes_and_a_removal_does_not() {
        let inbox = tempfile::tempdir().expect("a folder");
        std::fs::create_dir_all(inbox.path().join("quay-1/H36")).expect("folders");
        let watcher = Watcher::start(inbox.path());
        if !watcher.is_live() {
            return; // a machine without watches to spare: there is nothing to test
        }
        let scan = inbox.path().join("quay-1/H36/a.jpg");
        std::fs::write(&scan, b"x").expect("writes");
        assert!(woken(&watcher, Duration::from_secs(5)).await);
        while woken(&watcher, Duration::from_millis(200)).await {}
        std::fs::remove_file(&scan).expect("removes");
        assert!(!woken(&watcher, Duration::from_millis(300)).await);
    }

    #[tokio::test]
    async fn without_a_folder_nothing_wakes_and_nothing_fails() {
        let watcher = Watcher::start(Path::new("/does/not/exist"));
        assert!(!watcher.is_live());
        assert!(!woken(&watcher, Duration::from_millis(50)).await);
    }
}
