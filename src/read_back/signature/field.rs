//! The signature fields, found as a viewer finds them: catalogue, form, fields, value.

use std::collections::BTreeSet;
use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;

use lopdf::xref::{XrefEntry, XrefRecovery};
use lopdf::{Dictionary, Document, LoadOptions, Object, ObjectId};

use super::SignatureReadBackError;

/// Fields looked at; forms with more are no scans.
const MAX_FIELDS: usize = 100_000;
/// Bytes read at a time.
const PIECE: usize = 64 * 1024;
/// Longer dictionaries of streams are not looked through: their data are read.
const DICTIONARY_MAX: usize = 2 * 1024;
/// Streams looked at; what is behind them is read, however long.
const STREAMS_MAX: u32 = 100_000;
const STREAM: &[u8] = b"stream";
/// The only format of PAdES baseline signatures.
const SIGNATURE: &[u8] = b"ETSI.CAdES.detached";
/// The format of document timestamps.
const TIMESTAMP: &[u8] = b"ETSI.RFC3161";

/// What a signature dictionary holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Signature,
    Timestamp,
}

/// A signature dictionary and the name of its field.
pub(super) struct SignatureField {
    pub(super) name: String,
    pub(super) kind: Kind,
    /// Where its ranges end.
    pub(super) end: u64,
    /// Offset of the `<` of `/Contents`.
    pub(super) gap_start: u64,
    /// Offset behind its `>`.
    pub(super) gap_end: u64,
    /// `/Contents` as `lopdf` reads it, padding included.
    pub(super) contents: Vec<u8>,
}

impl SignatureField {
    pub(super) fn gap_length(&self) -> usize {
        usize::try_from(self.gap_end - self.gap_start).unwrap_or(0)
    }
}

pub(super) fn broken(what: &'static str) -> SignatureReadBackError {
    SignatureReadBackError::Document { what }
}

/// All signatures and document timestamps, oldest first.
pub(super) fn all(document: &Path) -> Result<Vec<SignatureField>, SignatureReadBackError> {
    let pdf = skeleton(document, std::fs::metadata(document)?.len())?;
    let fields = signatures(&pdf)?;
    let fields = fields.into_iter().map(|(name, value)| read(name, value));
    let mut fields = fields.collect::<Result<Vec<_>, _>>()?;
    fields.sort_by_key(|field| field.end);
    Ok(fields)
}

/// The first `length` bytes of a document, without its streams: page contents and images are neither read nor kept.
pub(super) fn skeleton(document: &Path, length: u64) -> Result<Document, SignatureReadBackError> {
    let sparse = Sparse::read(&File::open(document)?, length)?;
    let options = LoadOptions::with_filter(without_streams);
    let pdf = Document::load_mem_with_options(&sparse.bytes, options);
    let pdf = pdf.map_err(|_| broken("structure"))?;
    // A section found a few bytes beside its offset is common in old files; a rebuilt table is damage.
    let is_rebuilt = pdf.xref_recovery == Some(XrefRecovery::Reconstructed);
    let entries = pdf.reference_table.entries.values();
    let mut objects = entries.filter_map(|entry| match entry {
        XrefEntry::Normal { offset, .. } => usize::try_from(*offset).ok(),
        XrefEntry::Free | XrefEntry::UnusableFree | XrefEntry::Compressed { .. } => None,
    });
    // No object begins inside a stream; one that seems to would be taken for missing.
    let is_hidden = |at: usize| sparse.holes.iter().any(|hole| hole.contains(&at));
    if is_rebuilt || objects.any(is_hidden) {
        return Err(broken("cross-reference data"));
    }
    Ok(pdf)
}

/// A document with zeros where long streams have their data, at its full length, so that offsets hold. Memory
/// that is never written to costs none, so that what it takes is little whatever the size of the file.
struct Sparse {
    bytes: Vec<u8>,
    holes: Vec<Range<usize>>,
}

