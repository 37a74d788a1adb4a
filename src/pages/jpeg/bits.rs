//! Huffman codes and the bits between two JPEG markers (ITU-T T.81 Annex C, F.2.2).

use super::super::error::PageFault;

const FAST_BITS: u32 = 10;

/// A Huffman table (DHT), for looking symbols up.
pub(super) struct Huffman {
    /// By the next ten bits: code length × 256 + symbol; 0 where the code is longer.
    fast: Box<[u16]>,
    /// By code length: first code past those of this length, left-aligned to 16 bits.
    limit: [u32; 17],
    /// By code length: index of the first symbol minus its code.
    offset: [i32; 17],
    symbols: Vec<u8>,
}

impl Huffman {
    /// From the counts by length (1 … 16) and the symbols.
    pub(super) fn new(counts: &[u8; 16], symbols: &[u8]) -> Result<Self, PageFault> {
        let mut table = Self {
            fast: vec![0; 1 << FAST_BITS].into_boxed_slice(),
            limit: [0; 17],
            offset: [0; 17],
            symbols: symbols.to_vec(),
        };
        let (mut code, mut index) = (0u32, 0usize);
        for (length, &count) in (1u32..=16).zip(counts) {
            let count = usize::from(count);
            if let Ok(first) = i32::try_from(index) {
                table.offset[length as usize] = first - code.cast_signed();
            }
            for &symbol in symbols.get(index..index + count).unwrap_or_default() {
                table.enter(code, length, symbol);
                code += 1;
            }
            index += count;
            if code > 1 << length {
                return Err(PageFault::Damaged("an impossible Huffman table".to_owned()));
            }
            table.limit[length as usize] = code << (16 - length);
            code <<= 1;
        }
        Ok(table)
    }

    /// Enters a short code into every slot that starts with it.
    fn enter(&mut self, code: u32, length: u32, symbol: u8) {
        let Some(spare) = FAST_BITS.checked_sub(length) else {
            return;
        };
        let first = (code << spare) as usize;
        let entry = u16::from_be_bytes([length.to_le_bytes()[0], symbol]);
        if let Some(slots) = self.fast.get_mut(first..first + (1 << spare)) {
            slots.fill(entry);
        }
    }

    /// Length and symbol of the code at the front of 16 bits.
    #[inline]
    fn look_up(&self, next_16: u32) -> Option<(u32, u8)> {
        let entry = self.fast[(next_16 >> (16 - FAST_BITS)) as usize & ((1 << FAST_BITS) - 1)];
        if entry != 0 {
            let [length, symbol] = entry.to_be_bytes();
            return Some((u32::from(length), symbol));
        }
        self.look_up_long(next_16)
    }

    #[cold]
    fn look_up_long(&self, next_16: u32) -> Option<(u32, u8)> {
        for length in FAST_BITS + 1..=16 {
            if next_16 < self.limit[length as usize] {
                let code = (next_16 >> (16 - length)).cast_signed();
                let index = usize::try_from(code + self.offset[length as usize]).ok()?;
                return Some((length, *self.symbols.get(index)?));
            }
        }
        None
    }
}

/// Reads bits up to the next marker, taking out stuffed zero bytes.
pub(super) struct Bits<'a> {
    data: &'a [u8],
    /// Next byte not yet in `buffer`.
    position: usize,
    /// Bits not yet consumed, the next one on top; zeros below them.
    buffer: u64,
    valid: u32,
}

impl<'a> Bits<'a> {
    pub(super) fn new(data: &'a [u8], position: usize) -> Self {
        Self {
            data,
            position,
            buffer: 0,
            valid: 0,
        }
    }

