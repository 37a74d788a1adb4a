//! Chosen records for a new dossier: a folder or a ZIP with their signed PDFs, a manifest and a cover page.
//!
//! Nothing is put in that does not hold: every document's digest and signature are checked first, the written
//! files are read back, and the bundle has its name only when all of it is on the disk. That a paper is expired
//! or superseded stops nothing, for a person chose it; the manifest and the cover say so.
//!
//! Not here: the event of it, which is kept around [`Staged::deliver`]; validation by EN 319 102-1.

mod contents;
mod cover;
mod manifest;
mod steady;

use std::fs::File;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::Date;

use super::ReuseError;
use super::checklist::{PaperDate, Standing};
use super::held::{checked_document, damaged, paper_date};
use super::procedure::{Catalogue, Procedure};
use super::stage::Stage;
use crate::archive::{ArchiveReader, ArchivedObject};
use crate::durable;
use crate::read_back::{SignatureFacts, signature};
use crate::record::{
    CitizenId, DossierCode, OriginalFile, RecordDescription, RecordId, Sha256Digest,
};

pub use manifest::{Manifest, ManifestFile, ManifestRecord, ManifestSignature};

/// More papers than any dossier has.
const RECORDS_MAX: usize = 200;
/// Names inside the stage.
const FOLDER: &str = "bundle";
const ZIP: &str = "bundle.zip";

/// What a bundle is made for.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a> {
    /// Its number.
    pub number: RecordId,
    /// When.
    pub at: Timestamp,
    /// Who puts it together.
    pub by: &'a str,
    /// The new dossier.
    pub dossier: &'a DossierCode,
    /// When it was received.
    pub received: Date,
    /// The procedure, in the version of that day.
    pub procedure: &'a Procedure,
    /// Names of kinds.
    pub catalogue: &'a Catalogue,
    /// Name of the agency.
    pub agency: &'a str,
    /// Program and version.
    pub program: &'a str,
}

/// A record that was chosen, its document and signature checked.
#[derive(Debug)]
pub struct Chosen {
    object: ArchivedObject,
    description: RecordDescription,
    document: PathBuf,
    signature: SignatureFacts,
    citizen: CitizenId,
    date: PaperDate,
    /// What it is used for and how it stands; `None` where the procedure does not ask for it.
    pub purpose: Option<(String, Standing)>,
    /// The proof that it stands in the ledger, as it is to lie in the bundle.
    pub proof: Option<Vec<u8>>,
}

impl Chosen {
    /// Its number.
    #[must_use]
    pub fn record(&self) -> RecordId {
        self.object.record()
    }

    /// Its object in the archive.
    #[must_use]
    pub fn object(&self) -> &ArchivedObject {
        &self.object
    }

    /// Whose it is.
    #[must_use]
    pub fn citizen(&self) -> &CitizenId {
        &self.citizen
    }

    /// Bytes of the files of it that a bundle has.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        let signed = self.signed_originals().map(|original| original.bytes);
        self.description.document_bytes + signed.sum::<u64>()
    }

    /// The files that others signed, of which the document is a rendition.
    fn signed_originals(&self) -> impl Iterator<Item = &OriginalFile> {
        let description = &self.description;
        let is_signed =
            |original: &&OriginalFile| description.rendition_of.contains(&original.sha256);
        description.originals.iter().filter(is_signed)
    }

    /// Whether it is what the procedure asks for, and good.
    #[must_use]
    pub fn is_as_asked(&self) -> bool {
        matches!(self.purpose, Some((_, Standing::Valid)))
    }
}

/// Fetches the records, each once, in the order given, and checks each.
///
/// # Errors
/// [`ReuseError::NoSuchRecord`], [`ReuseError::Nobody`], [`ReuseError::Damaged`], [`ReuseError::Signature`],
/// [`ReuseError::TooMany`]; the archive's.
pub fn choose(records: &[RecordId], archive: &ArchiveReader) -> Result<Vec<Chosen>, ReuseError> {
    let mut chosen: Vec<Chosen> = Vec::new();
    if records.len() > RECORDS_MAX {
        return Err(ReuseError::TooMany(records.len()));
    }
    for record in records {
        if chosen.iter().all(|it| it.record() != *record) {
            chosen.push(checked(*record, archive)?);
        }
    }
    Ok(chosen)
}

