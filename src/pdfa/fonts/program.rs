//! Font programs: which glyphs they define, under which names, how wide they are.
//!
//! The formats are read by `read-fonts`; a glyph counts as defined where its whole description can be
//! read. Nothing is drawn. The work of one glyph is bounded by that library, the number of glyphs by the format.

use std::collections::BTreeMap;

use read_fonts::ps::cff::CffFontRef;
use read_fonts::ps::charstring::NullSink;
use read_fonts::ps::type1::Type1Font;
use read_fonts::tables::cmap::CmapSubtable;
use read_fonts::types::{GlyphId, Tag};
use read_fonts::{FontRef, TableProvider};

/// Glyphs a program may have; the formats number them with 16 bits.
const GLYPHS_MAX: u32 = 65_536;
/// Subtables of a `cmap` that are looked at; fonts have up to six.
const SUBTABLES_MAX: usize = 64;

/// A font program of any kind that PDF/A-2 allows.
pub(super) enum Program<'a> {
    TrueType(TrueType<'a>),
    Cff(Cff<'a>),
    Type1(Box<Type1>),
}

impl<'a> Program<'a> {
    /// Tells the kind from the first bytes; nothing where the program cannot be read.
    pub(super) fn read(data: &'a [u8]) -> Option<Self> {
        match data.get(..4)? {
            b"OTTO" => {
                let font = FontRef::new(data).ok()?;
                let table = font.table_data(Tag::new(b"CFF "))?;
                Cff::read(table.as_bytes()).map(Self::Cff)
            }
            [0, 1, 0, 0] | b"true" => TrueType::read(data).map(Self::TrueType),
            [1, ..] => Cff::read(data).map(Self::Cff),
            _ => Type1::read(data).map(|font| Self::Type1(Box::new(font))),
        }
    }

    /// Whether the glyph's whole description can be read.
    pub(super) fn is_sound(&self, glyph: u32) -> bool {
        match self {
            Self::TrueType(font) => font.is_sound(glyph),
            Self::Cff(font) => font.is_sound(glyph),
            Self::Type1(font) => {
                let glyph = GlyphId::new(glyph);
                font.font.evaluate_charstring(glyph, &mut NullSink).is_ok()
            }
        }
    }

    /// Advance width in thousandths of the text size.
    pub(super) fn width(&self, glyph: u32) -> Option<f64> {
        match self {
            Self::TrueType(font) => font.width(glyph),
            Self::Cff(font) => font.width(glyph),
            Self::Type1(font) => {
                let width = font.font.evaluate_width(GlyphId::new(glyph)).ok()??;
                thousandths(width.to_f64(), font.font.upem())
            }
        }
    }

    /// The glyph of a name, in a program that knows its glyphs by name.
    pub(super) fn named(&self, name: &str) -> Option<u32> {
        match self {
            Self::TrueType(_) => None,
            Self::Cff(font) => font.names.get(name.as_bytes()).copied(),
            Self::Type1(font) => font.names.get(name).copied(),
        }
    }

    /// All glyph names, `.notdef` too.
    pub(super) fn names(&self) -> Vec<&[u8]> {
        match self {
            Self::TrueType(_) => Vec::new(),
            Self::Cff(font) => font.names.keys().copied().collect(),
            Self::Type1(font) => font.names.keys().map(String::as_bytes).collect(),
        }
    }

    /// The name that the program's own encoding has for a code.
    pub(super) fn own_encoding(&self, code: u8) -> Option<&str> {
        match self {
            Self::TrueType(_) => None,
            Self::Cff(font) => font.own_encoding(code),
            Self::Type1(font) => font.font.encoding()?.glyph_name(code),
        }
    }
}

fn thousandths(width: f64, units_per_em: i32) -> Option<f64> {
    (units_per_em > 0).then(|| width * 1000.0 / f64::from(units_per_em))
}

/// A Type 1 program.
pub(super) struct Type1 {
    font: Type1Font,
    names: BTreeMap<String, u32>,
}

impl Type1 {
    fn read(data: &[u8]) -> Option<Self> {
        let font = Type1Font::new(data).ok()?;
        if font.num_glyphs() > GLYPHS_MAX {
            return None;
        }
        let names = font
            .glyph_names()
            .map(|(glyph, name)| (name.to_owned(), glyph.to_u32()))
            .collect();
        Some(Self { font, names })
    }
}

/// A CFF program, by itself or as a table of an OpenType font.
pub(super) struct Cff<'a> {
    font: CffFontRef<'a>,
    /// Of a program that is not CID-keyed.
    names: BTreeMap<&'a [u8], u32>,
    /// Of a CID-keyed program.
    cids: Option<BTreeMap<u32, u32>>,
}

impl<'a> Cff<'a> {
    fn read(data: &'a [u8]) -> Option<Self> {
        let font = CffFontRef::new_cff(data, 0, None).ok()?;
        let glyphs = font.num_glyphs();
        if glyphs == 0 || glyphs > GLYPHS_MAX {
            return None;
        }
        let charset = font.charset()?;
        let mut names = BTreeMap::new();
        let mut cids = BTreeMap::new();
        for (glyph, sid) in charset.iter().take(usize::try_from(glyphs).ok()?) {
            if font.is_cid() {
                cids.entry(u32::from(sid.to_u16()))
                    .or_insert(glyph.to_u32());
            } else if let Some(name) = font.string(sid) {
                names.entry(name).or_insert(glyph.to_u32());
            }
        }
        let cids = font.is_cid().then_some(cids);
        Some(Self { font, names, cids })
    }