    /// Fills the buffer to at least 48 bits unless a marker or the end of the data comes first.
    #[inline]
    fn refill(&mut self) {
        if let Some(Ok(eight)) = self
            .data
            .get(self.position..self.position + 8)
            .map(<[u8; 8]>::try_from)
        {
            let word = u64::from_be_bytes(eight);
            let no_ff =
                (!word).wrapping_sub(0x0101_0101_0101_0101) & word & 0x8080_8080_8080_8080 == 0;
            if no_ff {
                let take = (64 - self.valid) / 8;
                self.buffer |= (word >> (64 - take * 8)) << (64 - self.valid - take * 8);
                self.valid += take * 8;
                self.position += take as usize;
                return;
            }
        }
        self.refill_bytewise();
    }

    fn refill_bytewise(&mut self) {
        while self.valid <= 56 {
            let Some(&byte) = self.data.get(self.position) else {
                return;
            };
            if byte == 0xFF {
                if self.data.get(self.position + 1) != Some(&0) {
                    return;
                }
                self.position += 1;
            }
            self.position += 1;
            self.buffer |= u64::from(byte) << (56 - self.valid);
            self.valid += 8;
        }
    }

    /// Consumes a Huffman code and then as many bits as the low four bits of its symbol say; returns the symbol.
    ///
    /// This is all that a check needs of a DC difference (whose symbol is a bit count) and of an AC coefficient.
    #[inline]
    pub(super) fn symbol_and_value(&mut self, table: &Huffman) -> Result<u8, PageFault> {
        let (length, symbol) = self.peek_symbol(table)?;
        self.consume(length + u32::from(symbol & 15))?;
        Ok(symbol)
    }

    /// Consumes a Huffman code.
    #[inline]
    pub(super) fn symbol(&mut self, table: &Huffman) -> Result<u8, PageFault> {
        let (length, symbol) = self.peek_symbol(table)?;
        self.consume(length)?;
        Ok(symbol)
    }

    #[inline]
    fn peek_symbol(&mut self, table: &Huffman) -> Result<(u32, u8), PageFault> {
        if self.valid < 32 {
            self.refill();
        }
        let next_16 = self.top(16);
        match table.look_up(next_16) {
            Some(found) => Ok(found),
            None if self.valid < 16 => Err(self.early_end()),
            None => Err(PageFault::Damaged("an impossible Huffman code".to_owned())),
        }
    }

    /// Reads up to 16 bits.
    #[inline]
    pub(super) fn read(&mut self, count: u32) -> Result<u32, PageFault> {
        if self.valid < 32 {
            self.refill();
        }
        let value = self.top(count);
        self.consume(count)?;
        Ok(value)
    }

    /// The next `count` bits, up to 16, without consuming them.
    #[inline]
    #[allow(
        clippy::cast_possible_truncation,
        reason = "48 bits or more are shifted out"
    )]
    fn top(&self, count: u32) -> u32 {
        // In two steps: a shift by all 64 bits would overflow.
        ((self.buffer >> 1) >> (63 - count)) as u32
    }

    #[inline]
    fn consume(&mut self, count: u32) -> Result<(), PageFault> {
        if count > self.valid {
            return Err(self.early_end());
        }
        self.buffer <<= count;
        self.valid -= count;
        Ok(())
    }

    /// The bits ran out: at the file's end it is cut off, at a marker it is damaged.
    #[cold]
    fn early_end(&self) -> PageFault {
        if self.position + 1 >= self.data.len()
            || self.data.get(self.position + 1) == Some(&super::markers::EOI)
        {
            PageFault::Truncated
        } else {
            PageFault::Damaged("a marker inside the image data".to_owned())
        }
    }

    /// Ends a run of coded data: drops the padding of the last byte and returns the position of the marker that
    /// must follow. Bytes left before it mean that the data and the picture do not fit together.
    pub(super) fn finish(mut self) -> Result<usize, PageFault> {
        self.refill_bytewise();
        if self.valid >= 8 {
            return Err(PageFault::Damaged(
                "bytes left over after the image data".to_owned(),
            ));
        }
        if self.position + 1 >= self.data.len() {
            return Err(PageFault::Truncated);
        }
        Ok(self.position)
    }
}
