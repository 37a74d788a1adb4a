//! What is learnt of a record after it was archived: people's decisions, text that had to wait.
//!
//! Each makes a new version of the object; the older ones stay. The signed document is never touched:
//! text that was read later stands beside it, in `text.txt`, and is found by search.

use std::path::PathBuf;

use crate::archive::{ArchivedObject, StagedVersion};
use crate::describe;
use crate::error::{Error, JourneyError};
use crate::journal::CommitTurn;
use crate::office_ledger::DECIDED;
use crate::pages::Scans;
use crate::pipeline::Pipeline;
use crate::recognise::{PageReading, ReadPage, Reader, fields};
use crate::record::{DecisionRecord, Explain, Field, RecordDescription, RecordId};
use crate::remarks;
use crate::worklist::amend;

/// What came of reading a record again.
#[derive(Debug)]
pub struct ReadAgain {
    /// The record as it is described now.
    pub description: RecordDescription,
    /// How many pages were read.
    pub pages: usize,
}

impl Pipeline<'_> {
    /// Enters a person's decision about a record in the archive.
    ///
    /// # Errors
    /// [`crate::worklist::WorklistError`] where it may not be decided any more; the archive's, the index's.
    pub fn amend(
        &self,
        record: RecordId,
        taken: DecisionRecord,
    ) -> Result<RecordDescription, Error> {
        let version = self.revise(record)?;
        let before = version.base().description()?;
        let mut description = before.clone();
        let at = taken.at;
        amend::enter(&mut description, taken)?;
        remarks::refresh(&before, &mut description);
        let text = version.base().text(&description)?;
        self.put(version, &description, at, DECIDED)?;
        self.index.insert(&description, text.as_deref())?;
        Ok(description)
    }

    /// Reads those pages of a record whose reading ended so that `wanted` holds. Where nothing new came of
    /// it, the record has no new version.
    ///
    /// # Errors
    /// No engine on this machine; the originals cannot be opened any more; the archive's, the index's.
    pub fn read_again(
        &self,
        record: RecordId,
        wanted: impl Fn(PageReading) -> bool,
    ) -> Result<ReadAgain, Error> {
        let mut version = self.revise(record)?;
        let before = version.base().description()?;
        let mut description = before.clone();
        let texts_before = texts(version.base(), &description)?;
        let mut texts = texts_before.clone();
        let pages: Vec<usize> = (0..description.pages.len())
            .filter(|page| {
                let known = description.pages.get(*page);
                known.is_some_and(|page| wanted(page.reading))
            })
            .collect();
        if !pages.is_empty() {
            let read = self.read_archived(version.base(), &description, &pages)?;
            for (page, read) in pages.iter().zip(&read) {
                take_over(&mut description, &mut texts, *page, read);
            }
            amend::reconsider(&mut description);
            remarks::refresh(&before, &mut description);
        }
        let text = describe::joined(&texts);
        if text.is_some() {
            description.text = Some(describe::TEXT.to_owned());
        }
        if description != before || texts != texts_before {
            if let Some(text) = &text {
                version.write(describe::TEXT, text.as_bytes())?;
            }
            self.put(version, &description, self.clock.now(), "pages were read")?;
        }
        self.index.insert(&description, text.as_deref())?;
        Ok(ReadAgain {
            description,
            pages: pages.len(),
        })
    }

    /// Begins the next version of a record; the one before has its entry in the ledger.
    pub(crate) fn revise(&self, record: RecordId) -> Result<StagedVersion<'_>, Error> {
        self.ledger.require_sound(&self.archive)?;
        let version = self.archive.revise(record)?;
        self.ledger.settle_alone(record, &self.archive)?;
        Ok(version)
    }

    /// Puts a version in its place, in the archive and in the ledger.
    pub(crate) fn put(
        &self,
        mut version: StagedVersion<'_>,
        description: &RecordDescription,
        at: jiff::Timestamp,
        message: &str,
    ) -> Result<(), Error> {
        version.write(describe::DESCRIPTION, &describe::to_json(description))?;
        let turn = CommitTurn::take(&self.config.folders.work)?;
        let base = version.base();
        let (record, next) = (base.record(), base.inventory().head().next());
        let announced = self.ledger.announce(record, next, &self.archive, &turn)?;
        let object = version.commit(at, message, &self.agency())?;
        announced.enter(&object)
    }

    /// Pages of the document, read from the originals that the archive keeps.
    fn read_archived(
        &self,
        object: &ArchivedObject,
        description: &RecordDescription,
        pages: &[usize],
    ) -> Result<Vec<ReadPage>, Error> {
        let profile = self.config.profile_of(&description.station);
        let reader = self.reader_of(&profile.languages)?;
        let damaged = |logical: &str| JourneyError::Damaged {
            record: description.record,
            logical: logical.to_owned(),
        };
        let paths: Vec<PathBuf> = description
            .originals
            .iter()
            .map(|original| {
                object
                    .content_path(&original.stored_as)
                    .ok_or_else(|| damaged(&original.stored_as))
            })
            .collect::<Result<_, _>>()?;
        let scans = Scans::open(paths.iter(), profile, &self.config.limits)?;
        let sources = scans.sources();
        let numbers: Vec<usize> = pages
            .iter()
            .map(|page| {
                let page = description.pages.get(*page);
                let source = page.map(|page| (page.original, page.original_page));
                sources
                    .iter()
                    .position(|known| Some(*known) == source)
                    .ok_or_else(|| damaged(describe::DESCRIPTION))
            })
            .collect::<Result<_, _>>()?;
        let scans = scans.select(&numbers)?;
        Ok(scans.each(&self.pages, |image| reader.read_or_fail(&image))?)
    }

    /// A reader that has an engine.
    fn reader_of(&self, languages: &[String]) -> Result<std::sync::Arc<Reader>, Error> {
        let reader = self.readers.of(languages);
        match reader.lacks() {
            None => Ok(reader),
            Some(lacking) => Err(JourneyError::NoEngine {
                message_vi: lacking.message(crate::record::Lang::Vi),
                message_en: lacking.message(crate::record::Lang::En),
            }
            .into()),
        }
    }

    /// Finishes what dead processes left of new versions, and indexes the records anew.
    ///
    /// # Errors
    /// The disk's. A record that is being revised by another process is passed over.
    pub fn finish_revisions(&self) -> Result<(), Error> {
        for record in self.archive.interrupted_revisions()? {
            self.ledger.announce_interrupted(record, &self.archive)?;
            match self.archive.finish_interrupted(record) {
                Ok(object) => {
                    if let Err(error) = self.ledger.settle_alone(record, &self.archive) {
                        tracing::error!(%record, code = error.code(), "a version waits for its entry in the ledger");
                    }
                    self.index_object(&object)?;
                }
                Err(error) => {
                    tracing::warn!(%record, code = error.code(), "a revision is not finished yet");
                }
            }
        }
        Ok(())
    }
}

