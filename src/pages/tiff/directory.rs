//! The file header and the image directories of a TIFF (TIFF 6.0 §2; BigTIFF), read piece by piece.
//!
//! Only the entries of a directory are held; values outside the entry are read when asked for, so
//! that a file of thousands of pages costs no memory.

use std::collections::HashSet;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::super::error::PageFault;

/// More entries than any real directory has.
const ENTRIES_MAX: u64 = 4096;

/// One value list may not be longer than this, bytes: offsets of a page in strips of one row.
const VALUES_MAX: u64 = 16 << 20;

pub(super) fn damaged(what: &str) -> PageFault {
    PageFault::Damaged(format!("TIFF {what}"))
}

/// An open TIFF.
pub(super) struct TiffFile {
    file: File,
    length: u64,
    pub(super) little_endian: bool,
    big: bool,
    first: u64,
}

/// One directory: its entries and where the next one lies.
pub(super) struct Directory {
    entries: Vec<Entry>,
    next: u64,
}

struct Entry {
    tag: u16,
    kind: u16,
    count: u64,
    /// The value itself where it fits, else its offset; in the file's byte order.
    field: [u8; 8],
}

impl TiffFile {
    pub(super) fn open(path: &Path) -> Result<Self, PageFault> {
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        let mut tiff = Self {
            file,
            length,
            little_endian: true,
            big: false,
            first: 0,
        };
        let head = tiff.read(0, 8)?;
        tiff.little_endian = head.starts_with(b"II");
        tiff.big = tiff.number(&head[2..4]) == 43;
        tiff.first = if tiff.big {
            if tiff.number(&head[4..6]) != 8 {
                return Err(damaged("header"));
            }
            let offset = tiff.read(8, 8)?;
            tiff.number(&offset)
        } else {
            tiff.number(&head[4..8])
        };
        Ok(tiff)
    }

    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Bytes of the file; what lies outside it is a file cut off.
    pub(super) fn read(&self, offset: u64, length: u64) -> Result<Vec<u8>, PageFault> {
        if offset
            .checked_add(length)
            .is_none_or(|end| end > self.length)
        {
            return Err(PageFault::Truncated);
        }
        let length = usize::try_from(length).map_err(|_| PageFault::Truncated)?;
        let mut bytes = vec![0; length];
        self.file.read_exact_at(&mut bytes, offset)?;
        Ok(bytes)
    }

    /// Up to eight bytes as a number in the file's byte order.
    fn number(&self, bytes: &[u8]) -> u64 {
        let join = |number: u64, &byte: &u8| number << 8 | u64::from(byte);
        if self.little_endian {
            bytes.iter().rev().fold(0, join)
        } else {
            bytes.iter().fold(0, join)
        }
    }

    /// Reads the directory at `offset`.
    pub(super) fn directory(&self, offset: u64) -> Result<Directory, PageFault> {
        let (count_bytes, entry_bytes, offset_bytes) =
            if self.big { (8, 20, 8) } else { (2, 12, 4) };
        let outside = |fault| match fault {
            PageFault::Truncated => damaged("directory outside the file"),
            other => other,
        };
        let count = self.number(&self.read(offset, count_bytes).map_err(outside)?);
        if count > ENTRIES_MAX {
            return Err(damaged("directory of impossible length"));
        }
        let start = offset + count_bytes;
        let bytes = self.read(start, count * entry_bytes).map_err(outside)?;
        let entries = bytes
            .chunks_exact(if self.big { 20 } else { 12 })
            .map(|bytes| {
                let (kind_end, count_end) = if self.big { (4, 12) } else { (4, 8) };
                let mut field = [0; 8];
                field[..bytes.len() - count_end].copy_from_slice(&bytes[count_end..]);
                Entry {
                    tag: u16::try_from(self.number(&bytes[..2])).unwrap_or(0),
                    kind: u16::try_from(self.number(&bytes[2..kind_end])).unwrap_or(0),
                    count: self.number(&bytes[kind_end..count_end]),
                    field,
                }
            })
            .collect();
        // A last directory that the file ends in lacks its pointer; nothing follows it either way.
        let next = self
            .read(start + count * entry_bytes, offset_bytes)
            .map_or(0, |bytes| self.number(&bytes));
        Ok(Directory { entries, next })
    }

