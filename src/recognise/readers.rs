//! One [`Reader`] for each list of languages that the stations' profiles name.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::Reader;
use crate::record::Explain;

/// Readers, each started when its languages are first needed and kept warm from then on.
pub struct Readers {
    places: usize,
    started: Mutex<BTreeMap<Vec<String>, Arc<Reader>>>,
}

impl Readers {
    /// Readers of at most `places` engine processes each.
    #[must_use]
    pub fn new(places: usize) -> Self {
        Self {
            places,
            started: Mutex::new(BTreeMap::new()),
        }
    }

    /// The reader of `languages`, the main one first. A machine that has no engine is asked again by the
    /// next process, not by the next page.
    #[must_use]
    pub fn of(&self, languages: &[String]) -> Arc<Reader> {
        let mut started = self.started.lock().unwrap_or_else(PoisonError::into_inner);
        let reader = started.entry(languages.to_vec()).or_insert_with(|| {
            let reader = Reader::start(self.places, languages);
            if let Some(lacking) = reader.lacks() {
                tracing::warn!(code = lacking.code(), cause = %lacking, "pages wait for their text");
            }
            Arc::new(reader)
        });
        Arc::clone(reader)
    }
}