/// The text of each page of the document, empty for those without.
fn texts(object: &ArchivedObject, description: &RecordDescription) -> Result<Vec<String>, Error> {
    let text = object.text(description)?.unwrap_or_default();
    let mut texts: Vec<String> = text.split('\u{000C}').map(str::to_owned).collect();
    texts.resize(description.pages.len(), String::new());
    Ok(texts)
}

/// Enters what was read of a page, counted from 0. A failure does not undo an earlier success.
fn take_over(
    description: &mut RecordDescription,
    texts: &mut [String],
    page: usize,
    read: &ReadPage,
) {
    let Some(known) = description.pages.get_mut(page) else {
        return;
    };
    let is_readable = matches!(
        known.reading,
        PageReading::Ok | PageReading::LowConfidence | PageReading::Blank
    );
    if read.page.reading == PageReading::Failed && is_readable {
        return;
    }
    known.reading = read.page.reading;
    known.confidence = read.page.confidence;
    if let Some(text) = texts.get_mut(page) {
        *text = read.page.text();
    }
    let number = u32::try_from(page + 1).unwrap_or(u32::MAX);
    let before = |field: &Field| field.page < Some(number) && field.page.is_some();
    description
        .fields
        .retain(|field| field.page != Some(number));
    let place = description
        .fields
        .iter()
        .rposition(before)
        .map_or(0, |last| last + 1);
    let found = fields::of_page(read, number);
    description.fields.splice(place..place, found);
}
