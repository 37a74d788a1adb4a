//! `sohoa get`: a record's bytes, checked against their digests before anybody sees them.

use std::fs::File;
use std::io::{self, Seek};
use std::path::Path;

use serde::Serialize;

use super::arguments::Get;
use super::asking::{keep, look};
use super::output::Output;
use crate::access::EventKind;
use crate::archive::{ArchiveReader, ArchivedObject};
use crate::compose::PrintError;
use crate::config::Config;
use crate::disposal::tombstone::require_kept;
use crate::durable;
use crate::error::{Error, JourneyError};
use crate::record::{Digests, ExitCode, RecordId, Sha256Digest};

#[derive(Serialize)]
struct Written<'a> {
    record: RecordId,
    file: String,
    sha256: &'a Sha256Digest,
}

pub(super) fn run(arguments: &Get, config: &Config, output: &Output) -> Result<ExitCode, Error> {
    let object = object_of(arguments.record, config)?;
    let description = object.description()?;
    let wanted: Vec<(&str, &Sha256Digest)> = if arguments.original {
        description
            .originals
            .iter()
            .map(|file| (file.stored_as.as_str(), &file.sha256))
            .collect()
    } else {
        vec![(description.document.as_str(), &description.document_sha256)]
    };
    let several = wanted.len() > 1;
    if several && arguments.output.is_none() {
        let why = format!("{} files: name a folder with -o", wanted.len());
        return Err(JourneyError::Usage(why).into());
    }
    let mut event = look(EventKind::Download, &arguments.looking);
    event.citizens.extend(description.citizen.clone());
    event.records.push(arguments.record);
    keep(&event, config)?;
    for (logical, digest) in wanted {
        let content = checked_content(&object, logical, digest)?;
        let Some(place) = &arguments.output else {
            copy(content, &mut io::stdout().lock(), Path::new("-"))?;
            continue;
        };
        let path = if several {
            place.join(logical.rsplit('/').next().unwrap_or(logical))
        } else {
            place.clone()
        };
        if several {
            durable::create_folders(place)?;
        }
        let copied = copy(content, &mut create_output(&path)?, &path);
        copied
            .and_then(|()| sync(&path))
            .inspect_err(|_| take_back(&path))?;
        output.object(&Written {
            record: arguments.record,
            file: path.display().to_string(),
            sha256: digest,
        });
        output.say(
            &format!("Đã ghi {}", path.display()),
            &format!("Wrote {}", path.display()),
        );
    }
    Ok(ExitCode::Ok)
}

/// The record's object in the archive, without asking the index.
pub(super) fn object_of(record: RecordId, config: &Config) -> Result<ArchivedObject, Error> {
    require_kept(config, record)?;
    let archive = ArchiveReader::at(&config.folders.archive);
    Ok(archive
        .object(record)?
        .ok_or(JourneyError::NoSuchRecord(record))?)
}

/// An output file that must not exist yet.
pub(super) fn create_output(path: &Path) -> Result<File, Error> {
    File::create_new(path).map_err(|source| match source.kind() {
        io::ErrorKind::AlreadyExists => JourneyError::OutputExists {
            path: path.to_owned(),
        }
        .into(),
        _ => JourneyError::Io {
            path: path.to_owned(),
            source,
        }
        .into(),
    })
}

/// An output is announced when its bytes are on the disk.
pub(super) fn sync(path: &Path) -> Result<(), Error> {
    let synced = File::open(path).and_then(|file| file.sync_all());
    synced.map_err(|source| {
        JourneyError::Io {
            path: path.to_owned(),
            source,
        }
        .into()
    })
}

/// A printed page that was written is synced; what is not whole is removed. A file of that name that was there
/// before stays as it is.
pub(super) fn keep_printed(written: Result<(), PrintError>, out: &Path) -> Result<(), Error> {
    match written {
        Err(PrintError::Write { path, source })
            if source.kind() == io::ErrorKind::AlreadyExists =>
        {
            return Err(JourneyError::OutputExists { path }.into());
        }
        Err(error) => Err(error.into()),
        Ok(()) => sync(out),
    }
    .inspect_err(|_| take_back(out))
}

/// Removes an output that is not whole: under the asked-for name it would look like a result.
pub(super) fn take_back(path: &Path) {
    let _may_be_absent = std::fs::remove_file(path);
}

fn checked_content(
    object: &ArchivedObject,
    logical: &str,
    digest: &Sha256Digest,
) -> Result<File, Error> {
    let damaged = || JourneyError::Damaged {
        record: object.record(),
        logical: logical.to_owned(),
    };
    let path = object.content_path(logical).ok_or_else(damaged)?;
    let failed = |source| JourneyError::Io {
        path: path.clone(),
        source,
    };
    let mut file = durable::open_regular(&path).map_err(failed)?;
    if Digests::of_reader(&file).map_err(failed)?.sha256 != *digest {
        return Err(damaged().into());
    }
    file.rewind().map_err(failed)?;
    Ok(file)
}

fn copy(mut from: File, to: &mut dyn io::Write, path: &Path) -> Result<(), Error> {
    io::copy(&mut from, to)
        .and_then(|_| to.flush())
        .map_err(|source| {
            JourneyError::Io {
                path: path.to_owned(),
                source,
            }
            .into()
        })
}
