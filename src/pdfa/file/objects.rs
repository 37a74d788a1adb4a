//! Clauses 6.1.6, 6.1.7 and 6.1.9: how objects and streams are written.
//!
//! Each object is also compared with what the PDF library read at that place, for all other clauses are
//! judged from there.

use std::collections::{BTreeMap, BTreeSet};

use lopdf::xref::XrefEntry;
use lopdf::{Dictionary, Document, Object, ObjectId};

use super::{end_of_line, object_stream};
use crate::pdf_object::is_space;
use crate::pdf_object::{integer, name, value};
use crate::pdfa::lexer::{Lexer, Token};
use crate::pdfa::{PdfFile, Violation};

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
        inside: object_stream::Inside::default(),
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
    if !reader.inside.is_complete(file.document) {
        reader.violation(None, "6.1.4", "objects missing in object streams");
    }
}

struct Reader<'a, 'f> {
    file: PdfFile<'a>,
    found: &'f mut Vec<Violation>,
    inside: object_stream::Inside,
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
        } else if let Some(id) = id
            && self.file.document.objects.get(&id) != Some(&object)
        {
            self.violation(Some(id), "6.1.9", "an object that readers read differently");
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
        if let Some(id) = id
            && !is_stream_as_read(document, id, dictionary, data)
        {
            self.violation(
                Some(id),
                "6.1.7.1",
                "a stream that readers read differently",
            );
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

    fn object_stream(&mut self, id: Option<ObjectId>, dictionary: &Dictionary, data: &[u8]) {
        let document = self.file.document;
        let flaws = id.and_then(|id| self.inside.read(document, id, dictionary, data));
        let Some(flaws) = flaws else {
            return self.violation(id, "6.1.7.1", "an object stream that cannot be read");
        };
        for flaw in flaws {
            self.violation(id, flaw.clause(), flaw.what());
        }
    }

    fn violation(&mut self, object: Option<ObjectId>, clause: &'static str, what: &str) {
        if self.found.len() >= super::FOUND_MAX {
            return;
        }
        self.found.push(Violation {
            object,
            ..Violation::of_file(clause, what)
        });
    }
}

/// Whether the PDF library read the same stream, whose length it writes anew.
fn is_stream_as_read(
    document: &Document,
    id: ObjectId,
    dictionary: &Dictionary,
    data: &[u8],
) -> bool {
    let Some(Object::Stream(read)) = document.objects.get(&id) else {
        return false;
    };
    let others = |dictionary: &Dictionary| dictionary.len().saturating_sub(1);
    let is_same = |key: &[u8], value: &Object| read.dict.get(key).is_ok_and(|read| read == value);
    read.content == data
        && others(&read.dict) == others(dictionary)
        && dictionary
            .iter()
            .all(|(key, value)| key == b"Length" || is_same(key, value))
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