impl Sparse {
    /// Leaves out only the data of streams whose dictionary gives their length as a number, and which end there.
    fn read(file: &File, length: u64) -> Result<Self, SignatureReadBackError> {
        let length = usize::try_from(length).map_err(|_| broken("length"))?;
        let mut bytes = vec![0; length];
        let mut holes = Vec::new();
        let (mut read, mut searched, mut tried) = (0, 0, 0);
        while read < length {
            let end = read.saturating_add(PIECE).min(length);
            let piece = bytes.get_mut(read..end).unwrap_or_default();
            file.read_exact_at(piece, read as u64)?;
            read = end;
            let known = bytes.get(..end).unwrap_or_default();
            while tried < STREAMS_MAX
                && let Some((start, data)) = next_stream(known, searched)
            {
                tried += 1;
                let ends = data.and_then(|data| start.checked_add(data));
                searched = start;
                if let Some(ends) = ends.filter(|ends| ends_a_stream(file, *ends, length)) {
                    searched = ends;
                    if ends > end {
                        holes.push(end..ends);
                        read = ends;
                    }
                }
            }
            // A keyword may stand across two pieces, with its dictionary before it.
            searched = searched.max(end.saturating_sub(STREAM.len() + 1));
        }
        // Offsets count from the header, which other programs' files may have further down.
        if !bytes.starts_with(b"%PDF-") && !holes.is_empty() {
            return Err(broken("header"));
        }
        Ok(Self { bytes, holes })
    }
}

/// Where the data of the next stream begins, and its length, where it is given as a number and no reader needs
/// the data.
fn next_stream(known: &[u8], from: usize) -> Option<(usize, Option<usize>)> {
    let mut candidates = known.get(from..)?.windows(STREAM.len() + 2);
    let at = from + candidates.position(|here| here.starts_with(STREAM))?;
    let line_end = match known.get(at + STREAM.len()..at + STREAM.len() + 2) {
        Some([b'\n', _]) => 1,
        Some(b"\r\n") => 2,
        _ => return Some((at + STREAM.len(), None)),
    };
    let before = known.get(at.saturating_sub(DICTIONARY_MAX)..at);
    let data = before.and_then(length_in);
    Some((at + STREAM.len() + line_end, data))
}

/// The `/Length` of the dictionary that ends here.
fn length_in(before: &[u8]) -> Option<usize> {
    let find = |text: &[u8], key: &[u8]| text.windows(key.len()).position(|it| it == key);
    let dictionary = before.trim_ascii_end().strip_suffix(b">>")?;
    let object = dictionary.windows(4).rposition(|it| it == b" obj")?;
    let dictionary = dictionary.get(object..)?;
    // The reader needs those of objects and cross-references.
    if find(dictionary, b"/ObjStm").is_some() || find(dictionary, b"/XRef").is_some() {
        return None;
    }
    let rest = dictionary.get(find(dictionary, b"/Length ")? + b"/Length ".len()..)?;
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (number, rest) = rest.split_at(digits);
    // Else it is a reference, or another dictionary inside has one, too.
    let is_number = matches!(rest.trim_ascii_start().first(), None | Some(b'/'));
    if !is_number || find(rest, b"/Length ").is_some() {
        return None;
    }
    std::str::from_utf8(number).ok()?.parse().ok()
}

fn ends_a_stream(file: &File, at: usize, length: usize) -> bool {
    let mut tail = [0; 11];
    let whole = at.checked_add(tail.len()).is_some_and(|end| end <= length);
    let is_read = whole && file.read_exact_at(&mut tail, at as u64).is_ok();
    let line_end = tail.iter().take_while(|byte| b"\r\n".contains(byte));
    let keyword = tail.get(line_end.count()..).unwrap_or_default();
    is_read && keyword.starts_with(b"endstream")
}