    /// The glyph of a CID; a program without CIDs is addressed by glyph number (ISO 32000-1 §9.7.4.2).
    pub(super) fn of_cid(&self, cid: u32) -> Option<u32> {
        match &self.cids {
            Some(cids) => cids.get(&cid).copied(),
            None => (cid < self.font.num_glyphs()).then_some(cid),
        }
    }

    /// All CIDs of its glyphs.
    pub(super) fn cids(&self) -> Vec<u32> {
        match &self.cids {
            Some(cids) => cids.keys().copied().collect(),
            None => (0..self.font.num_glyphs()).collect(),
        }
    }

    pub(super) fn is_cid_keyed(&self) -> bool {
        self.cids.is_some()
    }

    fn own_encoding(&self, code: u8) -> Option<&str> {
        let encoding = self.font.encoding()?;
        let glyph = encoding.map(code)?;
        let sid = encoding.charset().string_id(glyph)?;
        std::str::from_utf8(self.font.string(sid)?).ok()
    }

    fn is_sound(&self, glyph: u32) -> bool {
        let glyph = GlyphId::new(glyph);
        let subfont = self
            .font
            .subfont_index(glyph)
            .and_then(|index| self.font.subfont(index, &[]).ok());
        subfont.is_some_and(|subfont| {
            self.font
                .evaluate_charstring(&subfont, glyph, &[], &mut NullSink)
                .is_ok()
        })
    }

    fn width(&self, glyph: u32) -> Option<f64> {
        let glyph = GlyphId::new(glyph);
        let subfont = self
            .font
            .subfont(self.font.subfont_index(glyph)?, &[])
            .ok()?;
        let stated = self.font.evaluate_width(&subfont, glyph, &[]).ok()?;
        // A private dictionary without `defaultWidthX` means 0.
        let width = stated.map_or(0.0, |width| width.to_f64());
        thousandths(width, self.font.upem())
    }
}

/// A TrueType program.
pub(super) struct TrueType<'a> {
    font: FontRef<'a>,
    glyphs: u32,
    units_per_em: u16,
    /// `(platform, encoding, subtable)`.
    cmaps: Vec<(u16, u16, CmapSubtable<'a>)>,
    /// All subtables, those that cannot be read too.
    cmap_count: usize,
    metrics: &'a [u8],
    long_metrics: u32,
}

impl<'a> TrueType<'a> {
    fn read(data: &'a [u8]) -> Option<Self> {
        let font = FontRef::new(data).ok()?;
        let mut cmaps = Vec::new();
        let mut cmap_count = 0;
        if let Ok(cmap) = font.cmap() {
            cmap_count = cmap.encoding_records().len();
            for record in cmap.encoding_records().iter().take(SUBTABLES_MAX) {
                if let Ok(subtable) = record.subtable(cmap.offset_data()) {
                    let platform = record.platform_id.be_bytes().try_into().ok()?;
                    cmaps.push((u16::from_be_bytes(platform), record.encoding_id(), subtable));
                }
            }
        }
        Some(Self {
            glyphs: font.maxp().ok()?.num_glyphs().into(),
            units_per_em: font.head().ok()?.units_per_em(),
            cmaps,
            cmap_count,
            metrics: font.table_data(Tag::new(b"hmtx"))?.as_bytes(),
            long_metrics: font.hhea().ok()?.number_of_h_metrics().into(),
            font,
        })
    }

    pub(super) fn glyph_count(&self) -> u32 {
        self.glyphs
    }

    pub(super) fn cmap_count(&self) -> usize {
        self.cmap_count
    }

    pub(super) fn has_cmap(&self, platform: u16, encoding: u16) -> bool {
        self.cmap(platform, encoding).is_some()
    }

    fn cmap(&self, platform: u16, encoding: u16) -> Option<&CmapSubtable<'a>> {
        self.cmaps
            .iter()
            .find(|(of, with, _)| (*of, *with) == (platform, encoding))
            .map(|(_, _, subtable)| subtable)
    }

    /// The glyph of a code in one subtable; 0 counts as none.
    pub(super) fn mapped(&self, platform: u16, encoding: u16, code: u32) -> Option<u32> {
        let glyph = self.cmap(platform, encoding)?.map_codepoint(code)?.to_u32();
        (glyph != 0 && glyph < self.glyphs).then_some(glyph)
    }

    fn is_sound(&self, glyph: u32) -> bool {
        let (Ok(loca), Ok(glyf)) = (self.font.loca(None), self.font.glyf()) else {
            return false;
        };
        loca.get(GlyphId::new(glyph), &glyf).is_some()
    }

    fn width(&self, glyph: u32) -> Option<f64> {
        let index = usize::try_from(glyph.min(self.long_metrics.checked_sub(1)?)).ok()?;
        let at = index.checked_mul(4)?;
        let advance = self.metrics.get(at..at.checked_add(2)?)?;
        let advance = u16::from_be_bytes(advance.try_into().ok()?);
        thousandths(advance.into(), self.units_per_em.into())
    }
}
