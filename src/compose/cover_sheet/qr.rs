//! The sheet's QR code (ISO/IEC 18004) as dark runs of modules.

use rxing::qrcode::common::ErrorCorrectionLevel;
use rxing::qrcode::encoder::qrcode_encoder;

use super::PrintError;

/// The modules of a code.
pub(super) struct Modules {
    /// Modules along a side.
    pub(super) side: u32,
    /// Column, row and length of every dark run in a row, from the top left.
    pub(super) runs: Vec<(u32, u32, u32)>,
}

/// Encodes at level Q: a quarter of the code may be lost to folds, staples and pens.
pub(super) fn encode(text: &str) -> Result<Modules, PrintError> {
    let code =
        qrcode_encoder::encode(text, ErrorCorrectionLevel::Q).map_err(|_| PrintError::Code)?;
    let matrix = code.getMatrix().as_ref().ok_or(PrintError::Code)?;
    let side = matrix.getWidth();
    let mut runs = Vec::new();
    for row in 0..side {
        let mut column = 0;
        while column < side {
            let dark = (column..side).take_while(|column| matrix.get(*column, row) == 1);
            let length = u32::try_from(dark.count()).map_err(|_| PrintError::Code)?;
            if length > 0 {
                runs.push((column, row, length));
            }
            column += length + 1;
        }
    }
    Ok(Modules { side, runs })
}