fn without_streams(id: ObjectId, object: &mut Object) -> Option<(ObjectId, Object)> {
    let droppable = object
        .as_stream()
        .is_ok_and(|stream| !stream.dict.has_type(b"ObjStm"));
    // Both the object itself and the returned one are used, depending on where it comes from.
    (!droppable).then(|| (id, object.clone()))
}

/// Every field of type `/Sig` that has a value, with its partial name.
fn signatures(pdf: &Document) -> Result<Vec<(String, &Dictionary)>, SignatureReadBackError> {
    let follow = |object| pdf.dereference(object).map(|(_, object)| object);
    let form = pdf
        .catalog()
        .and_then(|catalogue| catalogue.get(b"AcroForm"))
        .and_then(follow)
        .and_then(Object::as_dict);
    let Ok(form) = form else {
        return Ok(Vec::new());
    };
    let roots = form
        .get(b"Fields")
        .and_then(follow)
        .and_then(Object::as_array);
    let mut open: Vec<&Object> = roots.map_err(|_| broken("form fields"))?.iter().collect();
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    while let Some(object) = open.pop() {
        let (id, object) = pdf.dereference(object).map_err(|_| broken("form fields"))?;
        if id.is_some_and(|id| !seen.insert(id)) {
            continue;
        }
        if seen.len() + open.len() > MAX_FIELDS {
            return Err(broken("form fields"));
        }
        let Ok(field) = object.as_dict() else {
            continue;
        };
        if let Ok(kids) = field
            .get(b"Kids")
            .and_then(follow)
            .and_then(Object::as_array)
        {
            open.extend(kids);
        }
        let is_signature = field
            .get(b"FT")
            .and_then(Object::as_name)
            .is_ok_and(|kind| kind == b"Sig");
        let value = field.get(b"V").and_then(follow).and_then(Object::as_dict);
        if let (true, Ok(value)) = (is_signature, value) {
            let name = field
                .get(b"T")
                .and_then(lopdf::decode_text_string)
                .unwrap_or_default();
            found.push((name, value));
        }
    }
    Ok(found)
}

