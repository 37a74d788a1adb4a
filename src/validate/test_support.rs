//! Small PDFs made by hand: revisions object by object, signature fields with a value that nobody made with a key.

use std::collections::BTreeMap;

use crate::config::Limits;
use crate::validate::changes::{self, Changes};
use crate::validate::document::SignedDocument;

/// `/Contents` of a sketched signature; hexadecimal digits.
const VALUE: &str = "300401020304050600000000";

/// A PDF that is being made.
#[derive(Clone)]
pub(crate) struct Sketch {
    pub(crate) bytes: Vec<u8>,
    /// Offset of the newest section.
    pub(crate) section: usize,
    pub(crate) size: u32,
    /// More entries of each trailer.
    pub(crate) trailer: String,
}

impl Sketch {
    /// One page with content (4), a font (5), a form (6) without fields, information (7) and a page tree (2).
    pub(crate) fn page() -> Self {
        Self::of(&[
            (1, "<</Type/Catalog/Pages 2 0 R/AcroForm 6 0 R>>"),
            (2, "<</Type/Pages/Kids[3 0 R]/Count 1>>"),
            (
                3,
                "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R\
                 /Resources<</Font<</F 5 0 R>>>>/Annots[]>>",
            ),
            (4, "<</Length 9>>stream\n(pay 100)\nendstream"),
            (5, "<</Type/Font/Subtype/Type1/BaseFont/Times-Roman>>"),
            (6, "<</Fields[]/SigFlags 3>>"),
            (7, "<</Title(Receipt)/Producer(one)>>"),
        ])
    }

    /// These objects as a file, with 1 as its catalogue and 7 as its information.
    pub(crate) fn of(objects: &[(u32, &str)]) -> Self {
        let empty = Self {
            bytes: b"%PDF-1.7\n".to_vec(),
            section: 0,
            size: 1,
            trailer: "/Root 1 0 R/Info 7 0 R/ID[<01><02>]".to_owned(),
        };
        empty.update(objects)
    }

    /// With an update behind it.
    pub(crate) fn update(mut self, objects: &[(u32, &str)]) -> Self {
        let mut places = BTreeMap::new();
        for (number, text) in objects {
            places.insert(*number, self.bytes.len());
            self.append(&format!("{number} 0 obj\n{text}\nendobj\n"));
        }
        self.close(&places)
    }

    /// With more bytes at its end.
    pub(crate) fn append(&mut self, text: &str) {
        self.bytes.extend_from_slice(text.as_bytes());
    }

    /// With a cross-reference section for objects at these offsets.
    pub(crate) fn close(mut self, places: &BTreeMap<u32, usize>) -> Self {
        let section = self.bytes.len();
        let mut table = "xref\n".to_owned();
        if self.section == 0 {
            table += "0 1\n0000000000 65535 f \n";
        }
        for (number, offset) in places {
            table += &format!("{number} 1\n{offset:010} 00000 n \n");
        }
        let last = places.last_key_value().map_or(0, |(number, _)| *number);
        self.size = self.size.max(last + 1);
        let previous = match self.section {
            0 => String::new(),
            offset => format!("/Prev {offset}"),
        };
        let (size, trailer) = (self.size, &self.trailer);
        table +=
            &format!("trailer\n<</Size {size}{trailer}{previous}>>\nstartxref\n{section}\n%%EOF\n");
        self.append(&table);
        self.section = section;
        self
    }

    /// Signed in a new field `number` (its dictionary is the next) that joins `fields` of the form and the page.
    pub(crate) fn sign(self, number: u32, fields: &str) -> Self {
        self.sign_with(number, fields, "/Rect[0 0 0 0]", "")
    }

    /// As [`Sketch::sign`], with entries of the field and of the signature dictionary.
    pub(crate) fn sign_with(self, number: u32, fields: &str, field: &str, signature: &str) -> Self {
        let value = number + 1;
        let form = format!("<</Fields[{fields} {number} 0 R]/SigFlags 3>>");
        let page = format!(
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R\
             /Resources<</Font<</F 5 0 R>>>>/Annots[{fields} {number} 0 R]>>"
        );
        let widget = format!(
            "<</Type/Annot/Subtype/Widget/FT/Sig/T(S{number})/V {value} 0 R/P 3 0 R/F 132{field}>>"
        );
        let objects = [
            (3, page.as_str()),
            (6, form.as_str()),
            (number, widget.as_str()),
        ];
        self.sign_by(value, signature, &objects)
    }

    /// With an update of these objects and a signature dictionary over everything.
    pub(crate) fn sign_by(self, value: u32, more: &str, objects: &[(u32, &str)]) -> Self {
        let start = self.bytes.len();
        let dictionary = format!(
            "<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached{more}\
             /ByteRange[0 1111111111 2222222222 3333333333]/Contents<{VALUE}>>>"
        );
        let mut all = objects.to_vec();
        all.push((value, dictionary.as_str()));
        let mut signed = self.update(&all);
        let find = |bytes: &[u8], text: &str| {
            let mut found = bytes[start..].windows(text.len());
            let found = found.position(|window| window == text.as_bytes());
            start + found.expect("it was written")
        };
        let gap = find(&signed.bytes, &format!("<{VALUE}>"));
        let gap_end = gap + VALUE.len() + 2;
        for (mark, number) in [
            ("1111111111", gap),
            ("2222222222", gap_end),
            ("3333333333", signed.bytes.len() - gap_end),
        ] {
            let at = find(&signed.bytes, mark);
            signed.bytes[at..at + 10].copy_from_slice(format!("{number:<10}").as_bytes());
        }
        signed
    }

    /// With some text replaced by another of the same length, everywhere.
    pub(crate) fn replace(mut self, from: &str, to: &str) -> Self {
        assert_eq!(from.len(), to.len(), "offsets must stay");
        let mut at = 0;
        while let Some(found) = self.bytes[at..]
            .windows(from.len())
            .position(|it| it == from.as_bytes())
        {
            at += found;
            self.bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
            at += to.len();
        }
        assert!(at > 0, "{from} is not there");
        self
    }

    /// Read as a file would be.
    pub(crate) fn read(&self) -> SignedDocument {
        SignedDocument::read(self.bytes.clone(), &Limits::default()).expect("a PDF")
    }

    /// What was changed after the first signature.
    pub(crate) fn changes(&self) -> Changes {
        let document = self.read();
        let field = document.fields().first().expect("a signature");
        changes::after(&document, field)
    }

    /// Codes of what was changed after the first signature and must not be.
    pub(crate) fn forbidden(&self) -> Vec<&'static str> {
        self.changes()
            .forbidden
            .iter()
            .map(|it| it.what.code())
            .collect()
    }

    /// Codes of what was changed after the first signature and may be; nothing else was.
    pub(crate) fn allowed(&self) -> Vec<&'static str> {
        let changes = self.changes();
        assert_eq!(changes.forbidden, [], "nothing forbidden");
        changes.allowed.iter().map(|it| it.what.code()).collect()
    }
}
