//! Whether every directory (IFD) of a TIFF, and the strips or tiles it names, lie inside the file.
//!
//! TIFF 6.0 §2 and BigTIFF. Only offsets are read, no pixels; the walk is bounded in pages and values.

use std::collections::HashSet;
use std::io::{self, Read, Seek, SeekFrom};

use super::Missing;

/// More pages than any batch may have; a chain that goes on is left to the decoder's limits.
const MAX_PAGES: usize = 10_000;
/// Entries, offsets and lengths looked at over the whole file; the rest is left to the decoder.
const MAX_VALUES: u64 = 4_000_000;

const STRIP_OFFSETS: u64 = 273;
const STRIP_BYTE_COUNTS: u64 = 279;
const TILE_OFFSETS: u64 = 324;
const TILE_BYTE_COUNTS: u64 = 325;

/// The first page that is not wholly inside the file, counted from 1.
pub(super) fn missing(source: &mut (impl Read + Seek), length: u64) -> io::Result<Option<Missing>> {
    let mut page = 1;
    match walk(source, length, &mut page) {
        Ok(()) => Ok(None),
        // Every read is bounded by the file's length, so this is the file's end, not the disk's trouble.
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            Ok(Some(Missing::TiffPage(page)))
        }
        Err(error) => Err(error),
    }
}

fn walk(source: &mut (impl Read + Seek), length: u64, page: &mut usize) -> io::Result<()> {
    source.rewind()?;
    let mut header = [0; 4];
    source.read_exact(&mut header)?;
    let mut file = TiffFile {
        source,
        length,
        little_endian: header[0] == b'I',
        big: header.contains(&b'+'),
        values_left: MAX_VALUES,
    };
    if file.big {
        file.unsigned(4)?; // offset size and a constant zero
    }
    let mut next = file.offset()?;
    if next == 0 {
        return beyond_the_end(); // the writer links the first page when it is done
    }
    let mut seen = HashSet::new();
    while next != 0 && *page <= MAX_PAGES && seen.insert(next) {
        next = file.directory(next)?;
        *page += 1;
    }
    Ok(())
}

fn beyond_the_end<T>() -> io::Result<T> {
    Err(io::ErrorKind::UnexpectedEof.into())
}

struct TiffFile<'a, S> {
    source: &'a mut S,
    length: u64,
    little_endian: bool,
    big: bool,
    values_left: u64,
}

/// A directory entry that names image data.
#[derive(Clone, Copy)]
struct Entry {
    kind: u16,
    count: u64,
    /// Position of the value field.
    value_at: u64,
}

