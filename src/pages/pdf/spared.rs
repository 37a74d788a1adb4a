//! Image bytes that stay in the file until their page is taken, so that a long scan is not in memory twice.
//!
//! lopdf hands each stream over once, while loading; [`spare`] lets go of an image's bytes there and
//! notes where to find them again. [`bytes_of`] reads them back and demands `endstream` behind them.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use lopdf::xref::XrefEntry;
use lopdf::{Document, Object, ObjectId, Stream};

use super::objects::damaged;
use crate::pages::error::PageFault;

/// Key of our note in a spared stream's dictionary: object number and length.
const NOTE: &[u8] = b"SohoaSpared";
/// Below this an image is no burden.
const LEAST_BYTES: usize = 4096;
/// An object's dictionary is looked for `stream` so far.
const DICTIONARY_BYTES_MAX: usize = 64 * 1024;
/// White space and `endstream` behind the bytes.
const END_BYTES: usize = 16;

/// Lets go of an image's bytes. Encrypted files are loaded without it: their bytes are no use as they are.
pub(super) fn spare(id: ObjectId, object: &mut Object) -> Option<(ObjectId, Object)> {
    if let Object::Stream(stream) = object
        && stream.content.len() >= LEAST_BYTES
        && stream
            .dict
            .get(b"Subtype")
            .and_then(Object::as_name)
            .is_ok_and(|name| name == b"Image")
        && let Ok(length) = i64::try_from(stream.content.len())
    {
        stream
            .dict
            .set(NOTE, vec![i64::from(id.0).into(), length.into()]);
        // Not empty: lopdf would read an empty one again.
        stream.content = vec![0];
    }
    Some((id, object.clone()))
}

/// The raw bytes of an image, spared or not.
pub(super) fn bytes_of(
    path: &Path,
    document: &Document,
    stream: &Stream,
) -> Result<Vec<u8>, PageFault> {
    let Ok(note) = stream.dict.get(NOTE).and_then(Object::as_array) else {
        return Ok(stream.content.clone());
    };
    let number = |at: usize| note.get(at).and_then(|value| value.as_i64().ok());
    let id = number(0).and_then(|id| u32::try_from(id).ok());
    let length = number(1).and_then(|length| usize::try_from(length).ok());
    let (Some(id), Some(length)) = (id, length) else {
        return Err(damaged("image that is not where it was"));
    };
    let Some(XrefEntry::Normal { offset, .. }) = document.reference_table.get(id) else {
        return Err(damaged("image that is not where it was"));
    };
    read_stream(path, u64::from(*offset), length)
}

/// The stream of `length` bytes in the object at `offset`: the first `stream` keyword that has
/// `endstream` at the right place behind it, because a dictionary may hold that word too.
fn read_stream(path: &Path, offset: u64, length: usize) -> Result<Vec<u8>, PageFault> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(offset))?;
    let mut object = Vec::new();
    let wanted = DICTIONARY_BYTES_MAX + length + END_BYTES;
    file.take(wanted as u64).read_to_end(&mut object)?;
    let head = object
        .get(..object.len().min(DICTIONARY_BYTES_MAX))
        .unwrap_or_default();
    let starts = head
        .windows(6)
        .enumerate()
        .filter(|(_, word)| *word == b"stream")
        .map(|(at, _)| at + 6);
    for start in starts {
        let eol = match object.get(start..) {
            Some([b'\r', b'\n', ..]) => 2,
            Some([b'\n' | b'\r', ..]) => 1,
            _ => continue,
        };
        let data = start + eol;
        let behind = object.get(data + length..).unwrap_or_default();
        if behind.trim_ascii_start().starts_with(b"endstream") {
            object.truncate(data + length);
            object.drain(..data);
            return Ok(object);
        }
    }
    Err(damaged("image without its end"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(content: &[u8]) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().expect("file");
        std::fs::write(file.path(), content).expect("written");
        file
    }

    #[test]
    fn finds_the_bytes_behind_a_dictionary_that_says_stream_too() {
        let file = written(b"junk 7 0 obj <</Note(stream\nx)>>\nstream\r\nABCDE\nendstream endobj");
        assert_eq!(read_stream(file.path(), 5, 5).expect("found"), b"ABCDE");
        assert!(read_stream(file.path(), 5, 4).is_err(), "another length");
        assert!(read_stream(file.path(), 500, 5).is_err(), "beyond the file");
    }
}
