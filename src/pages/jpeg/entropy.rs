//! Proof that a JPEG's coded data is complete: every Huffman code of every block is read, no pixel is computed.
//!
//! Decoders fill what is missing with grey and say nothing, so completeness is checked here by the
//! code lengths alone (ITU-T T.81 F.2 and G.2), at a fraction of the cost of a decode. Progressive
//! refinement needs to know which coefficients are non-zero: one 64-bit mask a block.

use super::super::error::PageFault;
use super::bits::{Bits, Huffman};
use super::markers::{Coding, Component, Frame};

/// More scans than any encoder writes; each costs a walk over all blocks.
const SCANS_MAX: usize = 100;

fn damaged(what: &str) -> PageFault {
    PageFault::Damaged(format!("JPEG: {what}"))
}

/// Tables and progress while a JPEG is walked through.
pub(super) struct EntropyCheck<'a> {
    data: &'a [u8],
    frame: &'a Frame,
    dc: [Option<Huffman>; 4],
    ac: [Option<Huffman>; 4],
    quantisation: [bool; 4],
    restart_interval: u32,
    scans: usize,
    planes: Vec<Plane>,
}

/// One component's blocks.
struct Plane {
    component: Component,
    /// Blocks that carry pixels.
    blocks_wide: u32,
    blocks_high: u32,
    /// Blocks of a row, padded to whole MCUs.
    stride: usize,
    /// Whether its DC coefficients have been coded.
    begun: bool,
    /// Progressive only: which coefficients of a block are non-zero.
    non_zero: Vec<u64>,
}

/// A component's part in a scan.
#[derive(Clone, Copy)]
struct ScanComponent {
    plane: usize,
    dc: usize,
    ac: usize,
}

/// Spectral selection and successive approximation (B.2.3).
#[derive(Clone, Copy)]
struct Band {
    start: u32,
    end: u32,
    high: u8,
    low: u8,
}

impl<'a> EntropyCheck<'a> {
    pub(super) fn new(data: &'a [u8], frame: &'a Frame) -> Self {
        let h_max = frame.components.iter().map(|c| c.h).max().unwrap_or(1);
        let v_max = frame.components.iter().map(|c| c.v).max().unwrap_or(1);
        let (width, height) = (u32::from(frame.width), u32::from(frame.height));
        let mcus_wide = width.div_ceil(8 * u32::from(h_max));
        let mcus_high = height.div_ceil(8 * u32::from(v_max));
        let plane = |component: &Component| {
            let (h, v) = (u32::from(component.h), u32::from(component.v));
            let stride = (mcus_wide * h) as usize;
            let masks = match frame.coding {
                Coding::Progressive => stride * (mcus_high * v) as usize,
                Coding::Sequential | Coding::Other(_) => 0,
            };
            Plane {
                component: *component,
                blocks_wide: (width * h).div_ceil(u32::from(h_max)).div_ceil(8),
                blocks_high: (height * v).div_ceil(u32::from(v_max)).div_ceil(8),
                stride,
                begun: false,
                non_zero: vec![0; masks],
            }
        };
        Self {
            data,
            frame,
            dc: [const { None }; 4],
            ac: [const { None }; 4],
            quantisation: [false; 4],
            restart_interval: 0,
            scans: 0,
            planes: frame.components.iter().map(plane).collect(),
        }
    }

    /// DHT (B.2.4.2).
    pub(super) fn huffman_tables(&mut self, mut content: &[u8]) -> Result<(), PageFault> {
        while let Some((&class_and_slot, rest)) = content.split_first() {
            let (counts, rest) = rest
                .split_first_chunk::<16>()
                .ok_or_else(|| damaged("short Huffman table"))?;
            let symbols = counts.iter().map(|&count| usize::from(count)).sum();
            let (symbols, rest) = rest
                .split_at_checked(symbols)
                .ok_or_else(|| damaged("short Huffman table"))?;
            let table = Huffman::new(counts, symbols)?;
            let tables = match class_and_slot >> 4 {
                0 => &mut self.dc,
                1 => &mut self.ac,
                _ => return Err(damaged("Huffman table of an unknown class")),
            };
            let slot = tables
                .get_mut(usize::from(class_and_slot & 15))
                .ok_or_else(|| damaged("Huffman table with an impossible number"))?;
            *slot = Some(table);
            content = rest;
        }
        Ok(())
    }

