//! The cover sheet on paper: one A4 page, PDF/A-2u, to be printed and laid in front of a document.
//!
//! Drawn with vectors and an embedded typeface, so that the code stays sharp on any printer. The page
//! shows dossier, kind, number, time and how to use it; it never shows a citizen's number or name, the
//! first of which only the office's key gets out of the code.
//!
//! Not here: what the code says ([`crate::recognise::cover_sheet`]), durability.

mod qr;

use std::path::Path;

use jiff::Timestamp;
use unicode_normalization::UnicodeNormalization;

use super::metadata::SheetMetadata;
use super::sheet::{self, A4, Layout, MM, PrintError};
use crate::recognise::cover_sheet::{CoverSheet, TITLE};
use crate::record::vietnam_time;
use crate::typeface::Typeface;

/// Side of the code without its quiet zone: at 200 dpi each of its 45 or so modules has 8 pixels.
const CODE_SIDE: f64 = 50.0 * MM;
/// White round the code, modules (ISO/IEC 18004 §6.3.8).
const QUIET: f64 = 4.0;

/// How to use it, for whoever holds it in hand.
const USE: [&str; 5] = [
    "1. Mỗi giấy tờ dùng một tờ phân cách, in khổ A4, không thu nhỏ.",
    "2. Đặt tờ này ngay trước trang đầu của giấy tờ, mặt in cùng phía với mặt trước của giấy tờ.",
    "3. Quét cả tập một lượt: hệ thống tách tập tại tờ này và không đưa nó vào tài liệu.",
    "4. Không gấp, không ghi, không đóng dấu lên mã vuông.",
    "5. Tờ này không in số định danh và họ tên của công dân.",
];

/// What is to be printed.
#[derive(Debug, Clone, Copy)]
pub struct PrintedSheet<'a> {
    /// What the sheet says; its citizen is not printed.
    pub sheet: &'a CoverSheet,
    /// The text of its code, see [`CoverSheet::code_text`].
    pub code_text: &'a str,
    /// Name of the agency.
    pub agency: &'a str,
    /// Program and version, e.g. `sohoa 0.1.0`.
    pub program: &'a str,
    /// When it is made.
    pub made: Timestamp,
}

/// Writes the sheet as a new PDF/A-2u file at `out`. Equal input gives equal bytes. The file is flushed
/// but not synced.
///
/// # Errors
/// `out` must not exist, and stays behind, incomplete, when writing fails.
pub fn write(printed: &PrintedSheet<'_>, out: &Path) -> Result<(), PrintError> {
    let typeface = Typeface::liberation_serif()?;
    let layout = lay_out(printed, &typeface)?;
    let metadata = SheetMetadata {
        number: printed.sheet.number.as_str(),
        title: TITLE,
        agency: printed.agency,
        program: printed.program,
        made: printed.made,
    };
    sheet::write(layout, &typeface, &metadata, out)
}

fn lay_out<'a>(
    printed: &PrintedSheet<'_>,
    typeface: &'a Typeface<'a>,
) -> Result<Layout<'a>, PrintError> {
    let mut layout = Layout::new(typeface);
    let sheet = printed.sheet;
    let agency: String = printed.agency.nfc().collect();
    let agency = agency.split_whitespace().collect::<Vec<_>>().join(" ");
    layout.centred(&agency, 14.0)?;
    layout.skip(6.0 * MM);
    layout.centred(TITLE, 30.0)?;
    layout.skip(4.0 * MM);
    draw_code(printed.code_text, &mut layout)?;
    layout.centred("Mã hồ sơ", 14.0)?;
    layout.centred(sheet.dossier.as_str(), 28.0)?;
    layout.skip(3.0 * MM);
    if let Some(kind) = &sheet.kind {
        layout.centred(&format!("Loại giấy tờ: {kind}"), 15.0)?;
    }
    layout.centred(&format!("Tờ số: {}", sheet.number), 15.0)?;
    layout.centred(&format!("Lập lúc: {}", vietnam_time(printed.made)), 15.0)?;
    layout.skip(12.0 * MM);
    layout.flush_left("Cách dùng", 15.0)?;
    for step in USE {
        layout.flush_left(step, 13.0)?;
    }
    Ok(layout)
}

/// Module by module, the quiet zone round it.
fn draw_code(text: &str, layout: &mut Layout<'_>) -> Result<(), PrintError> {
    let code = qr::encode(text)?;
    let module = CODE_SIDE / f64::from(code.side);
    let quiet = QUIET * module;
    let (left, top) = ((A4.0 - CODE_SIDE) / 2.0, layout.top() - quiet);
    for (column, row, length) in &code.runs {
        layout.fill([
            left + f64::from(*column) * module,
            top - f64::from(row + 1) * module,
            f64::from(*length) * module,
            module,
        ]);
    }
    layout.skip(CODE_SIDE + 2.0 * quiet);
    Ok(())
}

#[cfg(test)]
mod tests;
