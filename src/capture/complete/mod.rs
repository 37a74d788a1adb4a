//! Does a file have its structural end? Read from the file's bytes, never from its name.
//!
//! This tells a finished scan from one whose writer pauses. It is cheap (a few KiB) and says nothing
//! about whether the scan can be decoded; that is `pages`' work.

mod tiff;

use std::io::{self, Read, Seek, SeekFrom};

/// Bytes at the end in which the end mark is looked for; scanners pad with zeros to a block.
const TAIL: u64 = 64 * 1024;
/// ISO 32000-1 annex H, note 18: readers look for `%%EOF` in the last 1,024 bytes; scanners' appendices are longer.
const PDF_TAIL: usize = 2048;
const HEAD: usize = 1024;

const JPEG_START: &[u8] = &[0xFF, 0xD8, 0xFF];
const JPEG_END: &[u8] = &[0xFF, 0xD9];
const PNG_START: &[u8] = b"\x89PNG\r\n\x1a\n";
/// The IEND chunk's type and its constant CRC (ISO/IEC 15948 §11.2.5).
const PNG_END: &[u8] = b"IEND\xAE\x42\x60\x82";

/// What a file's end says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The format's end mark is there.
    Complete,
    /// The format is known and its end is missing.
    Incomplete(Missing),
    /// None of the formats that have an end to look for.
    Unknown,
}

/// Which end is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Missing {
    /// Nothing was written yet.
    #[error("the file has no bytes")]
    Empty,
    /// Space was reserved, nothing was written yet.
    #[error("the file begins with zeros")]
    Reserved,
    /// JPEG without EOI (ITU-T T.81 §B.1.1.3).
    #[error("the JPEG has no end mark (EOI)")]
    JpegEnd,
    /// PNG without IEND.
    #[error("the PNG has no end chunk (IEND)")]
    PngEnd,
    /// PDF without `%%EOF`.
    #[error("the PDF has no end mark (%%EOF)")]
    PdfEnd,
    /// A TIFF directory or strip lies beyond the file's end, or the first directory is not linked yet.
    #[error("the TIFF's page {0} is not wholly inside the file")]
    TiffPage(usize),
}

/// Looks at the file's head and end.
///
/// # Errors
/// Only those of reading.
pub fn examine(source: &mut (impl Read + Seek)) -> io::Result<Verdict> {
    let length = source.seek(SeekFrom::End(0))?;
    if length == 0 {
        return Ok(Verdict::Incomplete(Missing::Empty));
    }
    source.rewind()?;
    let mut head = Vec::with_capacity(HEAD);
    source.by_ref().take(HEAD as u64).read_to_end(&mut head)?;
    let missing = if head.starts_with(JPEG_START) {
        (!tail_ends_with(source, length, JPEG_END)?).then_some(Missing::JpegEnd)
    } else if head.starts_with(PNG_START) {
        (!tail_ends_with(source, length, PNG_END)?).then_some(Missing::PngEnd)
    } else if is_tiff(&head) {
        tiff::missing(source, length)?
    } else if contains(&head, b"%PDF-") {
        let tail = read_tail(source, length)?;
        let last = &tail[tail.len().saturating_sub(PDF_TAIL)..];
        (!contains(last, b"%%EOF")).then_some(Missing::PdfEnd)
    } else if head.iter().all(|&byte| byte == 0) {
        Some(Missing::Reserved)
    } else {
        return Ok(Verdict::Unknown);
    };
    Ok(missing.map_or(Verdict::Complete, Verdict::Incomplete))
}

fn is_tiff(head: &[u8]) -> bool {
    [b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"]
        .iter()
        .any(|magic| head.starts_with(*magic))
}

fn read_tail(source: &mut (impl Read + Seek), length: u64) -> io::Result<Vec<u8>> {
    source.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
    let mut tail = Vec::new();
    source.by_ref().take(TAIL).read_to_end(&mut tail)?;
    Ok(tail)
}

/// Whether the file ends with `mark`, zeros after it aside.
fn tail_ends_with(source: &mut (impl Read + Seek), length: u64, mark: &[u8]) -> io::Result<bool> {
    let tail = read_tail(source, length)?;
    let end = tail
        .iter()
        .rposition(|&byte| byte != 0)
        .map_or(0, |last| last + 1);
    Ok(tail[..end].ends_with(mark))
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack
        .windows(needle.len())
        .any(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn verdict(bytes: &[u8]) -> Verdict {
        examine(&mut Cursor::new(bytes)).expect("a cursor reads")
    }

    #[test]
    fn a_jpeg_ends_with_eoi_and_perhaps_padding() {
        let whole = [b"\xFF\xD8\xFF\xE0 entropy \xFF\xD9".as_slice(), &[0; 500]].concat();
        assert_eq!(verdict(&whole), Verdict::Complete);
        assert_eq!(verdict(&whole[..15]), Verdict::Complete);
        assert_eq!(verdict(&whole[..14]), Verdict::Incomplete(Missing::JpegEnd));
        let reserved = [b"\xFF\xD8\xFF\xE0 half".as_slice(), &[0; 200_000]].concat();
        assert_eq!(verdict(&reserved), Verdict::Incomplete(Missing::JpegEnd));
    }

    #[test]
    fn a_png_ends_with_iend() {
        let mut png = Vec::new();
        let image = image::GrayImage::new(9, 9);
        image
            .write_to(&mut Cursor::new(&mut png), image::ImageFormat::Png)
            .expect("encodes");
        assert_eq!(verdict(&png), Verdict::Complete);
        for cut in 8..png.len() {
            assert_eq!(
                verdict(&png[..cut]),
                Verdict::Incomplete(Missing::PngEnd),
                "{cut}"
            );
        }
    }

    #[test]
    fn a_pdf_ends_with_eof_within_the_last_2_kib() {
        let pdf = |gap: usize| {
            [
                b"junk%PDF-1.7\n".as_slice(),
                &[b' '; 9000],
                b"%%EOF",
                &vec![b'\n'; gap],
            ]
            .concat()
        };
        assert_eq!(verdict(&pdf(1)), Verdict::Complete);
        assert_eq!(verdict(&pdf(2000)), Verdict::Complete);
        assert_eq!(verdict(&pdf(2048)), Verdict::Incomplete(Missing::PdfEnd));
        assert_eq!(verdict(b"%PDF-1.4"), Verdict::Incomplete(Missing::PdfEnd));
    }

    #[test]
    fn nothing_written_yet_is_not_an_unknown_format() {
        assert_eq!(verdict(b""), Verdict::Incomplete(Missing::Empty));
        assert_eq!(verdict(&[0; 4096]), Verdict::Incomplete(Missing::Reserved));
        assert_eq!(verdict(b"PK\x03\x04 a document"), Verdict::Unknown);
    }
}
