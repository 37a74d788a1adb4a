//! Copies of pages put on trial before anything relies on them: they are written as a file of their own,
//! parsed again, and must keep the clauses of PDF/A-2b that pages can break, and look like their source.

use std::collections::BTreeMap;

use lopdf::{Document, ObjectId};

use super::loaded::Loaded;
use super::sanitise::{self, Copied, Obstacle, Target, Wanted};
use super::way::{PageWay, SanitisedPage};
use crate::pdf_object::value;
use crate::pdfa::{self, PdfFile, SRGB_PROFILE, Violation};
use crate::record::Sha256Digest;

/// Numbers of the trial file's own objects.
const CATALOG: u32 = 1;
const PAGE_TREE: u32 = 2;
const PROFILE: u32 = 3;
const FIRST: u32 = 4;

/// Each round gives up the pages that fail; what fails in the last is given up as a whole.
const ROUNDS: usize = 4;

/// What a page would be as a copy, if its parts are such as can be copied.
pub(super) fn candidate(loaded: &Loaded, n: usize) -> Result<SanitisedPage, Obstacle> {
    let gone = || Obstacle("page that cannot be read".to_owned());
    let id = *loaded.pages().get(n).ok_or_else(gone)?;
    loaded.sheet_of(n).map_err(|_| gone())?;
    sanitise::examine(loaded.document(), id)?;
    Ok(SanitisedPage {
        content_sha256: Sha256Digest::of(b""),
        unicode: false,
    })
}

/// Tries all pages that are to be copied, together; those that fail are rendered instead.
pub(super) fn hold(loaded: &Loaded, ways: &mut [PageWay]) {
    for round in 0..ROUNDS {
        let pages: Vec<usize> = sanitised(ways).map(|(n, _)| n).collect();
        if pages.is_empty() {
            return;
        }
        match try_pages(loaded, &pages) {
            Ok(tried) => {
                for (n, page) in ways.iter_mut().enumerate() {
                    if let (PageWay::Sanitised(page), Some(outcome)) = (page, tried.get(&n)) {
                        page.content_sha256 = outcome.0;
                        page.unicode = outcome.1;
                    }
                }
                return;
            }
            Err(failed) => {
                let all = failed.keys().any(|n| !pages.contains(n)) || round + 1 == ROUNDS;
                let first = failed.values().next().cloned().unwrap_or_default();
                for n in pages {
                    let why = failed.get(&n).cloned().or(all.then(|| first.clone()));
                    if let (Some(why), Some(way)) = (why, ways.get_mut(n)) {
                        *way = PageWay::Rendered {
                            why: format!("not copied: {why}"),
                        };
                    }
                }
            }
        }
    }
}

fn sanitised(ways: &[PageWay]) -> impl Iterator<Item = (usize, &SanitisedPage)> {
    ways.iter().enumerate().filter_map(|(n, way)| match way {
        PageWay::Sanitised(page) => Some((n, page)),
        _ => None,
    })
}

/// The content's digest of each page and whether its text maps to Unicode; or why pages fail, by their
/// numbers (`usize::MAX` where the file as a whole fails).
fn try_pages(
    loaded: &Loaded,
    pages: &[usize],
) -> Result<BTreeMap<usize, (Sha256Digest, bool)>, BTreeMap<usize, String>> {
    let whole = |why: String| BTreeMap::from([(usize::MAX, why)]);
    let wanted = pages.iter().filter_map(|&n| {
        let page = *loaded.pages().get(n)?;
        let rotate = loaded.rotation(page).degrees;
        Some(Wanted { page, rotate })
    });
    let target = Target {
        first: FIRST,
        page_tree: PAGE_TREE,
    };
    let wanted: Vec<Wanted> = wanted.collect();
    let copied = sanitise::copy(loaded.path(), loaded.document(), &wanted, target)
        .map_err(|obstacle| whole(obstacle.to_string()))?;
    let bytes = file_of(&copied);
    let document = Document::load_mem(&bytes).map_err(|error| whole(error.to_string()))?;
    let file = PdfFile {
        bytes: &bytes,
        document: &document,
    };
    let violations = pdfa::check_pages(file);
    if !violations.is_empty() {
        return Err(by_page(&violations, pages));
    }
    let without_unicode = pdfa::check_unicode(file);
    let mut tried = BTreeMap::new();
    for (index, (&n, id)) in pages.iter().zip(document.page_iter()).enumerate() {
        let content =
            content_of(&document, id).ok_or_else(|| whole("the copy has no content".to_owned()))?;
        let unicode = without_unicode
            .iter()
            .all(|violation| violation.page.is_some_and(|page| page != index));
        tried.insert(n, (Sha256Digest::of(&content), unicode));
    }
    if tried.len() == pages.len() {
        Ok(tried)
    } else {
        Err(whole("the copy has another number of pages".to_owned()))
    }
}

/// The one content stream of a copied page, expanded.
fn content_of(document: &Document, page: ObjectId) -> Option<Vec<u8>> {
    let page = document.get_dictionary(page).ok()?;
    let stream = value(document, page, b"Contents")?.as_stream().ok()?;
    stream.get_plain_content().ok()
}

fn by_page(violations: &[Violation], pages: &[usize]) -> BTreeMap<usize, String> {
    let mut failed = BTreeMap::new();
    for violation in violations {
        let page = violation.page.and_then(|index| pages.get(index).copied());
        failed
            .entry(page.unwrap_or(usize::MAX))
            .or_insert_with(|| format!("clause {violation}"));
    }
    failed
}

/// A whole file of the copies, with the output intent that all our documents have.
fn file_of(copied: &Copied) -> Vec<u8> {
    let kids: Vec<String> = copied.pages.iter().map(|n| format!("{n} 0 R")).collect();
    let catalog = format!(
        "<</Type/Catalog/Pages {PAGE_TREE} 0 R/OutputIntents[<</Type/OutputIntent/S/GTS_PDFA1\
         /OutputConditionIdentifier(sRGB)/DestOutputProfile {PROFILE} 0 R>>]>>"
    );
    let page_tree = format!(
        "<</Type/Pages/Count {}/Kids[{}]>>",
        kids.len(),
        kids.join(" ")
    );
    let mut profile = format!("<</N 3/Length {}>>\nstream\n", SRGB_PROFILE.len()).into_bytes();
    profile.extend_from_slice(SRGB_PROFILE);
    profile.extend_from_slice(b"\nendstream");
    let mut file = b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n".to_vec();
    let mut offsets = Vec::new();
    let own = [
        (CATALOG, catalog.as_bytes()),
        (PAGE_TREE, page_tree.as_bytes()),
        (PROFILE, profile.as_slice()),
    ];
    let copies = copied.objects.iter().map(|(n, body)| (*n, body.as_slice()));
    for (number, body) in own.into_iter().chain(copies) {
        offsets.push(file.len());
        file.extend_from_slice(format!("{number} 0 obj\n").as_bytes());
        file.extend_from_slice(body);
        file.extend_from_slice(b"\nendobj\n");
    }
    let start = file.len();
    let size = offsets.len() + 1;
    file.extend_from_slice(format!("xref\n0 {size}\n0000000000 65535 f \n").as_bytes());
    for offset in offsets {
        file.extend_from_slice(format!("{offset:010} 00000 n \n").as_bytes());
    }
    let trailer =
        format!("trailer\n<</Size {size}/Root {CATALOG} 0 R>>\nstartxref\n{start}\n%%EOF\n");
    file.extend_from_slice(trailer.as_bytes());
    file
}
