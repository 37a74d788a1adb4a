//! Font descriptors: the embedded program and the lists of its glyphs (6.2.11.2, 6.2.11.4).

use std::collections::BTreeSet;

use lopdf::{Dictionary, Document, Object};

use super::program::Program;
use super::{Report, is_subset};
use crate::pdf_object::{dictionary, integer, name, value};
use crate::pdfa::content;

const SYMBOLIC: i64 = 1 << 2;
const NONSYMBOLIC: i64 = 1 << 5;

/// What a font dictionary says about its program.
pub(super) struct Descriptor<'a> {
    dictionary: Option<&'a Dictionary>,
    base_font: &'a [u8],
}

/// The bytes of an embedded program and the key that they stand under.
pub(super) struct Embedded {
    pub(super) data: Vec<u8>,
    pub(super) key: &'static [u8],
    /// `Subtype` of a `FontFile3`.
    pub(super) subtype: Vec<u8>,
}

impl<'a> Descriptor<'a> {
    /// Of a simple font or a CIDFont.
    pub(super) fn of(document: &'a Document, font: &'a Dictionary) -> Self {
        Self {
            dictionary: dictionary(document, font, b"FontDescriptor"),
            base_font: name(document, font, b"BaseFont").unwrap_or_default(),
        }
    }

    /// A font that says it is both or neither is held to the rules for text.
    pub(super) fn is_symbolic(&self, document: &Document) -> bool {
        let flags = self
            .dictionary
            .and_then(|descriptor| integer(document, descriptor, b"Flags"))
            .unwrap_or(0);
        flags & SYMBOLIC != 0 && flags & NONSYMBOLIC == 0
    }

    pub(super) fn missing_width(&self, document: &Document) -> f64 {
        self.dictionary
            .and_then(|descriptor| super::number_under(document, descriptor, b"MissingWidth"))
            .unwrap_or(0.0)
    }

    /// The embedded program; nothing where there is none, or none that can be expanded, which is reported.
    pub(super) fn embedded(
        &self,
        document: &Document,
        is_visible: bool,
        report: &mut Report<'_>,
    ) -> Option<Embedded> {
        let descriptor = self.dictionary;
        let keys: [&'static [u8]; 3] = [b"FontFile", b"FontFile2", b"FontFile3"];
        let mut files = keys.into_iter().filter_map(|key| {
            let file = value(document, descriptor?, key)?;
            Some((key, file))
        });
        let Some((key, file)) = files.next() else {
            if is_visible {
                report.add("6.2.11.4.1", "font program is not embedded");
            }
            return None;
        };
        if files.next().is_some() {
            report.add("6.2.11.2", "more than one font program");
        }
        let Object::Stream(stream) = file else {
            report.add("6.2.11.4.1", "font program is no stream");
            return None;
        };
        let subtype = name(document, &stream.dict, b"Subtype").unwrap_or_default();
        let is_known = matches!(subtype, b"Type1C" | b"CIDFontType0C" | b"OpenType");
        if (key == b"FontFile3") != is_known && !subtype.is_empty()
            || key == b"FontFile3" && !is_known
        {
            report.add("6.2.11.2", "FontFile3 without a known Subtype");
        }
        let Some(data) = content::expanded(stream) else {
            report.add("6.2.11.4.1", "font program cannot be expanded");
            return None;
        };
        Some(Embedded {
            data,
            key,
            subtype: subtype.to_vec(),
        })
    }

    /// `CharSet` names the glyphs that the program has, all and no others, but for `.notdef`.
    pub(super) fn judge_char_set(
        &self,
        document: &Document,
        program: &Program<'_>,
        report: &mut Report<'_>,
    ) {
        let listed = self
            .dictionary
            .and_then(|descriptor| value(document, descriptor, b"CharSet"));
        let Some(listed) = listed.filter(|_| is_subset(self.base_font)) else {
            return;
        };
        let listed: BTreeSet<&[u8]> = listed
            .as_str()
            .unwrap_or_default()
            .split(|byte| *byte == b'/' || byte.is_ascii_whitespace())
            .filter(|name| !name.is_empty() && *name != b".notdef")
            .collect();
        let defined: BTreeSet<&[u8]> = program
            .names()
            .into_iter()
            .filter(|name| *name != b".notdef")
            .collect();
        if listed != defined {
            report.add(
                "6.2.11.4.2",
                "CharSet does not list the glyphs of the program",
            );
        }
    }

    /// `CIDSet` marks the CIDs that the program has, all and no others, but for CID 0.
    pub(super) fn judge_cid_set(
        &self,
        document: &Document,
        defined: impl FnOnce() -> Vec<u32>,
        report: &mut Report<'_>,
    ) {
        let listed = self
            .dictionary
            .and_then(|descriptor| value(document, descriptor, b"CIDSet"));
        let Some(listed) = listed.filter(|_| is_subset(self.base_font)) else {
            return;
        };
        let bits = listed.as_stream().ok().and_then(content::expanded);
        let mut listed = BTreeSet::new();
        for (byte, first) in bits
            .unwrap_or_default()
            .iter()
            .zip((0_u32..=65_535).step_by(8))
        {
            listed.extend(
                (0..8)
                    .filter(|bit| byte & (0x80 >> bit) != 0)
                    .map(|bit| first + bit),
            );
        }
        let mut defined: BTreeSet<u32> = defined().into_iter().collect();
        listed.remove(&0);
        defined.remove(&0);
        if listed != defined {
            report.add(
                "6.2.11.4.2",
                "CIDSet does not list the glyphs of the program",
            );
        }
    }
}
