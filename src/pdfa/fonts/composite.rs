//! Composite fonts: CMaps, CIDFonts, widths by CID (6.2.11.3, 6.2.11.4, 6.2.11.5).

use std::collections::{BTreeMap, BTreeSet};

use lopdf::{Dictionary, Document, Object, Stream};

use super::Report;
use super::cmap::{CodeMap, SystemInfo};
use super::descriptor::Descriptor;
use super::glyphs::{self, Glyph};
use super::program::Program;
use super::shown::ShownFont;
use crate::pdf_object::{dictionary, integer, name, number, value};
use crate::pdfa::content;

/// Width of a CID that has none (ISO 32000-1 table 117).
const DEFAULT_WIDTH: f64 = 1000.0;

pub(super) fn judge(document: &Document, font: &ShownFont<'_>, report: &mut Report<'_>) {
    let Some(map) = &font.code_map else {
        return report.add(
            "6.2.11.3.3",
            "CMap is neither predefined nor embedded, or cannot be read",
        );
    };
    if font.has_stray_bytes {
        report.add("6.2.11.8", "text with bytes that the CMap has no code for");
    }
    let Some(cid_font) = descendant(document, font.dictionary) else {
        return report.add("6.2.11.2", "composite font without one CIDFont");
    };
    if name(document, cid_font, b"Type") != Some(b"Font") {
        report.add("6.2.11.2", "CIDFont without Type Font");
    }
    if name(document, cid_font, b"BaseFont").is_none() {
        report.add("6.2.11.2", "CIDFont without BaseFont");
    }
    judge_cmap(document, font.dictionary, map, report);
    judge_collections(document, font.dictionary, cid_font, map, report);
    judge_cid_font(document, font, map, cid_font, report);
}

/// The one CIDFont.
pub(super) fn descendant<'a>(
    document: &'a Document,
    font: &'a Dictionary,
) -> Option<&'a Dictionary> {
    let fonts = value(document, font, b"DescendantFonts")?.as_array().ok()?;
    match fonts.as_slice() {
        [only] => document.dereference(only).ok()?.1.as_dict().ok(),
        _ => None,
    }
}

/// 6.2.11.3.3: the writing mode stands in the CMap and its dictionary alike; only predefined CMaps are used by others.
fn judge_cmap(document: &Document, font: &Dictionary, map: &CodeMap, report: &mut Report<'_>) {
    let (CodeMap::Embedded(map), Some(Object::Stream(stream))) =
        (map, value(document, font, b"Encoding"))
    else {
        return;
    };
    if integer(document, &stream.dict, b"WMode").unwrap_or(0) != map.writing_mode {
        report.add(
            "6.2.11.3.3",
            "WMode of the CMap and of its dictionary differ",
        );
    }
    let used = match value(document, &stream.dict, b"UseCMap") {
        None => None,
        Some(Object::Name(used)) => Some(used.as_slice()),
        Some(_) => Some(b"".as_slice()),
    };
    let allowed = |used: &[u8]| CodeMap::predefined(used).is_some();
    if ![used, map.used.as_deref()]
        .into_iter()
        .flatten()
        .all(allowed)
    {
        report.add("6.2.11.3.3", "CMap uses one that is not predefined");
    }
}

/// 6.2.11.3.1: CIDFont and CMap have the same character collection.
fn judge_collections(
    document: &Document,
    font: &Dictionary,
    cid_font: &Dictionary,
    map: &CodeMap,
    report: &mut Report<'_>,
) {
    if matches!(map, CodeMap::Identity) {
        return;
    }
    let of_font = dictionary(document, cid_font, b"CIDSystemInfo")
        .and_then(|info| system_info(document, info));
    let Some(of_font) = of_font else {
        return report.add("6.2.11.3.1", "CIDFont without CIDSystemInfo");
    };
    let stated = dictionary(document, font, b"Encoding")
        .and_then(|stream| dictionary(document, stream, b"CIDSystemInfo"))
        .and_then(|info| system_info(document, info));
    let of_maps: Vec<SystemInfo> = stated.into_iter().chain(map.system_info()).collect();
    let fits = |of_map: &SystemInfo| {
        of_font.registry == of_map.registry
            && of_font.ordering == of_map.ordering
            && of_font.supplement <= of_map.supplement
    };
    if of_maps.is_empty() || !of_maps.iter().all(fits) {
        report.add("6.2.11.3.1", "CIDSystemInfo of CIDFont and CMap differ");
    }
}

/// The entries of a `CIDSystemInfo` dictionary.
pub(super) fn system_info(document: &Document, info: &Dictionary) -> Option<SystemInfo> {
    let text = |key: &[u8]| Some(value(document, info, key)?.as_str().ok()?.to_vec());
    Some(SystemInfo {
        registry: text(b"Registry")?,
        ordering: text(b"Ordering")?,
        supplement: integer(document, info, b"Supplement")?,
    })
}

