//! Streams in a form that PDF/A-2 allows (ISO 19005-2 §6.1.7): Flate and the codings of images.
//!
//! A stream that is in such a form keeps its bytes; LZW and the codings for seven-bit channels are undone
//! and the bytes packed again.

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use lopdf::{Dictionary, Object, Stream};

use super::super::ending;
use super::super::objects::{Filter, filters, is_image_filter, undo_whole, value};
use super::super::spared;
use super::copier::{Copier, Kind};
use super::{Obstacle, Outcome, obstacle};
use crate::pages::error::PageFault;
use crate::pdf_object::{integer, name};

/// One content stream once expanded.
pub(super) const CONTENT_BYTES_MAX: usize = 64 << 20;

/// Longer streams are not compared on trial: a font would be read again for each page.
const COMPARED_BYTES_MAX: usize = 16 << 10;

/// The filters of ISO 32000-1 table 6.
const FILTERS: [&[u8]; 10] = [
    b"ASCIIHexDecode",
    b"ASCII85Decode",
    b"LZWDecode",
    b"FlateDecode",
    b"RunLengthDecode",
    b"CCITTFaxDecode",
    b"JBIG2Decode",
    b"DCTDecode",
    b"JPXDecode",
    b"Crypt",
];

const FLATE_KEYS: &[&str] = &["Predictor", "Colors", "BitsPerComponent", "Columns"];
const FAX_KEYS: &[&str] = &[
    "K",
    "EndOfLine",
    "EncodedByteAlign",
    "Columns",
    "Rows",
    "EndOfBlock",
    "BlackIs1",
    "DamagedRowsBeforeError",
];

fn fault(fault: &PageFault) -> Obstacle {
    Obstacle(match fault {
        PageFault::Unsupported(what) => what.clone(),
        _ => "a damaged stream".to_owned(),
    })
}

