//! Room for the few files that the desk makes before it gives them out, and that it is sent: places of their own below `work/`, so that
//! what lies there at once is bounded, and what a crash left is gone with the next start.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use crate::config::Config;
use crate::durable;

/// Files at once, those under way to browsers among them.
const PLACES: usize = 4;
const MADE: &str = "desk";
const SENT: &str = "uploads";

/// All places.
pub(super) struct Scratch {
    folder: PathBuf,
    /// A place is a folder, not the name of a ZIP.
    is_of_folders: bool,
    taken: Arc<Mutex<[bool; PLACES]>>,
}

impl Scratch {
    /// Places for ZIPs. Removes what a crash left.
    pub(super) fn of(config: &Config) -> Self {
        Self::new(config, MADE, false)
    }

    /// Places for what is sent, a folder each. Removes what a crash left.
    pub(super) fn of_uploads(config: &Config) -> Self {
        Self::new(config, SENT, true)
    }

    fn new(config: &Config, name: &str, is_of_folders: bool) -> Self {
        let folder = config.folders.work.join(name);
        durable::discard_tree(&folder);
        Self {
            folder,
            is_of_folders,
            taken: Arc::default(),
        }
    }

    /// A place that nobody has; `None` where there is none just now, or no room on the disk.
    pub(super) fn take(&self) -> Option<Place> {
        let place = self.free()?;
        if place.is_folder {
            durable::discard_tree(&place.path);
            durable::create_folders(&place.path).ok()?;
        }
        Some(place)
    }

    fn free(&self) -> Option<Place> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let number = taken.iter().position(|it| !it)?;
        *taken.get_mut(number)? = true;
        let ending = if self.is_of_folders { "" } else { ".zip" };
        Some(Place {
            path: self.folder.join(format!("{number}{ending}")),
            is_folder: self.is_of_folders,
            number,
            taken: Arc::clone(&self.taken),
        })
    }
}

/// One place; free again when the value is gone.
pub(super) struct Place {
    /// Where a ZIP may be made; or a folder, which is empty at first and gone with the value.
    pub(super) path: PathBuf,
    is_folder: bool,
    number: usize,
    taken: Arc<Mutex<[bool; PLACES]>>,
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.is_folder {
            durable::discard_tree(&self.path);
        }
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
            is_of_folders: false,
            taken: Arc::default(),
        };
        let mut places: Vec<Place> = (0..PLACES).map(|_| scratch.take().expect("room")).collect();
        assert!(scratch.take().is_none());
        let freed = places.remove(1).path.clone();
        assert_eq!(scratch.take().expect("room again").path, freed);
    }
}