fn judge_cid_font(
    document: &Document,
    font: &ShownFont<'_>,
    map: &CodeMap,
    cid_font: &Dictionary,
    report: &mut Report<'_>,
) {
    let is_true_type = match name(document, cid_font, b"Subtype") {
        Some(b"CIDFontType0") => false,
        Some(b"CIDFontType2") => true,
        _ => return report.add("6.2.11.2", "CIDFont of no known Subtype"),
    };
    let descriptor = Descriptor::of(document, cid_font);
    let Some(file) = descriptor.embedded(document, font.is_visible, report) else {
        return;
    };
    let to_glyphs = if is_true_type {
        let Some(to_glyphs) = ToGlyphs::read(document, cid_font) else {
            return report.add("6.2.11.3.2", "CIDFontType2 without CIDToGIDMap");
        };
        Some(to_glyphs)
    } else {
        None
    };
    let is_allowed = match file.key {
        b"FontFile2" => is_true_type,
        b"FontFile3" => {
            file.subtype == b"OpenType" || !is_true_type && file.subtype == b"CIDFontType0C"
        }
        _ => false,
    };
    let program = match Program::read(&file.data) {
        Some(program @ Program::TrueType(_)) if is_allowed && is_true_type => program,
        Some(program @ Program::Cff(_)) if is_allowed && !is_true_type => program,
        _ => return report.add("6.2.11.4.1", "program of the CIDFont cannot be read"),
    };
    let glyph = |cid| glyph(&program, to_glyphs.as_ref(), cid);
    descriptor.judge_cid_set(document, || cids(&program, to_glyphs.as_ref()), report);
    let shown: Vec<(Option<u32>, bool)> = font
        .codes
        .iter()
        .map(|(code, is_visible)| (map.cid(*code), *is_visible))
        .collect();
    let Some(widths) = widths(document, cid_font, shown.iter().filter_map(|(cid, _)| *cid)) else {
        return report.add("6.2.11.2", "W cannot be read");
    };
    for (cid, is_visible) in shown {
        let stated = cid.and_then(|cid| widths.get(&cid).copied());
        let glyph = cid.map_or(Glyph::Notdef, glyph);
        glyphs::judge(glyph, is_visible, &program, stated, report);
    }
}

/// `CIDToGIDMap`.
enum ToGlyphs {
    Identity,
    Map(Vec<u8>),
}

impl ToGlyphs {
    fn read(document: &Document, cid_font: &Dictionary) -> Option<Self> {
        let expanded = |stream: &Stream| content::expanded(stream).map(Self::Map);
        match value(document, cid_font, b"CIDToGIDMap")? {
            Object::Name(name) if name == b"Identity" => Some(Self::Identity),
            Object::Stream(stream) => expanded(stream),
            _ => None,
        }
    }

    fn glyph(&self, cid: u32) -> Option<u32> {
        match self {
            Self::Identity => Some(cid),
            Self::Map(map) => {
                let at = usize::try_from(cid).ok()?.checked_mul(2)?;
                let pair = map.get(at..at.checked_add(2)?)?;
                Some(u16::from_be_bytes(pair.try_into().ok()?).into())
            }
        }
    }
}

fn glyph(program: &Program<'_>, to_glyphs: Option<&ToGlyphs>, cid: u32) -> Glyph {
    if cid == 0 {
        return Glyph::Notdef;
    }
    let glyph = match (program, to_glyphs) {
        (Program::TrueType(font), Some(to_glyphs)) => to_glyphs
            .glyph(cid)
            .filter(|glyph| *glyph < font.glyph_count()),
        (Program::Cff(font), _) => font.of_cid(cid),
        _ => None,
    };
    match glyph {
        Some(0) => Glyph::Notdef,
        Some(glyph) => Glyph::Defined(glyph),
        None => Glyph::Missing,
    }
}

/// All CIDs that lead to a glyph.
fn cids(program: &Program<'_>, to_glyphs: Option<&ToGlyphs>) -> Vec<u32> {
    match (program, to_glyphs) {
        (Program::TrueType(font), Some(ToGlyphs::Identity)) => (0..font.glyph_count()).collect(),
        (Program::TrueType(_), Some(to_glyphs)) => (1..=65_535)
            .filter(|cid| matches!(glyph(program, Some(to_glyphs), *cid), Glyph::Defined(_)))
            .collect(),
        (Program::Cff(font), _) => font.cids(),
        _ => Vec::new(),
    }
}

/// The widths of these CIDs from `W` and `DW`; where `W` says it twice, the first counts.
fn widths(
    document: &Document,
    cid_font: &Dictionary,
    shown: impl Iterator<Item = u32>,
) -> Option<BTreeMap<u32, f64>> {
    let mut widths = BTreeMap::new();
    let mut open: BTreeSet<u32> = shown.collect();
    let items = match value(document, cid_font, b"W") {
        None => &[][..],
        Some(items) => items.as_array().ok()?,
    };
    let mut items = items
        .iter()
        .map(|item| Some(document.dereference(item).ok()?.1));
    while let Some(first) = items.next() {
        let first = u32::try_from(first?.as_i64().ok()?).ok()?;
        match items.next()?? {
            Object::Array(each) => {
                for (cid, width) in (first..).zip(each) {
                    if open.remove(&cid) {
                        widths.insert(cid, number(document.dereference(width).ok()?.1)?);
                    }
                }
            }
            last => {
                let last = u32::try_from(last.as_i64().ok()?).ok()?;
                let width = number(items.next()??)?;
                if first <= last {
                    let range: Vec<u32> = open.range(first..=last).copied().collect();
                    for cid in range {
                        open.remove(&cid);
                        widths.insert(cid, width);
                    }
                }
            }
        }
    }
    let default = super::number_under(document, cid_font, b"DW").unwrap_or(DEFAULT_WIDTH);
    widths.extend(open.into_iter().map(|cid| (cid, default)));
    Some(widths)
}
