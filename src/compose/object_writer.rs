//! Writes a PDF file one indirect object at a time: header, objects, cross-reference table, trailer.
//!
//! `pdf-writer` lays out the single object; this module keeps only the offsets, so that memory stays
//! at one object whatever the file grows to. A classic cross-reference table (ISO 32000-1 §7.5.4) is
//! written because every signing tool understands it.

use std::io::{self, Write};

use pdf_writer::{Chunk, Ref};

use crate::record::{DigestingWriter, Written};

/// PDF 1.7 and, on a line of its own, four bytes above 127 (ISO 19005-2 §6.1.2).
const HEADER: &[u8] = b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n";

/// The cross-reference table has ten digits for an offset.
const MAX_OFFSET: u64 = 9_999_999_999;

/// ISO 19005-2 §6.1.13: indirect objects in a file.
const MAX_OBJECTS: usize = 8_388_607;

/// A PDF file being written to `W`.
pub(super) struct ObjectWriter<W: Write> {
    out: DigestingWriter<W>,
    /// Offset of object n at n - 1; 0 until it is written.
    offsets: Vec<u64>,
}

impl<W: Write> ObjectWriter<W> {
    /// Starts the file with its header.
    pub(super) fn start(out: W) -> io::Result<Self> {
        let mut out = DigestingWriter::new(out);
        out.write_all(HEADER)?;
        Ok(Self {
            out,
            offsets: Vec::new(),
        })
    }

    /// A number for an object, which must then be written exactly once, at any time.
    pub(super) fn reserve(&mut self) -> io::Result<Ref> {
        self.offsets.push(0);
        let number = self.offsets.len();
        match i32::try_from(number) {
            Ok(id) if number <= MAX_OBJECTS => Ok(Ref::new(id)),
            _ => Err(too_large("a PDF/A file holds at most 8,388,607 objects")),
        }
    }

    /// Writes the one object that `build` puts into the chunk under the number `id`.
    pub(super) fn object(&mut self, id: Ref, build: impl FnOnce(&mut Chunk)) -> io::Result<()> {
        let mut chunk = Chunk::new();
        build(&mut chunk);
        debug_assert!(chunk.refs().eq([id]), "one object, under its number");
        if let Some(offset) = offset_of(&mut self.offsets, id) {
            *offset = self.out.position();
        }
        self.out.write_all(chunk.as_bytes())
    }

    /// The number that [`ObjectWriter::reserve`] gives next.
    pub(super) fn next_number(&self) -> u32 {
        u32::try_from(self.offsets.len() + 1).unwrap_or(u32::MAX)
    }

    /// Writes an object that came numbered, its number the next.
    pub(super) fn copied(&mut self, number: u32, body: &[u8]) -> io::Result<()> {
        if number != self.next_number() {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let id = self.reserve()?;
        if let Some(offset) = offset_of(&mut self.offsets, id) {
            *offset = self.out.position();
        }
        self.out.write_all(format!("{number} 0 obj\n").as_bytes())?;
        self.out.write_all(body)?;
        self.out.write_all(b"\nendobj\n\n")
    }

    /// Writes the cross-reference table and the trailer, and flushes.
    pub(super) fn finish(mut self, catalog: Ref, file_id: &[u8; 16]) -> io::Result<Written> {
        debug_assert!(!self.offsets.contains(&0), "every object was written");
        let table_at = self.out.position();
        if table_at > MAX_OFFSET {
            return Err(too_large("a PDF file has at most 10 GB"));
        }
        let size = self.offsets.len() + 1;
        let mut tail = format!("xref\n0 {size}\n0000000000 65535 f\r\n");
        for offset in &self.offsets {
            tail.push_str(&format!("{offset:010} 00000 n\r\n"));
        }
        let id: String = file_id.iter().map(|byte| format!("{byte:02X}")).collect();
        tail.push_str(&format!(
            "trailer\n<< /Size {size} /Root {} 0 R /ID [<{id}> <{id}>] >>\nstartxref\n{table_at}\n%%EOF\n",
            catalog.get(),
        ));
        self.out.write_all(tail.as_bytes())?;
        self.out.flush()?;
        Ok(self.out.finish().1)
    }
}

fn offset_of(offsets: &mut [u64], id: Ref) -> Option<&mut u64> {
    let index = usize::try_from(id.get()).ok()?.checked_sub(1)?;
    offsets.get_mut(index)
}

fn too_large(why: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::FileTooLarge, why)
}