    /// DQT (B.2.4.1): only which tables exist.
    pub(super) fn quantisation_tables(&mut self, mut content: &[u8]) -> Result<(), PageFault> {
        while let Some((&precision_and_slot, rest)) = content.split_first() {
            let length = if precision_and_slot >> 4 == 0 {
                64
            } else {
                128
            };
            let slot = self
                .quantisation
                .get_mut(usize::from(precision_and_slot & 15));
            let (Some(slot), Some(rest)) = (slot, rest.get(length..)) else {
                return Err(damaged("quantisation table"));
            };
            *slot = true;
            content = rest;
        }
        Ok(())
    }

    /// DRI (B.2.4.4).
    pub(super) fn restart_interval(&mut self, content: &[u8]) -> Result<(), PageFault> {
        let &[high, low] = content else {
            return Err(damaged("restart interval"));
        };
        self.restart_interval = u32::from(u16::from_be_bytes([high, low]));
        Ok(())
    }

    /// Reads one scan; `position` is the first byte after its header. Returns where the next marker starts.
    pub(super) fn scan(&mut self, header: &[u8], position: usize) -> Result<usize, PageFault> {
        self.scans += 1;
        if self.scans > SCANS_MAX {
            return Err(PageFault::Unsupported(
                "JPEG with over 100 scans".to_owned(),
            ));
        }
        let (components, band) = self.scan_header(header)?;
        let mut planes = std::mem::take(&mut self.planes);
        let end = ScanReader {
            check: self,
            components: &components,
            band,
            bits: Bits::new(self.data, position),
            end_of_band_run: 0,
        }
        .walk(&mut planes);
        self.planes = planes;
        end
    }

    /// At the end of the image: every component was coded.
    pub(super) fn finish(&self) -> Result<(), PageFault> {
        if self.planes.iter().all(|plane| plane.begun) {
            Ok(())
        } else {
            Err(PageFault::Truncated)
        }
    }

    fn scan_header(&mut self, header: &[u8]) -> Result<(Vec<ScanComponent>, Band), PageFault> {
        let wrong = || damaged("scan header");
        let (&count, rest) = header.split_first().ok_or_else(wrong)?;
        let (selectors, tail) = rest
            .split_at_checked(usize::from(count) * 2)
            .ok_or_else(wrong)?;
        let &[start, end, approximation] = tail else {
            return Err(wrong());
        };
        let mut components = Vec::with_capacity(usize::from(count));
        for selector in selectors.as_chunks::<2>().0 {
            let plane = self
                .planes
                .iter()
                .position(|plane| plane.component.id == selector[0])
                .ok_or_else(wrong)?;
            components.push(ScanComponent {
                plane,
                dc: usize::from(selector[1] >> 4),
                ac: usize::from(selector[1] & 15),
            });
        }
        let band = Band {
            start: u32::from(start),
            end: u32::from(end),
            high: approximation >> 4,
            low: approximation & 15,
        };
        self.accept(&components, band)?;
        Ok((components, band))
    }

    /// Whether such a scan may come now.
    fn accept(&mut self, components: &[ScanComponent], band: Band) -> Result<(), PageFault> {
        let wrong = || damaged("scan header");
        if components.is_empty() || components.len() > 4 {
            return Err(wrong());
        }
        let progressive = self.frame.coding == Coding::Progressive;
        if progressive {
            let dc = band.start == 0 && band.end == 0;
            let ac =
                band.start > 0 && band.start <= band.end && band.end < 64 && components.len() == 1;
            if !(dc || ac) || band.low > 13 {
                return Err(wrong());
            }
        }
        let mut blocks = 0;
        for part in components {
            let plane = self.planes.get_mut(part.plane).ok_or_else(wrong)?;
            blocks += u32::from(plane.component.h) * u32::from(plane.component.v);
            let first = band.start == 0 && band.high == 0;
            if !first && !plane.begun {
                return Err(damaged("a refining scan before the first one"));
            }
            if first && plane.begun {
                return Err(damaged("a component coded twice"));
            }
            plane.begun = true;
            if self
                .quantisation
                .get(usize::from(plane.component.quantisation))
                != Some(&true)
            {
                return Err(damaged("missing quantisation table"));
            }
        }
        if components.len() > 1 && blocks > 10 {
            return Err(damaged("more than ten blocks in an MCU"));
        }
        Ok(())
    }

