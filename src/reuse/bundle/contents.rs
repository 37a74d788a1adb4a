//! The files of a bundle: documents, signed originals, the lists of them, and the ZIP of it all.

use std::fs::File;
use std::io;
use std::path::Path;

use jiff::Timestamp;
use jiff::tz::{self, TimeZone};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

use super::super::ReuseError;
use super::super::held::damaged;
use super::manifest::{Manifest, ManifestFile, ManifestRecord};
use super::steady::SteadyFile;
use super::{Chosen, Order, copied, file_of};
use crate::durable;
use crate::record::Digests;

pub(super) const MANIFEST: &str = "manifest.json";
const SUMS: &str = "SHA256SUMS";
/// Of a paper whose kind is not known.
const NO_KIND: &str = "giay-to";

/// Writes each record's document, and the signed files that it only shows.
pub(super) fn write_records(
    order: &Order<'_>,
    chosen: &[Chosen],
    folder: &Path,
) -> Result<Vec<ManifestRecord>, ReuseError> {
    let mut records = Vec::with_capacity(chosen.len());
    for (number, it) in (1..).zip(chosen) {
        let description = &it.description;
        let kind = description
            .kind
            .as_ref()
            .map_or(NO_KIND, |kind| kind.as_str());
        let stem = format!("{number:03}-{kind}");
        let document = copied(
            it,
            (&description.document, &it.document),
            &description.document_sha256,
            (&format!("{stem}.pdf"), folder),
        )?;
        let originals = write_signed_originals(it, &stem, folder)?;
        let proof = write_proof(it, &stem, folder)?;
        let record = ManifestRecord::of(order, it, document, originals);
        records.push(ManifestRecord { proof, ..record });
    }
    Ok(records)
}

fn write_proof(
    chosen: &Chosen,
    stem: &str,
    folder: &Path,
) -> Result<Option<ManifestFile>, ReuseError> {
    let Some(proof) = &chosen.proof else {
        return Ok(None);
    };
    let name = format!("{stem}.proof.json");
    durable::stage_bytes(&folder.join(&name), proof)?;
    file_of(&name, folder).map(Some)
}

/// What was signed by others is the original; the document is a rendition without their signatures.
fn write_signed_originals(
    chosen: &Chosen,
    stem: &str,
    folder: &Path,
) -> Result<Vec<ManifestFile>, ReuseError> {
    let mut files = Vec::new();
    for (number, original) in (1..).zip(chosen.signed_originals()) {
        let logical = &original.stored_as;
        let source = chosen
            .object
            .content_path(logical)
            .ok_or_else(|| damaged(chosen.record(), logical))?;
        let ending = logical.rsplit_once('.').map_or("pdf", |(_, ending)| ending);
        let name = format!("{stem}-goc-{number}.{ending}");
        let source = (logical.as_str(), source.as_path());
        files.push(copied(chosen, source, &original.sha256, (&name, folder))?);
    }
    Ok(files)
}

/// Writes the manifest, and the digests once more as `sha256sum -c` reads them. Gives every file of the bundle.
pub(super) fn write_lists(
    manifest: &Manifest,
    folder: &Path,
) -> Result<Vec<ManifestFile>, ReuseError> {
    let path = folder.join(MANIFEST);
    let mut text = serde_json::to_vec_pretty(manifest).map_err(|error| ReuseError::Io {
        path: path.clone(),
        source: error.into(),
    })?;
    text.push(b'\n');
    durable::stage_bytes(&path, &text)?;
    let mut files: Vec<ManifestFile> = manifest.files().cloned().collect();
    files.push(file_of(MANIFEST, folder)?);
    let lines = files
        .iter()
        .map(|file| format!("{}  {}\n", file.sha256, file.file));
    durable::stage_bytes(&folder.join(SUMS), lines.collect::<String>().as_bytes())?;
    files.push(file_of(SUMS, folder)?);
    Ok(files)
}

/// Writes the files as a ZIP, stored as they are (PDFs are compressed already), and reads it back.
pub(super) fn zip(
    files: &[ManifestFile],
    folder: &Path,
    at: Timestamp,
    out: &Path,
) -> Result<(), ReuseError> {
    let failed = |source| ReuseError::Io {
        path: out.to_owned(),
        source,
    };
    write_zip(files, folder, at, out).map_err(failed)?;
    durable::stage_written(out)?;
    let mut archive = File::open(out)
        .and_then(|file| ZipArchive::new(file).map_err(io::Error::from))
        .map_err(failed)?;
    for file in files {
        let entry = archive.by_name(&file.file).map_err(io::Error::from);
        let read = entry.and_then(Digests::of_reader).map_err(failed)?;
        if (read.sha256, read.bytes) != (file.sha256, file.bytes) {
            let differs = "a file in the ZIP is not the one that was put in";
            return Err(failed(io::Error::new(io::ErrorKind::InvalidData, differs)));
        }
    }
    Ok(())
}

fn write_zip(files: &[ManifestFile], folder: &Path, at: Timestamp, out: &Path) -> io::Result<()> {
    let mut zip = ZipWriter::new(SteadyFile::create(out)?);
    for file in files {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Stored)
            .large_file(file.bytes >= u64::from(u32::MAX))
            .last_modified_time(zip_time(at))
            .unix_permissions(0o644);
        zip.start_file(&file.file, options)?;
        io::copy(
            &mut durable::open_regular(&folder.join(&file.file))?,
            &mut zip,
        )?;
    }
    zip.finish()?.finish()
}

/// ZIP times have no zone: the clock on the wall in Vietnam. Its beginning of time where that cannot be told.
fn zip_time(at: Timestamp) -> DateTime {
    let local = at.to_zoned(TimeZone::fixed(tz::offset(7)));
    let part = |value: i8| u8::try_from(value).ok();
    let told = || {
        let year = u16::try_from(local.year()).ok()?;
        let (month, day) = (part(local.month())?, part(local.day())?);
        let (hour, minute) = (part(local.hour())?, part(local.minute())?);
        DateTime::from_date_and_time(year, month, day, hour, minute, part(local.second())?).ok()
    };
    told().unwrap_or_default()
}
