//! Clauses 6.1.6, 6.1.7, 6.1.8, 6.1.9: how objects and streams are written.

use std::collections::{BTreeMap, BTreeSet};

use lopdf::xref::XrefEntry;
use lopdf::{Dictionary, Document, Object, ObjectId, Stream};

use super::end_of_line;
use crate::pdf_object::{integer, name, value};
use crate::pdfa::lexer::{Lexer, Token, is_space};
use crate::pdfa::{PdfFile, Violation};

/// An object stream once expanded, bytes.
const OBJECT_STREAM_BYTES_MAX: usize = 256 << 20;
/// All object streams together.
const OBJECT_STREAMS_BYTES_MAX: usize = 1 << 30;

const FILTERS: [&[u8]; 8] = [
    b"ASCIIHexDecode",
    b"ASCII85Decode",
    b"FlateDecode",
    b"RunLengthDecode",
    b"CCITTFaxDecode",
    b"JBIG2Decode",
    b"DCTDecode",
    b"JPXDecode",
];

/// All objects that the cross-references name, and the cross-reference streams themselves.
pub(super) fn check(file: PdfFile<'_>, streams: &BTreeSet<usize>, found: &mut Vec<Violation>) {
    let mut places = BTreeMap::<usize, Option<ObjectId>>::new();
    places.extend(streams.iter().map(|&place| (place, None)));
    for (&number, entry) in &file.document.reference_table.entries {
        if let XrefEntry::Normal { offset, generation } = *entry {
            let Ok(offset) = usize::try_from(offset) else {
                continue;
            };
            if let Some(Some(_)) = places.insert(offset, Some((number, generation))) {
                found.push(Violation::of_file("6.1.4", "two objects at one place"));
            }
        }
    }
    let mut reader = Reader {
        file,
        found,
        expanded: 0,
    };
    let mut end = 0;
    for (place, id) in places {
        if place < end {
            reader.violation(id, "6.1.9", "objects that lie over each other");
            return;
        }
        match reader.object(place, id) {
            Some(after) => end = after,
            None => reader.violation(id, "6.1.9", "an object that cannot be read"),
        }
    }
}

struct Reader<'a, 'f> {
    file: PdfFile<'a>,
    found: &'f mut Vec<Violation>,
    /// Bytes of object streams so far.
    expanded: usize,
}