    fn table(tables: &[Option<Huffman>; 4], slot: usize) -> Result<&Huffman, PageFault> {
        tables
            .get(slot)
            .and_then(Option::as_ref)
            .ok_or_else(|| damaged("missing Huffman table"))
    }
}

/// Walks through the blocks of one scan.
struct ScanReader<'c, 'd> {
    check: &'c EntropyCheck<'d>,
    components: &'c [ScanComponent],
    band: Band,
    bits: Bits<'d>,
    /// Blocks still covered by an end-of-band run (G.1.2.2).
    end_of_band_run: u32,
}

impl ScanReader<'_, '_> {
    fn walk(mut self, planes: &mut [Plane]) -> Result<usize, PageFault> {
        let frame = self.check.frame;
        let single = self.components.len() == 1;
        let (wide, high) = match self.components {
            &[only] => planes
                .get(only.plane)
                .map_or((0, 0), |plane| (plane.blocks_wide, plane.blocks_high)),
            _ => {
                let h_max = frame.components.iter().map(|c| c.h).max().unwrap_or(1);
                let v_max = frame.components.iter().map(|c| c.v).max().unwrap_or(1);
                (
                    u32::from(frame.width).div_ceil(8 * u32::from(h_max)),
                    u32::from(frame.height).div_ceil(8 * u32::from(v_max)),
                )
            }
        };
        let mut until_restart = self.check.restart_interval;
        let mut restarts = 0u8;
        for row in 0..high {
            for column in 0..wide {
                if self.check.restart_interval > 0 {
                    if until_restart == 0 {
                        self.restart(restarts)?;
                        restarts = (restarts + 1) % 8;
                        until_restart = self.check.restart_interval;
                    }
                    until_restart -= 1;
                }
                self.mcu(planes, single, row, column)?;
            }
        }
        if self.end_of_band_run > 0 {
            return Err(damaged("an end-of-band run past the end of the scan"));
        }
        self.bits.finish()
    }

    /// Expects the restart marker number `number` here (F.1.1.5.2).
    fn restart(&mut self, number: u8) -> Result<(), PageFault> {
        let data = self.check.data;
        let bits = std::mem::replace(&mut self.bits, Bits::new(data, data.len()));
        let mut position = bits.finish()? + 1;
        while data.get(position) == Some(&0xFF) {
            position += 1;
        }
        match data.get(position) {
            None => Err(PageFault::Truncated),
            Some(&super::markers::EOI) => Err(PageFault::Truncated),
            Some(&marker) if marker == 0xD0 + number => {
                self.bits = Bits::new(data, position + 1);
                self.end_of_band_run = 0;
                Ok(())
            }
            Some(_) => Err(damaged("restart markers out of order")),
        }
    }

    #[inline]
    fn mcu(
        &mut self,
        planes: &mut [Plane],
        single: bool,
        row: u32,
        column: u32,
    ) -> Result<(), PageFault> {
        for &part in self.components {
            let Some(plane) = planes.get_mut(part.plane) else {
                return Err(damaged("scan header"));
            };
            let (h, v) = if single {
                (1, 1)
            } else {
                (u32::from(plane.component.h), u32::from(plane.component.v))
            };
            for y in 0..v {
                for x in 0..h {
                    let block = (row * v + y) as usize * plane.stride + (column * h + x) as usize;
                    self.block(part, plane, block)?;
                }
            }
        }
        Ok(())
    }

