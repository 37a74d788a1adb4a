//! Object streams (ISO 32000-1 §7.5.7): the spelling of what is inside, and that it is what was read.

use std::collections::BTreeSet;

use lopdf::xref::XrefEntry;
use lopdf::{Dictionary, Document, ObjectId, Stream};

use crate::pdf_object::integer;
use crate::pdfa::lexer::{Flaw, Lexer, Token};

/// One object stream once expanded, bytes.
const STREAM_BYTES_MAX: usize = 256 << 20;
/// All together.
const BYTES_MAX: usize = 1 << 30;

/// What was found inside object streams so far.
#[derive(Default)]
pub(super) struct Inside {
    objects: BTreeSet<u32>,
    bytes: usize,
}

impl Inside {
    /// Reads one object stream; `None` where it cannot be read, or not as the PDF library did.
    pub(super) fn read(
        &mut self,
        document: &Document,
        id: ObjectId,
        dictionary: &Dictionary,
        data: &[u8],
    ) -> Option<BTreeSet<Flaw>> {
        let size = |key: &[u8]| usize::try_from(integer(document, dictionary, key)?).ok();
        let (first, count) = (size(b"First")?, size(b"N")?);
        let stream = Stream::new(dictionary.clone(), data.to_vec());
        let content = if dictionary.has(b"Filter") {
            stream
                .decompressed_content_with_limit(STREAM_BYTES_MAX)
                .ok()?
        } else {
            stream.content
        };
        self.bytes = self.bytes.saturating_add(content.len());
        if self.bytes > BYTES_MAX || count > content.len() {
            return None;
        }
        let mut header = Lexer::new(content.get(..first)?, 0);
        let mut objects = Lexer::new(&content, first);
        for index in 0..count {
            let number = u32::try_from(whole(&mut header)?).ok()?;
            let place = first.checked_add(usize::try_from(whole(&mut header)?).ok()?)?;
            // In their order and not over each other, so that all are read once.
            if place < objects.position() {
                return None;
            }
            objects.seek(place);
            let object = objects.object()?;
            let entry = document.reference_table.get(number);
            if matches!(entry, Some(&XrefEntry::Compressed { container, index: at })
                if container == id.0 && usize::from(at) == index)
            {
                if document.objects.get(&(number, 0)) != Some(&object) {
                    return None;
                }
                self.objects.insert(number);
            }
        }
        Some(objects.take_flaws())
    }

    /// Whether every object that should be inside an object stream is.
    pub(super) fn is_complete(&self, document: &Document) -> bool {
        document
            .reference_table
            .entries
            .iter()
            .filter(|(_, entry)| entry.is_compressed())
            .all(|(number, _)| self.objects.contains(number))
    }
}

fn whole(lexer: &mut Lexer<'_>) -> Option<i64> {
    match lexer.token()? {
        Token::Integer(number) => Some(number),
        _ => None,
    }
}