impl<'a> Reader<'a, '_> {
    /// Judges one object; answers with the place behind it.
    fn object(&mut self, place: usize, id: Option<ObjectId>) -> Option<usize> {
        let bytes = self.file.bytes;
        let spaced = place
            .checked_sub(1)
            .and_then(|before| bytes.get(before))
            .is_some_and(|&byte| matches!(byte, b'\r' | b'\n'));
        let mut lexer = Lexer::new(bytes, place);
        let head = [
            lexer.position(),
            self.number(&mut lexer, id.map(|id| id.0))?,
        ];
        let generation = self.number(&mut lexer, id.map(|id| u32::from(id.1)))?;
        let (Some(Token::Keyword(b"obj")), [_, after_number]) = (lexer.token(), head) else {
            return None;
        };
        let after_obj = lexer.position();
        let header = bytes.get(place..after_obj)?;
        let single = header.iter().filter(|&&byte| is_space(byte)).count() == 2
            && bytes.get(after_number).copied().is_some_and(is_space)
            && bytes.get(generation).copied().is_some_and(is_space);
        if !spaced || !single || end_of_line(lexer.rest()).is_none() {
            self.violation(id, "6.1.9", "spaces or line ends around obj");
        }
        let object = lexer.object();
        for flaw in lexer.take_flaws() {
            self.violation(id, flaw.clause(), flaw.what());
        }
        let object = object?;
        let mut after_object = lexer.position();
        lexer.skip_space();
        if let (Object::Dictionary(dictionary), true) =
            (&object, lexer.rest().starts_with(b"stream"))
        {
            let start = lexer.position() + b"stream".len();
            after_object = self.stream(id, dictionary, start)?;
            lexer.seek(after_object);
        }
        let Some(Token::Keyword(b"endobj")) = lexer.token() else {
            return None;
        };
        let at = lexer.position().checked_sub(b"endobj".len())?;
        let before = bytes.get(after_object..at).unwrap_or_default();
        let is_preceded = before
            .last()
            .is_some_and(|&byte| matches!(byte, b'\r' | b'\n'));
        if !is_preceded || (end_of_line(lexer.rest()).is_none() && !lexer.rest().is_empty()) {
            self.violation(id, "6.1.9", "no line end before or behind endobj");
        }
        Some(lexer.position())
    }

    /// A number of an object's header, which must be the expected one; answers with the place behind it.
    fn number(&mut self, lexer: &mut Lexer<'a>, expected: Option<u32>) -> Option<usize> {
        let Some(Token::Integer(number)) = lexer.token() else {
            return None;
        };
        let right = expected.is_none_or(|expected| number == i64::from(expected));
        right.then(|| lexer.position())
    }

    /// Judges a stream whose data begins behind `start`; answers with the place behind `endstream`.
    fn stream(
        &mut self,
        id: Option<ObjectId>,
        dictionary: &Dictionary,
        start: usize,
    ) -> Option<usize> {
        let bytes = self.file.bytes;
        let document = self.file.document;
        let begin = match bytes.get(start..)? {
            [b'\r', b'\n', ..] => start + 2,
            [b'\n', ..] => start + 1,
            _ => {
                self.violation(id, "6.1.7.1", "stream without CR LF or LF");
                return None;
            }
        };
        let length = integer(document, dictionary, b"Length")
            .and_then(|length| usize::try_from(length).ok());
        let data_end = length.and_then(|length| begin.checked_add(length));
        let rest = data_end.and_then(|end| bytes.get(end..));
        let (Some(data_end), Some(rest)) = (data_end, rest) else {
            self.violation(id, "6.1.7.1", "Length is missing or beyond the file");
            return None;
        };
        let line_end = end_of_line(rest).unwrap_or(0);
        if !rest.get(line_end..)?.starts_with(b"endstream") {
            self.violation(id, "6.1.7.1", "Length is not that of the data");
            return None;
        }
        if line_end == 0 {
            self.violation(id, "6.1.7.1", "no line end before endstream");
        }
        let data = bytes.get(begin..data_end)?;
        self.stream_dictionary(id, dictionary);
        if name(document, dictionary, b"Type") == Some(b"ObjStm") {
            self.object_stream(id, dictionary, data);
        }
        Some(data_end + line_end + b"endstream".len())
    }

    fn stream_dictionary(&mut self, id: Option<ObjectId>, dictionary: &Dictionary) {
        for key in [b"F".as_slice(), b"FFilter", b"FDecodeParms"] {
            if dictionary.has(key) {
                self.violation(id, "6.1.7.1", "stream data outside the file");
            }
        }
        if !filters_allowed(self.file.document, dictionary) {
            self.violation(id, "6.1.7.2", "a filter that is not allowed");
        }
    }

    /// The spelling of the objects inside.
    fn object_stream(&mut self, id: Option<ObjectId>, dictionary: &Dictionary, data: &[u8]) {
        let first = integer(self.file.document, dictionary, b"First")
            .and_then(|first| usize::try_from(first).ok());
        let stream = Stream::new(dictionary.clone(), data.to_vec());
        let content = if dictionary.has(b"Filter") {
            stream
                .decompressed_content_with_limit(OBJECT_STREAM_BYTES_MAX)
                .ok()
        } else {
            Some(stream.content)
        };
        let (Some(first), Some(content)) = (first, content) else {
            return self.violation(id, "6.1.7.1", "an object stream that cannot be read");
        };
        self.expanded = self.expanded.saturating_add(content.len());
        if self.expanded > OBJECT_STREAMS_BYTES_MAX {
            return self.violation(id, "6.1.7.1", "more object streams than are read");
        }
        let mut lexer = Lexer::new(&content, first);
        while lexer.object().is_some() {}
        lexer.skip_space();
        if !lexer.rest().is_empty() {
            self.violation(id, "6.1.7.1", "an object stream that cannot be read");
        }
        for flaw in lexer.take_flaws() {
            self.violation(id, flaw.clause(), flaw.what());
        }
    }

    fn violation(&mut self, object: Option<ObjectId>, clause: &'static str, what: &str) {
        self.found.push(Violation {
            object,
            ..Violation::of_file(clause, what)
        });
    }
}

/// Whether all filters of a stream are allowed, LZW above all not.
fn filters_allowed(document: &Document, dictionary: &Dictionary) -> bool {
    let filters: Vec<&Object> = match value(document, dictionary, b"Filter") {
        None => return true,
        Some(Object::Array(filters)) => filters.iter().collect(),
        Some(single) => vec![single],
    };
    let parameters = value(document, dictionary, b"DecodeParms");
    filters.iter().enumerate().all(|(index, filter)| {
        let filter = document.dereference(filter).ok();
        let Some(filter) = filter.and_then(|(_, filter)| filter.as_name().ok()) else {
            return false;
        };
        let own = match parameters {
            Some(Object::Array(list)) => list.get(index),
            other => other,
        };
        let own = own.and_then(|own| document.dereference(own).ok());
        let crypt = own.and_then(|(_, own)| name(document, own.as_dict().ok()?, b"Name"));
        FILTERS.contains(&filter) || (filter == b"Crypt" && matches!(crypt, Some(b"Identity")))
    })
}
