//! Room for the few files that the desk makes before it gives them out: places of their own below `work/`, so that
//! what lies there at once is bounded, and what a crash left is gone with the next start.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use crate::config::Config;
use crate::durable;

/// Files at once, those under way to browsers among them.
const PLACES: usize = 4;
const FOLDER: &str = "desk";

/// All places.
pub(super) struct Scratch {
    folder: PathBuf,
    taken: Arc<Mutex<[bool; PLACES]>>,
}

impl Scratch {
    /// Removes what a crash left.
    pub(super) fn of(config: &Config) -> Self {
        let folder = config.folders.work.join(FOLDER);
        durable::discard_tree(&folder);
        Self {
            folder,
            taken: Arc::default(),
        }
    }

    /// A place that nobody has; `None` where there is none just now.
    pub(super) fn take(&self) -> Option<Place> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let number = taken.iter().position(|it| !it)?;
        *taken.get_mut(number)? = true;
        Some(Place {
            path: self.folder.join(format!("{number}.zip")),
            number,
            taken: Arc::clone(&self.taken),
        })
    }
}

/// One place; free again when the value is gone.
pub(super) struct Place {
    /// Where a ZIP may be made.
    pub(super) path: PathBuf,
    number: usize,
    taken: Arc<Mutex<[bool; PLACES]>>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = taken.get_mut(self.number) {
            *place = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_few_and_free_again() {
        let scratch = Scratch {
            folder: PathBuf::from("work/desk"),
            taken: Arc::default(),
        };
        let mut places: Vec<Place> = (0..PLACES).map(|_| scratch.take().expect("room")).collect();
        assert!(scratch.take().is_none());
        let freed = places.remove(1).path.clone();
        assert_eq!(scratch.take().expect("room again").path, freed);
    }
}