/// Reads one signature dictionary.
fn read(name: String, signature: &Dictionary) -> Result<SignatureField, SignatureReadBackError> {
    let name_of = |key: &[u8]| {
        signature
            .get(key)
            .and_then(Object::as_name)
            .unwrap_or_default()
    };
    let numbers: Option<Vec<u64>> = signature
        .get(b"ByteRange")
        .and_then(Object::as_array)
        .ok()
        .and_then(|array| {
            array
                .iter()
                .map(|n| u64::try_from(n.as_i64().ok()?).ok())
                .collect()
        });
    let Some([0, gap_start, gap_end, rest]) = numbers.as_deref() else {
        return Err(SignatureReadBackError::Coverage);
    };
    let end = gap_end.checked_add(*rest).filter(|_| gap_start < gap_end);
    let end = end.ok_or(SignatureReadBackError::Coverage)?;
    let contents = signature.get(b"Contents").and_then(Object::as_str);
    let contents = contents
        .map_err(|_| SignatureReadBackError::Missing)?
        .to_vec();
    if gap_end - gap_start != contents.len() as u64 * 2 + 2 {
        return Err(SignatureReadBackError::Coverage);
    }
    let kind = match name_of(b"SubFilter") {
        SIGNATURE => Kind::Signature,
        TIMESTAMP => Kind::Timestamp,
        _ => return Err(SignatureReadBackError::Container { what: "SubFilter" }),
    };
    Ok(SignatureField {
        name,
        kind,
        end,
        gap_start: *gap_start,
        gap_end: *gap_end,
        contents,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A document of one page whose content is this long, with the offset of an object beyond the last.
    fn pdf(content: usize, dictionary: &str, hidden: usize) -> Vec<u8> {
        let mut bytes = b"%PDF-1.7\n".to_vec();
        let mut offsets = Vec::new();
        let mut object = |bytes: &mut Vec<u8>, body: &[u8]| {
            offsets.push(bytes.len());
            bytes.extend(format!("{} 0 obj\n", offsets.len()).bytes());
            bytes.extend([body, b"\nendobj\n"].concat());
        };
        object(&mut bytes, b"<</Type/Catalog/Pages 2 0 R>>");
        object(&mut bytes, b"<</Type/Pages/Kids[3 0 R]/Count 1>>");
        object(&mut bytes, b"<</Type/Page/Parent 2 0 R/Contents 4 0 R>>");
        let mut stream = format!("<<{dictionary}>>\nstream\n").into_bytes();
        stream.resize(stream.len() + content, b'8');
        stream.extend(b"\nendstream");
        object(&mut bytes, &stream);
        let table = bytes.len();
        offsets.push(hidden);
        bytes.extend(format!("xref\n0 {}\n0000000000 65535 f \n", offsets.len() + 1).bytes());
        for offset in &offsets {
            bytes.extend(format!("{offset:010} 00000 n \n").bytes());
        }
        let size = offsets.len() + 1;
        bytes.extend(
            format!("trailer\n<</Size {size}/Root 1 0 R>>\nstartxref\n{table}\n%%EOF\n").bytes(),
        );
        bytes
    }

    fn on_disk(bytes: &[u8]) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().expect("file");
        std::fs::write(file.path(), bytes).expect("written");
        file
    }

    fn holes(bytes: &[u8]) -> usize {
        let file = on_disk(bytes);
        let sparse = Sparse::read(file.as_file(), bytes.len() as u64).expect("read");
        let left_out = |at: &usize| sparse.holes.iter().any(|hole| hole.contains(at));
        for (at, (is, was)) in sparse.bytes.iter().zip(bytes).enumerate() {
            let expected = if left_out(&at) { 0 } else { *was };
            assert_eq!(*is, expected, "byte {at}");
        }
        sparse.holes.iter().map(Range::len).sum()
    }

    #[test]
    fn the_data_of_long_streams_are_left_out_and_nothing_else() {
        let long = 5 * PIECE;
        let plain = format!("/Length {long}");
        assert!(holes(&pdf(long, &plain, 9)) > 3 * PIECE);
        let typed = format!("/Type /XObject /Length {long}/Width 9");
        assert!(holes(&pdf(long, &typed, 9)) > 3 * PIECE);
        for read in [
            "/Length 5 0 R".to_owned(),
            format!("/Length {}", long - 9),
            format!("/Length {}", long + 30),
            format!("/Length {}", usize::MAX),
            format!("/Length1 {long}"),
            format!("/Parts<</Length 7>>/Length {long}"),
            format!("/Type/ObjStm/Length {long}"),
            format!("/Type/XRef/Length {long}"),
        ] {
            assert_eq!(holes(&pdf(long, &read, 9)), 0, "{read}");
        }
        // Wherever the keyword falls across two pieces.
        for more in 0..24 {
            let padding = "8".repeat(PIECE - 250 + more);
            let before = format!("/Padding({padding})/Length {long}");
            let two = format!("/Length {long}");
            assert_eq!(
                holes(&pdf(long, &before, 9)),
                0,
                "the dictionary is too long"
            );
            let moved = [vec![b'%'; PIECE - 160 + more], pdf(long, &two, 9)].concat();
            let moved = [b"%PDF-1.7\n".to_vec(), moved].concat();
            assert!(holes(&moved) > 3 * PIECE, "{more}");
        }
    }

    #[test]
    fn what_is_left_out_hides_no_object() {
        let long = 5 * PIECE;
        let of = |hidden| {
            let file = on_disk(&pdf(long, &format!("/Length {long}"), hidden));
            let length = file.as_file().metadata().expect("length").len();
            skeleton(file.path(), length)
        };
        let page = of(9).expect("loads").get_pages().len();
        assert_eq!(page, 1);
        of(3 * PIECE).expect_err("an object inside a stream");
    }
}
