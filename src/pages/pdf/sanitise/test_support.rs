//! What stands around copied pages in a file: just enough for a reader and a validator.

use std::path::Path;

use lopdf::{Dictionary, Document, Object, ObjectId, Stream, dictionary};

use super::{Copied, Target, Wanted, copy, examine};
use crate::pdf_object::{dictionary, inherited, value};

/// The frame takes the numbers before.
pub(super) const TARGET: Target = Target {
    first: 5,
    page_tree: 2,
};

const PROFILE: &[u8] = crate::pdfa::SRGB_PROFILE;

const XMP: &str = "<?xpacket begin=\"\u{FEFF}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\
    <x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\
    <rdf:Description rdf:about=\"\" xmlns:pdfaid=\"http://www.aiim.org/pdfa/ns/id/\">\
    <pdfaid:part>2</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance></rdf:Description>\
    </rdf:RDF></x:xmpmeta><?xpacket end=\"r\"?>";

/// A whole PDF/A-2b file of copied pages.
pub(super) fn whole(copied: &Copied) -> Vec<u8> {
    let kids: Vec<String> = copied
        .pages
        .iter()
        .map(|page| format!("{page} 0 R"))
        .collect();
    let stream = |entries: &str, data: &[u8]| {
        let head = format!("<<{entries}/Length {}>>\nstream\n", data.len());
        [head.as_bytes(), data, b"\nendstream"].concat()
    };
    let mut objects = vec![
        b"<</Type/Catalog/Pages 2 0 R/Metadata 3 0 R/OutputIntents[<</Type/OutputIntent\
          /S/GTS_PDFA1/OutputConditionIdentifier(sRGB)/DestOutputProfile 4 0 R>>]>>"
            .to_vec(),
        format!(
            "<</Type/Pages/Count {}/Kids[{}]>>",
            kids.len(),
            kids.join(" ")
        )
        .into_bytes(),
        stream("/Type/Metadata/Subtype/XML", XMP.as_bytes()),
        stream("/N 3", PROFILE),
    ];
    for (number, body) in &copied.objects {
        objects.push(body.clone());
        assert_eq!(*number as usize, objects.len(), "ascending without gaps");
    }
    let mut file = b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n".to_vec();
    let mut table = String::from("0000000000 65535 f\r\n");
    for (index, body) in objects.iter().enumerate() {
        table.push_str(&format!("{:010} 00000 n\r\n", file.len()));
        file.extend_from_slice(format!("{} 0 obj\n", index + 1).as_bytes());
        file.extend_from_slice(body);
        file.extend_from_slice(b"\nendobj\n");
    }
    let size = objects.len() + 1;
    let start = file.len();
    let id = "<00112233445566778899AABBCCDDEEFF>";
    file.extend_from_slice(
        format!(
            "xref\n0 {size}\n{table}trailer\n<</Size {size}/Root 1 0 R/ID[{id}{id}]>>\nstartxref\n{start}\n%%EOF\n"
        )
        .as_bytes(),
    );
    file
}

/// A page as it is turned in the source.
pub(super) fn wanted(document: &Document, page: ObjectId) -> Wanted {
    let degrees = inherited(document, page, b"Rotate")
        .and_then(|object| object.as_i64().ok())
        .unwrap_or(0)
        .rem_euclid(360);
    Wanted {
        page,
        rotate: u16::try_from(degrees / 90 * 90).expect("below 360"),
    }
}

/// A file of one page, built for a test.
pub(super) struct Source {
    pub(super) document: Document,
    pub(super) page: ObjectId,
}

impl Source {
    /// A page with this content and resources on a page tree that gives it its size.
    pub(super) fn new(content: impl Into<Vec<u8>>, resources: Dictionary) -> Self {
        let mut document = Document::with_version("1.7");
        let tree = document.new_object_id();
        let content = document.add_object(Stream::new(Dictionary::new(), content.into()));
        let page = document.add_object(dictionary! {
            "Type" => "Page", "Parent" => tree, "Contents" => content, "Resources" => resources,
        });
        document.objects.insert(
            tree,
            dictionary! {
                "Type" => "Pages", "Kids" => vec![page.into()], "Count" => 1,
                "MediaBox" => rectangle([0, 0, 200, 100]),
            }
            .into(),
        );
        let catalog = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => tree });
        document.trailer.set("Root", catalog);
        Self { document, page }
    }

    /// With this entry in its page.
    pub(super) fn with(mut self, key: &str, value: impl Into<Object>) -> Self {
        self.document
            .get_dictionary_mut(self.page)
            .expect("a page")
            .set(key, value);
        self
    }

    /// An indirect object for the page to refer to.
    pub(super) fn add(&mut self, object: impl Into<Object>) -> ObjectId {
        self.document.add_object(object)
    }

    /// The page copied into a new file, as another program would read it.
    pub(super) fn copied(&self) -> Document {
        let wanted = [wanted(&self.document, self.page)];
        examine(&self.document, self.page).expect("a page without obstacles");
        let copied = copy(Path::new("nowhere"), &self.document, &wanted, TARGET).expect("copied");
        Document::load_mem(&whole(&copied)).expect("a sound file")
    }

    /// Why it cannot be copied.
    pub(super) fn obstacle(&self) -> String {
        let wanted = [wanted(&self.document, self.page)];
        let why = examine(&self.document, self.page).expect_err("an obstacle");
        let copied = copy(Path::new("nowhere"), &self.document, &wanted, TARGET);
        assert_eq!(copied.expect_err("an obstacle"), why);
        why.to_string()
    }
}

pub(super) fn rectangle(sides: [i64; 4]) -> Object {
    Object::Array(sides.map(Object::Integer).to_vec())
}

/// The first page of a copy.
pub(super) fn first_page(document: &Document) -> &Dictionary {
    let page = document.page_iter().next().expect("a page");
    document.get_dictionary(page).expect("a dictionary")
}

/// What one resource of the first page is.
pub(super) fn resource<'a>(document: &'a Document, category: &str, name: &str) -> &'a Object {
    let resources = dictionary(document, first_page(document), b"Resources").expect("resources");
    let category = dictionary(document, resources, category.as_bytes()).expect("the category");
    value(document, category, name.as_bytes()).expect("the resource")
}

/// The content of the first page.
pub(super) fn content(document: &Document) -> String {
    let stream = value(document, first_page(document), b"Contents").expect("content");
    let data = stream.as_stream().expect("a stream").decompressed_content();
    String::from_utf8_lossy(&data.expect("Flate")).into_owned()
}

/// The keys of a dictionary in order of the alphabet.
pub(super) fn keys(dictionary: &Dictionary) -> Vec<String> {
    let mut keys: Vec<String> = dictionary
        .iter()
        .map(|(key, _)| String::from_utf8_lossy(key).into_owned())
        .collect();
    keys.sort();
    keys
}

/// One dictionary over another.
pub(super) fn merged(mut under: Dictionary, over: &Dictionary) -> Dictionary {
    for (key, value) in over {
        under.set(key.clone(), value.clone());
    }
    under
}