impl<S: Read + Seek> TiffFile<'_, S> {
    /// Checks the directory at `at`; gives the offset of the next, 0 after the last.
    fn directory(&mut self, at: u64) -> io::Result<u64> {
        self.go_to(at)?;
        let (count, entry_bytes) = if self.big {
            (self.unsigned(8)?, 20)
        } else {
            (self.unsigned(2)?, 12)
        };
        if count == 0 || count > u64::from(u16::MAX) {
            return beyond_the_end();
        }
        let first = at + if self.big { 8 } else { 2 };
        let entries = self.read_at(first, count * entry_bytes)?;
        let next = self.offset()?;
        if !self.can_afford(count) {
            return Ok(0);
        }
        let entries = entries.chunks_exact(if self.big { 20 } else { 12 });
        let found: Vec<(u64, Entry)> = entries
            .zip(0..)
            .map(|(entry, index)| self.entry(entry, first + index * entry_bytes))
            .collect();
        let named = |wanted: u64| found.iter().find(|(tag, _)| *tag == wanted);
        for (offsets, lengths) in [
            (STRIP_OFFSETS, STRIP_BYTE_COUNTS),
            (TILE_OFFSETS, TILE_BYTE_COUNTS),
        ] {
            // Where no image data is named, the decoder will say so.
            if let (Some((_, offsets)), Some((_, lengths))) = (named(offsets), named(lengths)) {
                self.check_data(*offsets, *lengths)?;
            }
        }
        Ok(next)
    }

    /// The tag and the rest of an entry that lies at `at`.
    fn entry(&self, entry: &[u8], at: u64) -> (u64, Entry) {
        let value = if self.big { 12 } else { 8 };
        let field = |from: usize, to: usize| self.number(entry.get(from..to).unwrap_or_default());
        let parsed = Entry {
            kind: u16::try_from(field(2, 4)).unwrap_or(0),
            count: field(4, value),
            value_at: at + value as u64,
        };
        (field(0, 2), parsed)
    }

    /// Whether so many more numbers may be looked at.
    fn can_afford(&mut self, count: u64) -> bool {
        self.values_left = self.values_left.saturating_sub(count);
        self.values_left > 0
    }

    /// Every piece of image data must end inside the file.
    fn check_data(&mut self, offsets: Entry, lengths: Entry) -> io::Result<()> {
        let count = offsets.count.min(lengths.count);
        if !self.can_afford(count) {
            return Ok(());
        }
        let offsets = self.values(offsets, count)?;
        let lengths = self.values(lengths, count)?;
        let inside =
            |(at, bytes): (u64, u64)| at.checked_add(bytes).is_some_and(|end| end <= self.length);
        if offsets.into_iter().zip(lengths).all(inside) {
            Ok(())
        } else {
            beyond_the_end()
        }
    }

    /// `count` numbers of the entry: in its value field when they fit, else where it points.
    fn values(&mut self, entry: Entry, count: u64) -> io::Result<Vec<u64>> {
        let width: u64 = match entry.kind {
            3 => 2,       // SHORT
            4 | 13 => 4,  // LONG, IFD
            16..=18 => 8, // LONG8, SLONG8, IFD8
            _ => return Ok(Vec::new()),
        };
        let field = if self.big { 8 } else { 4 };
        let fits = entry
            .count
            .checked_mul(width)
            .is_some_and(|all| all <= field);
        let at = if fits {
            entry.value_at
        } else {
            self.go_to(entry.value_at)?;
            self.offset()?
        };
        let bytes = self.read_at(at, count * width)?;
        let values = bytes.chunks(usize::try_from(width).unwrap_or(8));
        Ok(values.map(|value| self.number(value)).collect())
    }

    /// Reads a block that must lie inside the file, so that no number in it makes us reserve more than that.
    fn read_at(&mut self, at: u64, length: u64) -> io::Result<Vec<u8>> {
        if at.checked_add(length).is_none_or(|end| end > self.length) {
            return beyond_the_end();
        }
        self.source.seek(SeekFrom::Start(at))?;
        let mut block = vec![0; usize::try_from(length).or_else(|_| beyond_the_end())?];
        self.source.read_exact(&mut block)?;
        Ok(block)
    }

    fn go_to(&mut self, at: u64) -> io::Result<()> {
        if at >= self.length {
            return beyond_the_end();
        }
        self.source.seek(SeekFrom::Start(at)).map(drop)
    }

    fn offset(&mut self) -> io::Result<u64> {
        self.unsigned(if self.big { 8 } else { 4 })
    }

    fn unsigned(&mut self, width: usize) -> io::Result<u64> {
        let mut bytes = [0; 8];
        let field = &mut bytes[..width];
        self.source.read_exact(field)?;
        let field = &bytes[..width];
        Ok(self.number(field))
    }

    fn number(&self, bytes: &[u8]) -> u64 {
        let shift = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        if self.little_endian {
            bytes.iter().rev().fold(0, shift)
        } else {
            bytes.iter().fold(0, shift)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;
    use tiff::encoder::{TiffEncoder, colortype::Gray8};

    use super::super::{Verdict, examine};
    use super::*;

    fn pages(count: u8) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = TiffEncoder::new(Cursor::new(&mut bytes)).expect("starts");
        for page in 0..count {
            encoder
                .write_image::<Gray8>(40, 40, &[page; 1600])
                .expect("writes");
        }
        bytes
    }

    fn verdict(bytes: &[u8]) -> Verdict {
        examine(&mut Cursor::new(bytes)).expect("reads")
    }

    #[test]
    fn every_page_must_lie_inside() {
        let whole = pages(3);
        assert_eq!(verdict(&whole), Verdict::Complete);
        let cut = &whole[..whole.len() - 1];
        assert_eq!(verdict(cut), Verdict::Incomplete(Missing::TiffPage(3)));
        let half = &whole[..whole.len() / 2];
        assert!(matches!(
            verdict(half),
            Verdict::Incomplete(Missing::TiffPage(_))
        ));
    }

    #[test]
    fn big_tiff_is_walked_too() {
        let mut whole = Vec::new();
        let mut encoder = TiffEncoder::new_big(Cursor::new(&mut whole)).expect("starts");
        encoder
            .write_image::<Gray8>(40, 40, &[7; 1600])
            .expect("writes");
        assert_eq!(verdict(&whole), Verdict::Complete);
        let cut = &whole[..whole.len() - 1];
        assert_eq!(verdict(cut), Verdict::Incomplete(Missing::TiffPage(1)));
    }

    #[test]
    fn a_header_without_a_first_page_is_not_complete() {
        assert_eq!(
            verdict(b"II*\0\0\0\0\0 strips come before the directory"),
            Verdict::Incomplete(Missing::TiffPage(1))
        );
        assert_eq!(verdict(b"MM\0*"), Verdict::Incomplete(Missing::TiffPage(1)));
    }

    #[test]
    fn a_chain_that_bites_its_tail_ends() {
        // One entry, next directory = itself.
        let looped = b"II*\0\x08\0\0\0\x01\0\0\x01\x03\0\x01\0\0\0\x05\0\0\0\x08\0\0\0";
        assert_eq!(verdict(looped), Verdict::Complete);
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(change in proptest::collection::vec((0usize..5200, any::<u8>()), 1..12)) {
            let mut bytes = pages(3);
            for (at, value) in change {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = value;
                }
            }
            let _ = examine(&mut Cursor::new(&bytes)).expect("only a verdict");
        }
    }
}