    #[inline]
    fn block(
        &mut self,
        part: ScanComponent,
        plane: &mut Plane,
        block: usize,
    ) -> Result<(), PageFault> {
        if self.check.frame.coding == Coding::Sequential {
            return self.sequential_block(part);
        }
        if self.band.start == 0 {
            return if self.band.high == 0 {
                let table = EntropyCheck::table(&self.check.dc, part.dc)?;
                self.dc_difference(table)
            } else {
                self.bits.read(1).map(drop)
            };
        }
        let table = EntropyCheck::table(&self.check.ac, part.ac)?;
        let mask = plane
            .non_zero
            .get_mut(block)
            .ok_or_else(|| damaged("a block outside the image"))?;
        if self.band.high == 0 {
            self.first_ac_pass(table, mask)
        } else {
            self.refining_ac_pass(table, mask)
        }
    }

    #[inline]
    fn dc_difference(&mut self, table: &Huffman) -> Result<(), PageFault> {
        if self.bits.symbol_and_value(table)? > 11 {
            return Err(damaged("a DC difference out of range"));
        }
        Ok(())
    }

    /// F.2.2.
    #[inline]
    fn sequential_block(&mut self, part: ScanComponent) -> Result<(), PageFault> {
        let dc = EntropyCheck::table(&self.check.dc, part.dc)?;
        let ac = EntropyCheck::table(&self.check.ac, part.ac)?;
        self.dc_difference(dc)?;
        let mut index = 1u32;
        while index < 64 {
            let symbol = self.bits.symbol_and_value(ac)?;
            let run = u32::from(symbol >> 4);
            if symbol & 15 == 0 {
                if run < 15 {
                    return Ok(());
                }
                // Some encoders end a block by runs of zeros beyond it; that loses nothing.
                index += 16;
            } else {
                index += run + 1;
                if index > 64 {
                    return Err(damaged("more than 64 coefficients in a block"));
                }
            }
        }
        Ok(())
    }

    /// G.1.2.2.
    fn first_ac_pass(&mut self, table: &Huffman, mask: &mut u64) -> Result<(), PageFault> {
        if self.end_of_band_run > 0 {
            self.end_of_band_run -= 1;
            return Ok(());
        }
        let mut index = self.band.start;
        while index <= self.band.end {
            let symbol = self.bits.symbol(table)?;
            let (run, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
            if size == 0 {
                if run < 15 {
                    self.end_of_band_run = (1 << run) + self.bits.read(run)? - 1;
                    return Ok(());
                }
                index += 16;
            } else {
                index += run;
                if index > self.band.end {
                    return Err(damaged("a coefficient outside its band"));
                }
                self.bits.read(size)?;
                *mask |= 1 << index;
                index += 1;
            }
        }
        Ok(())
    }

    /// G.1.2.3.
    fn refining_ac_pass(&mut self, table: &Huffman, mask: &mut u64) -> Result<(), PageFault> {
        let mut index = self.band.start;
        if self.end_of_band_run == 0 {
            while index <= self.band.end {
                let symbol = self.bits.symbol(table)?;
                let (mut run, size) = (u32::from(symbol >> 4), symbol & 15);
                if size == 0 && run < 15 {
                    self.end_of_band_run = (1 << run) + self.bits.read(run)?;
                    break;
                }
                if size > 1 {
                    return Err(damaged("a refinement by more than one bit"));
                }
                if size == 1 {
                    self.bits.read(1)?;
                }
                // Passes over known coefficients, one correction bit each, until the run of zeros is used up.
                while index <= self.band.end {
                    if *mask >> index & 1 == 1 {
                        self.bits.read(1)?;
                    } else if run == 0 {
                        break;
                    } else {
                        run -= 1;
                    }
                    index += 1;
                }
                if size == 1 {
                    if index > self.band.end {
                        return Err(damaged("a coefficient outside its band"));
                    }
                    *mask |= 1 << index;
                }
                index += 1;
            }
        }
        if self.end_of_band_run > 0 {
            self.correct_the_rest(index, *mask)?;
            self.end_of_band_run -= 1;
        }
        Ok(())
    }

    /// One correction bit for each known coefficient from `index` to the end of the band.
    fn correct_the_rest(&mut self, index: u32, mask: u64) -> Result<(), PageFault> {
        if index > self.band.end {
            return Ok(());
        }
        let band = (u64::MAX >> (63 - self.band.end)) & (u64::MAX << index);
        let mut known = (mask & band).count_ones();
        while known > 0 {
            let now = known.min(16);
            self.bits.read(now)?;
            known -= now;
        }
        Ok(())
    }
}
