//! What the journey asks of a recogniser.

use std::time::Duration;

use super::tesseract::RecogniseError;
use super::{GreyPage, Word};

/// Reads the words of a page. Tests put doubles in the place of the real engine.
pub trait Recogniser: Sync {
    /// The words of an upright, level page in reading order, boxes in pixels of `page`. Blocks; a
    /// page that takes more than `deadline` once it is begun is given up after a second attempt.
    ///
    /// # Errors
    /// See [`RecogniseError::is_pending`] for which of them mean “later” and which “failed”.
    fn read(&self, page: &GreyPage, deadline: Duration) -> Result<Vec<Word>, RecogniseError>;
}
