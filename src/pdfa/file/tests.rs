//! Files that break one rule of clause 6.1 each, made from one that breaks none.

use lopdf::Document;

use crate::pdfa::{PdfFile, Violation};

/// A file of one empty page, its objects in their order, with a right table.
fn file(objects: &[&str], trailer: &str) -> Vec<u8> {
    let mut bytes = b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n".to_vec();
    let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for (index, object) in objects.iter().enumerate() {
        table.push_str(&format!("{:010} 00000 n \n", bytes.len()));
        bytes.extend(format!("{} 0 obj\n{object}\nendobj\n", index + 1).into_bytes());
    }
    let start = bytes.len();
    bytes.extend(table.into_bytes());
    let size = objects.len() + 1;
    let end = format!("trailer\n<</Size {size}/Root 1 0 R{trailer}>>\nstartxref\n{start}\n%%EOF\n");
    bytes.extend(end.into_bytes());
    bytes
}

const CATALOG: &str = "<</Type/Catalog/Pages 2 0 R>>";
const PAGES: &str = "<</Type/Pages/Kids[3 0 R]/Count 1>>";
const PAGE: &str = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R>>";
const CONTENT: &str = "<</Length 3>>\nstream\nq Q\nendstream";
const ID: &str = "/ID[<01><02>]";

fn sound() -> Vec<u8> {
    file(&[CATALOG, PAGES, PAGE, CONTENT], ID)
}

/// The sound file with one object more, or another trailer.
fn with(object: &str) -> Vec<u8> {
    file(&[CATALOG, PAGES, PAGE, CONTENT, object], ID)
}

fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len(), "places in the file must stay");
    let at = bytes
        .windows(from.len())
        .position(|window| window == from)
        .expect("the bytes to replace are there");
    [&bytes[..at], to, &bytes[at + from.len()..]].concat()
}

fn clauses(bytes: &[u8]) -> Vec<&'static str> {
    let document = Document::load_mem(bytes).expect("the file loads");
    let mut found: Vec<Violation> = Vec::new();
    super::check(
        PdfFile {
            bytes,
            document: &document,
        },
        &mut found,
    );
    let mut clauses: Vec<_> = found.iter().map(|violation| violation.clause).collect();
    clauses.sort_unstable();
    clauses.dedup();
    clauses
}

#[test]
fn a_sound_file_breaks_nothing() {
    assert_eq!(clauses(&sound()), [""; 0]);
}

#[test]
fn header_and_end_are_exact() {
    assert_eq!(
        clauses(&replaced(&sound(), b"%PDF-1.7", b"%PDF-2.0")),
        ["6.1.2"]
    );
    assert_eq!(
        clauses(&replaced(&sound(), b"\xCF\xD3\n", b"\xCF \n")[..]),
        ["6.1.2"]
    );
    let mut padded = sound();
    padded.extend(b"\n");
    assert_eq!(clauses(&padded), ["6.1.3"]);
    let mut cut = sound();
    cut.pop();
    assert_eq!(clauses(&cut), [""; 0]);
    let nameless = file(&[CATALOG, PAGES, PAGE, CONTENT], "");
    assert_eq!(clauses(&nameless), ["6.1.3"]);
}

#[test]
fn the_table_is_written_as_pdf_says() {
    let spaced = replaced(&sound(), b"0 5\n0000000000", b"0 5 0000000000");
    assert!(clauses(&spaced).contains(&"6.1.4"));
    let short = replaced(&sound(), b"65535 f \n", b"65535 f\n\n");
    assert_eq!(clauses(&short), ["6.1.4"]);
}

#[test]
fn spaces_around_objects_are_single() {
    let glued = replaced(&sound(), b"1 0 obj\n", b"1 0 obj ");
    assert_eq!(clauses(&glued), ["6.1.9"]);
    let glued = replaced(&sound(), b">>\nendobj", b">> endobj");
    assert_eq!(clauses(&glued), ["6.1.9"]);
}

