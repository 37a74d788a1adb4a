//! Simple fonts: Type 1 and TrueType (6.2.11.2, 6.2.11.4 to 6.2.11.6).

use lopdf::{Dictionary, Document, Object};

use super::Report;
use super::descriptor::Descriptor;
use super::encoding::{self, Base, Encoding, NOTDEF};
use super::glyphs::{self, Glyph};
use super::program::{Program, TrueType};
use super::shown::ShownFont;
use crate::pdf_object::{integer, name, number, value};

/// The fonts that every viewer has: their dictionaries may lack widths (ISO 32000-1 §9.6.2.2).
const STANDARD: [&[u8]; 14] = [
    b"Times-Roman",
    b"Times-Bold",
    b"Times-Italic",
    b"Times-BoldItalic",
    b"Helvetica",
    b"Helvetica-Bold",
    b"Helvetica-Oblique",
    b"Helvetica-BoldOblique",
    b"Courier",
    b"Courier-Bold",
    b"Courier-Oblique",
    b"Courier-BoldOblique",
    b"Symbol",
    b"ZapfDingbats",
];

/// `FirstChar`, `LastChar` and `Widths`.
pub(super) struct Widths {
    first: i64,
    widths: Vec<f64>,
}

impl Widths {
    /// Nothing where they are missing or do not fit each other, which is reported.
    pub(super) fn read(
        document: &Document,
        font: &Dictionary,
        report: &mut Report<'_>,
    ) -> Option<Self> {
        let first = integer(document, font, b"FirstChar");
        let last = integer(document, font, b"LastChar");
        let items = value(document, font, b"Widths").and_then(|items| items.as_array().ok());
        let (Some(first), Some(last), Some(items)) = (first, last, items) else {
            report.add("6.2.11.2", "font without FirstChar, LastChar or Widths");
            return None;
        };
        let count = last
            .checked_sub(first)
            .and_then(|count| count.checked_add(1));
        if count.and_then(|count| usize::try_from(count).ok()) != Some(items.len()) {
            report.add("6.2.11.2", "Widths does not go from FirstChar to LastChar");
            return None;
        }
        let width = |item: &Object| number(document.dereference(item).ok()?.1);
        let Some(widths) = items.iter().map(width).collect() else {
            report.add("6.2.11.2", "Widths with what is no number");
            return None;
        };
        Some(Self { first, widths })
    }

    pub(super) fn of(&self, code: u8) -> Option<f64> {
        let index = i64::from(code).checked_sub(self.first)?;
        self.widths.get(usize::try_from(index).ok()?).copied()
    }
}

/// Type 1 and multiple master fonts.
pub(super) fn judge_type1(document: &Document, font: &ShownFont<'_>, report: &mut Report<'_>) {
    let base_font = name(document, font.dictionary, b"BaseFont").unwrap_or_default();
    let has_widths = font.dictionary.has(b"Widths")
        || font.dictionary.has(b"FirstChar")
        || font.dictionary.has(b"LastChar");
    let widths = if STANDARD.contains(&base_font) && !has_widths {
        None
    } else {
        Widths::read(document, font.dictionary, report)
    };
    let descriptor = Descriptor::of(document, font.dictionary);
    let Some(file) = descriptor.embedded(document, font.is_visible, report) else {
        return;
    };
    let is_allowed = match file.key {
        b"FontFile" => true,
        b"FontFile3" => matches!(file.subtype.as_slice(), b"Type1C" | b"OpenType"),
        _ => false,
    };
    let program = match Program::read(&file.data) {
        Some(program @ Program::Type1(_)) if is_allowed && file.key == b"FontFile" => program,
        Some(Program::Cff(cff)) if is_allowed && file.key != b"FontFile" && !cff.is_cid_keyed() => {
            Program::Cff(cff)
        }
        _ => return report.add("6.2.11.4.1", "Type 1 program cannot be read"),
    };
    descriptor.judge_char_set(document, &program, report);
    let encoding = Encoding::read(document, font.dictionary);
    if encoding.is_broken || encoding.has_unknown_base {
        return report.add("6.2.11.6", "Encoding is not judged");
    }
    for (code, is_visible) in &font.codes {
        let Ok(code) = u8::try_from(code.value) else {
            continue;
        };
        let glyph = match type1_name(&encoding, &program, code) {
            None => Glyph::Notdef,
            Some(NOTDEF) => Glyph::Notdef,
            Some(name) => program.named(name).map_or(Glyph::Missing, Glyph::Defined),
        };
        let stated = widths.as_ref().map(|widths| {
            widths
                .of(code)
                .unwrap_or_else(|| descriptor.missing_width(document))
        });
        glyphs::judge(glyph, *is_visible, &program, stated, report);
    }
}