    /// Offsets of all directories from the first, in order, and the fault where the chain breaks.
    ///
    /// `most` bounds the list; one more is returned where there are more.
    pub(super) fn chain(&self, most: usize) -> (Vec<u64>, Option<PageFault>) {
        let mut offsets = Vec::new();
        let mut seen = HashSet::new();
        let mut offset = self.first;
        while offset != 0 && offsets.len() <= most {
            if !seen.insert(offset) {
                return (offsets, Some(damaged("directories in a circle")));
            }
            match self.directory(offset) {
                Ok(directory) => {
                    offsets.push(offset);
                    offset = directory.next;
                }
                Err(fault) => return (offsets, Some(fault)),
            }
        }
        (offsets, None)
    }

    /// The unsigned integers of a tag; `None` where the directory lacks it.
    pub(super) fn integers(
        &self,
        directory: &Directory,
        tag: u16,
    ) -> Result<Option<Vec<u64>>, PageFault> {
        let Some(entry) = directory.entry(tag) else {
            return Ok(None);
        };
        let size = match entry.kind {
            1 | 7 => 1,
            3 => 2,
            4 | 13 => 4,
            16 | 18 => 8,
            _ => return Err(damaged(&format!("tag {tag} of an unexpected type"))),
        };
        let bytes = self.value(entry, size)?;
        Ok(Some(
            bytes
                .chunks_exact(usize::from(u8::try_from(size).unwrap_or(1)))
                .map(|bytes| self.number(bytes))
                .collect(),
        ))
    }

    /// The first integer of a tag, or `default`.
    pub(super) fn integer(
        &self,
        directory: &Directory,
        tag: u16,
        default: u64,
    ) -> Result<u64, PageFault> {
        let values = self.integers(directory, tag)?;
        Ok(values
            .and_then(|values| values.first().copied())
            .unwrap_or(default))
    }

    /// The bytes of a tag of any one-byte type.
    pub(super) fn bytes(
        &self,
        directory: &Directory,
        tag: u16,
    ) -> Result<Option<Vec<u8>>, PageFault> {
        directory
            .entry(tag)
            .map(|entry| self.value(entry, 1))
            .transpose()
    }

    /// A resolution; whatever cannot be read counts as absent.
    pub(super) fn fraction(&self, directory: &Directory, tag: u16) -> Option<f64> {
        let entry = directory.entry(tag)?;
        let as_float = |number: u64| u32::try_from(number).ok().map(f64::from);
        match entry.kind {
            5 => {
                let bytes = self.value(entry, 8).ok()?;
                let numerator = as_float(self.number(bytes.get(..4)?))?;
                let denominator = as_float(self.number(bytes.get(4..8)?))?;
                Some(numerator / denominator)
            }
            3 | 4 => as_float(self.integer(directory, tag, 0).ok()?),
            _ => None,
        }
    }

    fn value(&self, entry: &Entry, size: u64) -> Result<Vec<u8>, PageFault> {
        let length = entry
            .count
            .checked_mul(size)
            .filter(|&length| length <= VALUES_MAX)
            .ok_or_else(|| damaged(&format!("tag {} of impossible length", entry.tag)))?;
        let inline = if self.big { 8 } else { 4 };
        if length <= inline {
            let length = usize::try_from(length).unwrap_or(0);
            return Ok(entry.field[..length].to_vec());
        }
        let offset = self.number(if self.big {
            &entry.field
        } else {
            &entry.field[..4]
        });
        self.read(offset, length)
    }
}

impl Directory {
    fn entry(&self, tag: u16) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.tag == tag)
    }
}