#[test]
fn strings_numbers_and_names_are_bounded() {
    assert_eq!(clauses(&with("<0F 1e>")), [""; 0]);
    assert_eq!(clauses(&with("<0F1>")), ["6.1.6"]);
    assert_eq!(clauses(&with("2147483647")), [""; 0]);
    assert_eq!(clauses(&with("2147483648")), ["6.1.13"]);
    let name = |length| format!("/{}", "a".repeat(length));
    assert_eq!(clauses(&with(&name(127))), [""; 0]);
    assert_eq!(clauses(&with(&name(128))), ["6.1.13"]);
    let string = |length| format!("({})", "a".repeat(length));
    assert_eq!(clauses(&with(&string(32_767))), [""; 0]);
    assert_eq!(clauses(&with(&string(32_768))), ["6.1.13"]);
    let signature = |rest: &str| format!("<</Contents<{}>{rest}>>", "00".repeat(32_768));
    assert_eq!(clauses(&with(&signature("/ByteRange[0 1 2 3]"))), [""; 0]);
    assert_eq!(clauses(&with(&signature(""))), ["6.1.13"]);
    assert_eq!(clauses(&with("<</A 1/A 2>>")), ["6.1.1"]);
}

#[test]
fn streams_have_their_length_and_allowed_filters() {
    let stream = |dictionary: &str, data: &str| {
        clauses(&with(&format!(
            "<<{dictionary}>>\nstream\n{data}\nendstream"
        )))
    };
    assert_eq!(stream("/Length 2", "ab"), [""; 0]);
    assert!(stream("/Length 1", "ab").contains(&"6.1.7.1"));
    assert_eq!(stream("/Length 0/F(outside)", ""), ["6.1.7.1"]);
    assert_eq!(stream("/Length 2/Filter/LZWDecode", "ab"), ["6.1.7.2"]);
    assert_eq!(stream("/Length 2/Filter/Crypt", "ab"), ["6.1.7.2"]);
    let identity = "/Length 2/Filter[/Crypt]/DecodeParms[<</Name/Identity>>]";
    assert_eq!(stream(identity, "ab"), [""; 0]);
}

#[test]
fn pages_have_a_bounded_size_and_are_all_found() {
    let page = |sides: &str| {
        let page = PAGE.replace("0 0 595 842", sides);
        clauses(&file(&[CATALOG, PAGES, &page, CONTENT], ID))
    };
    assert_eq!(page("0 0 3 14400"), [""; 0]);
    assert_eq!(page("0 0 2 14400"), ["6.1.13"]);
    assert_eq!(page("0 0 3 14401"), ["6.1.13"]);
    let hidden = PAGE.replace("/Type/Page", "/Type/Leaf");
    assert_eq!(
        clauses(&file(&[CATALOG, PAGES, &hidden, CONTENT], ID)),
        ["6.1.1"]
    );
    let miscounted = PAGES.replace("Count 1", "Count 2");
    assert_eq!(
        clauses(&file(&[CATALOG, &miscounted, PAGE, CONTENT], ID)),
        ["6.1.1"]
    );
}

#[test]
fn permissions_are_those_of_signatures() {
    let catalog = |permissions: &str| {
        let catalog = format!("<</Type/Catalog/Pages 2 0 R/Perms<<{permissions}>>>>");
        clauses(&file(&[&catalog, PAGES, PAGE, CONTENT], ID))
    };
    assert_eq!(catalog("/DocMDP<<>>"), [""; 0]);
    assert_eq!(catalog("/Other<<>>"), ["6.1.12"]);
    let digest = "/DocMDP<</Reference[<</TransformMethod/DocMDP/DigestValue(a)>>]>>";
    assert_eq!(catalog(digest), ["6.1.12"]);
}

#[test]
fn an_object_that_readers_read_differently_is_refused() {
    // ISO 32000-1 leaves open what `#` without two digits means.
    let found = Document::load_mem(&with("<</A/b#zz>>"))
        .map(|_| clauses(&with("<</A/b#zz>>")))
        .unwrap_or_default();
    assert_eq!(found, ["6.1.9"]);
}