/// The glyph name of a code: `Differences` over the named encoding, else over the program's own.
pub(super) fn type1_name<'e>(
    encoding: &'e Encoding,
    program: &'e Program<'_>,
    code: u8,
) -> Option<&'e str> {
    if let Some(name) = encoding.difference(code) {
        return Some(name);
    }
    match encoding.base {
        Some(base) => base.glyph_name(code),
        None => program.own_encoding(code),
    }
}

/// TrueType fonts.
pub(super) fn judge_true_type(document: &Document, font: &ShownFont<'_>, report: &mut Report<'_>) {
    let widths = Widths::read(document, font.dictionary, report);
    let descriptor = Descriptor::of(document, font.dictionary);
    let is_symbolic = descriptor.is_symbolic(document);
    let encoding = Encoding::read(document, font.dictionary);
    judge_encoding(&encoding, is_symbolic, report);
    let Some(file) = descriptor.embedded(document, font.is_visible, report) else {
        return;
    };
    let is_allowed = file.key == b"FontFile2" || file.subtype == b"OpenType";
    let program = match Program::read(&file.data) {
        Some(program @ Program::TrueType(_)) if is_allowed => program,
        _ => return report.add("6.2.11.4.1", "TrueType program cannot be read"),
    };
    let Program::TrueType(tables) = &program else {
        return;
    };
    judge_cmaps(&encoding, is_symbolic, tables, report);
    for (code, is_visible) in &font.codes {
        let Ok(code) = u8::try_from(code.value) else {
            continue;
        };
        let glyph = if is_symbolic {
            symbol(tables, code).map_or(Glyph::Missing, Glyph::Defined)
        } else {
            match true_type_name(&encoding, code) {
                None | Some(NOTDEF) => Glyph::Notdef,
                Some(name) => letter(tables, name).map_or(Glyph::Missing, Glyph::Defined),
            }
        };
        let stated = widths.as_ref().map(|widths| {
            widths
                .of(code)
                .unwrap_or_else(|| descriptor.missing_width(document))
        });
        glyphs::judge(glyph, *is_visible, &program, stated, report);
    }
}

fn judge_encoding(encoding: &Encoding, is_symbolic: bool, report: &mut Report<'_>) {
    if is_symbolic {
        if encoding.is_present {
            report.add("6.2.11.6", "symbolic TrueType font with an Encoding");
        }
        return;
    }
    if !matches!(encoding.base, Some(Base::WinAnsi | Base::MacRoman)) || encoding.is_broken {
        report.add(
            "6.2.11.6",
            "TrueType font with neither MacRoman nor WinAnsi",
        );
    }
    let strange = encoding
        .differences
        .iter()
        .flatten()
        .any(|(_, name)| !encoding::is_in_glyph_list(name));
    if strange {
        report.add("6.2.11.6", "Differences with a name outside the glyph list");
    }
}

fn judge_cmaps(
    encoding: &Encoding,
    is_symbolic: bool,
    tables: &TrueType<'_>,
    report: &mut Report<'_>,
) {
    let symbol = tables.has_cmap(3, 0);
    if is_symbolic {
        if tables.cmap_count() != 1 && !symbol {
            report.add("6.2.11.6", "symbolic TrueType font with several cmaps");
        }
        return;
    }
    if tables.cmap_count() <= usize::from(symbol) {
        report.add("6.2.11.6", "TrueType font without a cmap for its letters");
    }
    if encoding.differences.is_some() && !tables.has_cmap(3, 1) {
        report.add("6.2.11.6", "Differences without a cmap (3, 1)");
    }
}

/// The name of a code; codes that the encoding leaves out are those of `StandardEncoding` (ISO 32000-1 §9.6.6.4).
pub(super) fn true_type_name(encoding: &Encoding, code: u8) -> Option<&str> {
    encoding
        .difference(code)
        .or_else(|| encoding.base?.glyph_name(code))
        .or_else(|| Base::Standard.glyph_name(code))
}

/// The glyph of a letter.
fn letter(tables: &TrueType<'_>, name: &str) -> Option<u32> {
    let by_unicode =
        encoding::character(name).and_then(|character| tables.mapped(3, 1, u32::from(character)));
    by_unicode.or_else(|| tables.mapped(1, 0, u32::from(encoding::mac_os_code(name)?)))
}

/// The glyph of a code of a symbolic font, whose codes may stand in the private area.
fn symbol(tables: &TrueType<'_>, code: u8) -> Option<u32> {
    let code = u32::from(code);
    if tables.has_cmap(3, 0) {
        return [0xF000, 0xF100, 0xF200, 0]
            .into_iter()
            .find_map(|area| tables.mapped(3, 0, area + code));
    }
    tables.mapped(1, 0, code)
}