impl<'a> Copier<'a> {
    /// A stream's filters; a Crypt filter that does nothing is none.
    fn filters(&self, stream: &'a Stream) -> Outcome<Vec<Filter<'a>>> {
        if self.raw(&stream.dict, b"F").is_some() {
            return Err(obstacle("a stream in another file"));
        }
        // Without a length that it could use lopdf leaves a stream empty.
        let length = integer(self.document, &stream.dict, b"Length");
        if stream.content.is_empty() && length != Some(0) {
            return Err(obstacle("a stream without its length"));
        }
        let all = filters(self.document, &stream.dict).map_err(|error| fault(&error))?;
        let mut kept = Vec::with_capacity(all.len());
        for filter in all {
            if !FILTERS.contains(&filter.name) {
                return Err(obstacle("an unknown filter"));
            }
            if filter.name == b"Crypt" {
                let cipher = filter
                    .parameters
                    .and_then(|parameters| value(self.document, parameters, b"Name"))
                    .and_then(|object| object.as_name().ok());
                if cipher.is_some_and(|cipher| cipher != b"Identity") {
                    return Err(obstacle("an encrypted stream"));
                }
            } else {
                kept.push(filter);
            }
        }
        Ok(kept)
    }

    /// The bytes of a stream that is no image.
    pub(super) fn expanded(&mut self, stream: &'a Stream, limit: usize) -> Outcome<Vec<u8>> {
        let filters = self.filters(stream)?;
        let limit = limit.min(self.budget());
        let data = undo_whole(self.document, stream.content.clone(), &filters, limit)
            .map_err(|error| fault(&error))?;
        self.spend(data.len())?;
        Ok(data)
    }

    /// A stream with these entries and the source's bytes.
    pub(super) fn stream(
        &mut self,
        mut dictionary: Dictionary,
        source: &'a Stream,
    ) -> Outcome<Object> {
        let mut filters = self.filters(source)?;
        let coding = filters
            .iter()
            .position(|filter| is_image_filter(filter.name));
        if coding.is_some_and(|at| at + 1 < filters.len()) {
            return Err(obstacle("an image with a filter behind its last"));
        }
        let last = match coding {
            Some(_) => filters.pop(),
            None => None,
        };
        let unchanged = filters.is_empty()
            || (last.is_none()
                && matches!(filters.as_slice(), [only] if only.name == b"FlateDecode"));
        let kept = if unchanged {
            last.or_else(|| filters.pop())
        } else {
            last
        };
        self.filter_entries(&mut dictionary, kept.as_ref())?;
        let Some(path) = self.path else {
            return self.on_trial(dictionary, source, unchanged);
        };
        let raw = spared::bytes_of(path, self.document, source).map_err(|error| fault(&error))?;
        if unchanged {
            self.refuse_cut(kept.as_ref(), &raw)?;
            return Ok(Object::Stream(Stream::new(dictionary, raw)));
        }
        let data = undo_whole(self.document, raw, &filters, self.budget())
            .map_err(|error| fault(&error))?;
        self.spend(data.len())?;
        self.refuse_cut(kept.as_ref(), &data)?;
        Ok(match kept {
            Some(_) => Object::Stream(Stream::new(dictionary, data)),
            None => packed(dictionary, &data),
        })
    }

    /// An image or a font that ends early would be copied without a word.
    fn refuse_cut(&self, filter: Option<&Filter<'a>>, data: &[u8]) -> Outcome<()> {
        match filter {
            Some(filter) if !ending::is_whole(self.document, filter, data) => {
                Err(obstacle("a stream that ends early"))
            }
            _ => Ok(()),
        }
    }

    /// The bytes of images are not read; others tell objects apart, long ones by where they are.
    fn on_trial(
        &mut self,
        dictionary: Dictionary,
        source: &'a Stream,
        unchanged: bool,
    ) -> Outcome<Object> {
        let image = name(self.document, &source.dict, b"Subtype") == Some(b"Image");
        let data = match (image, unchanged) {
            (true, _) => Vec::new(),
            (false, true) if source.content.len() > COMPARED_BYTES_MAX => {
                std::ptr::from_ref(source).addr().to_le_bytes().to_vec()
            }
            (false, true) => source.content.clone(),
            (false, false) => self.expanded(source, usize::MAX)?,
        };
        Ok(Object::Stream(Stream::new(dictionary, data)))
    }

    fn filter_entries(
        &mut self,
        dictionary: &mut Dictionary,
        filter: Option<&Filter<'a>>,
    ) -> Outcome<()> {
        let Some(filter) = filter else { return Ok(()) };
        let keys: &[&str] = match filter.name {
            b"FlateDecode" => FLATE_KEYS,
            b"CCITTFaxDecode" => FAX_KEYS,
            b"DCTDecode" => &["ColorTransform"],
            b"JBIG2Decode" => &[],
            b"JPXDecode" => return Err(obstacle("a JPEG 2000 image")),
            _ => return Err(obstacle("an unknown filter")),
        };
        dictionary.set("Filter", Object::Name(filter.name.to_vec()));
        let Some(source) = filter.parameters else {
            return Ok(());
        };
        let mut parameters = self.plain_entries(source, keys)?;
        if filter.name == b"JBIG2Decode"
            && let Some(globals) = self.raw(source, b"JBIG2Globals")
        {
            parameters.set("JBIG2Globals", self.bytes(globals)?);
        }
        if !parameters.is_empty() {
            dictionary.set("DecodeParms", parameters);
        }
        Ok(())
    }

    /// A stream of which nothing counts but its bytes.
    pub(super) fn bytes(&mut self, source: &'a Object) -> Outcome<Object> {
        self.shared(source, Kind::Bytes, true, |copier, object| {
            let stream = object
                .as_stream()
                .map_err(|_| obstacle("no stream where one belongs"))?;
            copier.stream(Dictionary::new(), stream)
        })
    }
}

/// A Flate stream.
pub(super) fn packed(mut dictionary: Dictionary, data: &[u8]) -> Object {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    // Writing into a vector cannot fail.
    let _ = encoder.write_all(data);
    dictionary.set("Filter", Object::Name(b"FlateDecode".to_vec()));
    Object::Stream(Stream::new(
        dictionary,
        encoder.finish().unwrap_or_default(),
    ))
}
