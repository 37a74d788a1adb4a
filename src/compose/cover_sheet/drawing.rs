//! What stands where on the sheet.

use pdf_writer::{Content, Name, Str};
use unicode_normalization::UnicodeNormalization;

use super::qr::{self, Modules};
use super::{PrintError, PrintedSheet, TITLE};
use crate::record::vietnam_time;
use crate::typeface::{Subset, Typeface};

/// Width and height of the page, points.
pub(super) const A4: (f32, f32) = (595.276, 841.89);
/// The name of the page's one font in its resources.
pub(super) const FONT: Name<'static> = Name(b"F1");

/// Points in a millimetre.
const MM: f64 = 72.0 / 25.4;
/// Side of the code without its quiet zone: at 200 dpi each of its 45 or so modules has 8 pixels.
const CODE_SIDE: f64 = 50.0 * MM;
/// White round the code, modules (ISO/IEC 18004 §6.3.8).
const QUIET: f64 = 4.0;
/// Left and right edges of text; office printers reach them all.
const MARGIN: f64 = 20.0 * MM;
/// Distance of base lines, times the size.
const LEADING: f64 = 1.3;

/// How to use it, for whoever holds it in hand.
const USE: [&str; 5] = [
    "1. Mỗi giấy tờ dùng một tờ phân cách, in khổ A4, không thu nhỏ.",
    "2. Đặt tờ này ngay trước trang đầu của giấy tờ, mặt in cùng phía với mặt trước của giấy tờ.",
    "3. Quét cả tập một lượt: hệ thống tách tập tại tờ này và không đưa nó vào tài liệu.",
    "4. Không gấp, không ghi, không đóng dấu lên mã vuông.",
    "5. Tờ này không in số định danh và họ tên của công dân.",
];

/// Text on one base line, points from the page's bottom left.
struct Line {
    text: String,
    size: f64,
    left: f64,
    baseline: f64,
}

/// The page's content before its font is known.
pub(super) struct Drawing {
    lines: Vec<Line>,
    code: Modules,
    /// Left and top of the code.
    code_at: (f64, f64),
}

/// The column being filled from the top down.
struct Column<'a> {
    typeface: &'a Typeface<'a>,
    lines: Vec<Line>,
    /// Points from the bottom of the page.
    top: f64,
}

impl Drawing {
    /// Lays the sheet out.
    pub(super) fn of(
        printed: &PrintedSheet<'_>,
        typeface: &Typeface<'_>,
    ) -> Result<Self, PrintError> {
        let mut column = Column {
            typeface,
            lines: Vec::new(),
            top: f64::from(A4.1) - 18.0 * MM,
        };
        let sheet = printed.sheet;
        let agency: String = printed.agency.nfc().collect();
        let agency = agency.split_whitespace().collect::<Vec<_>>().join(" ");
        column.centred(&agency, 14.0)?;
        column.skip(6.0);
        column.centred(TITLE, 30.0)?;
        column.skip(4.0);

        let code = qr::encode(printed.code_text)?;
        let quiet = QUIET * CODE_SIDE / f64::from(code.side);
        let code_at = ((f64::from(A4.0) - CODE_SIDE) / 2.0, column.top - quiet);
        column.top -= CODE_SIDE + 2.0 * quiet;

        column.centred("Mã hồ sơ", 14.0)?;
        column.centred(sheet.dossier.as_str(), 28.0)?;
        column.skip(3.0);
        if let Some(kind) = &sheet.kind {
            column.centred(&format!("Loại giấy tờ: {kind}"), 15.0)?;
        }
        column.centred(&format!("Tờ số: {}", sheet.number), 15.0)?;
        column.centred(&format!("Lập lúc: {}", vietnam_time(printed.made)), 15.0)?;
        column.skip(12.0);
        column.flush_left("Cách dùng", 15.0)?;
        for step in USE {
            column.flush_left(step, 13.0)?;
        }
        Ok(Self {
            lines: column.lines,
            code,
            code_at,
        })
    }

    /// All text on the page.
    pub(super) fn lines(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().map(|line| line.text.as_str())
    }

    /// The box round every line: left, bottom, right, top.
    #[cfg(test)]
    pub(super) fn places(&self, typeface: &Typeface<'_>) -> Vec<[f64; 4]> {
        let place = |line: &Line| {
            let width = typeface.width(&line.text).expect("has the letters");
            let right = line.left + width * line.size / 1000.0;
            [line.left, line.baseline, right, line.baseline + line.size]
        };
        self.lines.iter().map(place).collect()
    }

    /// The content stream, its text in the codes of the subset.
    pub(super) fn content(&self, subset: &Subset<'_>) -> Vec<u8> {
        let mut content = Content::new();
        content.set_fill_gray(0.0);
        let module = CODE_SIDE / f64::from(self.code.side);
        let (left, top) = self.code_at;
        for (column, row, length) in &self.code.runs {
            content.rect(
                single(left + f64::from(*column) * module),
                single(top - f64::from(row + 1) * module),
                single(f64::from(*length) * module),
                single(module),
            );
        }
        // One path for the whole code: between paths viewers leave white hairlines.
        content.fill_nonzero();
        content.begin_text();
        for line in &self.lines {
            let codes: Vec<u8> = subset
                .codes(&line.text)
                .flat_map(u16::to_be_bytes)
                .collect();
            content
                .set_font(FONT, single(line.size))
                .set_text_matrix([1.0, 0.0, 0.0, 1.0, single(line.left), single(line.baseline)])
                .show(Str(&codes));
        }
        content.end_text();
        content.finish().to_vec()
    }
}

impl Column<'_> {
    /// Leaves so many millimetres white.
    fn skip(&mut self, millimetres: f64) {
        self.top -= millimetres * MM;
    }

    /// A paragraph in the middle; a word that is too long for the page makes it smaller.
    fn centred(&mut self, text: &str, size: f64) -> Result<(), PrintError> {
        let room = f64::from(A4.0) - 2.0 * MARGIN;
        let mut longest = 0.0_f64;
        for word in text.split(' ') {
            longest = longest.max(self.typeface.width(word)? * size / 1000.0);
        }
        let size = size * (room / longest.max(1.0)).min(1.0);
        for line in self.typeface.wrap(text, room * 1000.0 / size)? {
            let width = self.typeface.width(&line)? * size / 1000.0;
            self.line(line, size, (f64::from(A4.0) - width) / 2.0);
        }
        Ok(())
    }

    fn flush_left(&mut self, text: &str, size: f64) -> Result<(), PrintError> {
        let room = f64::from(A4.0) - 2.0 * MARGIN;
        for line in self.typeface.wrap(text, room * 1000.0 / size)? {
            self.line(line, size, MARGIN);
        }
        Ok(())
    }

    fn line(&mut self, text: String, size: f64, left: f64) {
        self.top -= size * LEADING;
        self.lines.push(Line {
            text,
            size,
            left,
            baseline: self.top,
        });
    }
}

/// PDF numbers are single precision here.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a place on a page has few digits"
)]
pub(super) fn single(points: f64) -> f32 {
    points as f32
}