fn checked(record: RecordId, archive: &ArchiveReader) -> Result<Chosen, ReuseError> {
    let object = archive
        .object(record)?
        .ok_or(ReuseError::NoSuchRecord(record))?;
    let description = object.description()?;
    let citizen = description.citizen.clone();
    let citizen = citizen.ok_or(ReuseError::Nobody(record))?;
    let document = checked_document(&object, &description)?;
    let signature = signature::check(&document, description.archived)
        .map_err(|source| ReuseError::Signature { record, source })?;
    Ok(Chosen {
        date: paper_date(&description),
        object,
        description,
        document,
        signature,
        citizen,
        purpose: None,
        proof: None,
    })
}

/// A bundle that is whole, read back and synced, and has no name yet. Gone with the value.
pub struct Staged {
    stage: Stage,
    out: PathBuf,
    manifest: Manifest,
    manifest_sha256: Sha256Digest,
}

/// Writes the bundle for `out`: a ZIP where that ends in `.zip`, else a folder.
///
/// # Errors
/// [`ReuseError::OutputExists`], [`ReuseError::Busy`], [`ReuseError::Damaged`] where the archive gives other bytes
/// than before; what the machine said.
pub fn stage(order: &Order<'_>, chosen: &[Chosen], out: &Path) -> Result<Staged, ReuseError> {
    let stage = Stage::beside(out)?;
    let folder = stage.inside(FOLDER);
    durable::stage_folders(&folder)?;
    let records = contents::write_records(order, chosen, &folder)?;
    let mut manifest = Manifest::of(order, records);
    manifest.cover = Some(cover::write(order, &manifest, &folder)?);
    let files = contents::write_lists(&manifest, &folder)?;
    durable::sync_tree(&folder)?;
    if is_zip(out) {
        contents::zip(&files, &folder, order.at, &stage.inside(ZIP))?;
    }
    let list = file_of(contents::MANIFEST, &folder)?;
    Ok(Staged {
        stage,
        out: out.to_owned(),
        manifest,
        manifest_sha256: list.sha256,
    })
}

fn is_zip(out: &Path) -> bool {
    out.extension()
        .is_some_and(|ending| ending.eq_ignore_ascii_case("zip"))
}

impl Staged {
    /// What is in it.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Digest of its `manifest.json`, which has the digests of all else.
    #[must_use]
    pub fn manifest_sha256(&self) -> Sha256Digest {
        self.manifest_sha256
    }

    /// Gives out a ZIP that never gets a name: what is open is all that is left of it, and it is gone once that is
    /// closed. `keep` keeps the event of it.
    ///
    /// # Errors
    /// What the machine said, or what `keep` says.
    pub fn hand_over(
        self,
        keep: impl FnOnce() -> Result<(), ReuseError>,
    ) -> Result<(Manifest, File), ReuseError> {
        let path = self.stage.inside(ZIP);
        let file =
            durable::open_regular(&path).map_err(|source| ReuseError::Io { path, source })?;
        keep()?;
        Ok((self.manifest, file))
    }

    /// Gives it its name; `keep` keeps the event of it. Where that fails the bundle is taken back, for what
    /// was not recorded must not be given out.
    ///
    /// # Errors
    /// [`ReuseError::OutputExists`], what the machine said, or what `keep` says.
    pub fn deliver(
        self,
        keep: impl FnOnce() -> Result<(), ReuseError>,
    ) -> Result<Manifest, ReuseError> {
        let is_zip = is_zip(&self.out);
        let name = if is_zip { ZIP } else { FOLDER };
        let given = self.stage.deliver(name, &self.out);
        if let Err(error) = given.and_then(|()| keep()) {
            // As long as it is in the stage, what has the name is another's.
            if self.stage.inside(name).exists() {
                return Err(error);
            }
            let taken_back = if is_zip {
                durable::remove_file(&self.out)
            } else {
                durable::remove_tree(&self.out)
            };
            return Err(taken_back.map_or_else(ReuseError::from, |()| error));
        }
        Ok(self.manifest)
    }
}

/// A file of the bundle with its digests.
fn file_of(name: &str, folder: &Path) -> Result<ManifestFile, ReuseError> {
    let path = folder.join(name);
    let digests = durable::stage_written(&path)?;
    Ok(ManifestFile {
        file: name.to_owned(),
        bytes: digests.bytes,
        sha256: digests.sha256,
        sha512: digests.sha512,
    })
}

/// Copies a file of the archive, reads the copy back, and compares it with what the description says.
fn copied(
    chosen: &Chosen,
    (logical, source): (&str, &Path),
    expected: &Sha256Digest,
    (name, folder): (&str, &Path),
) -> Result<ManifestFile, ReuseError> {
    durable::stage_copy(source, &folder.join(name))?;
    let file = file_of(name, folder)?;
    if file.sha256 == *expected {
        Ok(file)
    } else {
        Err(damaged(chosen.record(), logical))
    }
}
