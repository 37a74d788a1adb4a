//! One scan of a JPEG, block by block: the codes are read, the coefficients are not.

use super::super::error::PageFault;
use super::bits::{Bits, Huffman};
use super::entropy::{EntropyCheck, damaged};
use super::markers::{self, Coding, Component};

/// One component's blocks.
pub(super) struct Plane {
    pub(super) component: Component,
    /// Blocks that carry pixels.
    pub(super) blocks_wide: u32,
    pub(super) blocks_high: u32,
    /// Blocks of a row, padded to whole MCUs.
    pub(super) stride: usize,
    /// Whether its DC coefficients have been coded.
    pub(super) begun: bool,
    /// Progressive only: which coefficients of a block are non-zero.
    pub(super) non_zero: Vec<u64>,
}

/// A component's part in a scan.
#[derive(Clone, Copy)]
pub(super) struct ScanComponent {
    pub(super) plane: usize,
    pub(super) dc: usize,
    pub(super) ac: usize,
}

/// Spectral selection and successive approximation (B.2.3).
#[derive(Clone, Copy)]
pub(super) struct Band {
    pub(super) start: u32,
    pub(super) end: u32,
    pub(super) high: u8,
    pub(super) low: u8,
}

/// Walks through the blocks of one scan.
pub(super) struct ScanReader<'c, 'd> {
    pub(super) check: &'c EntropyCheck<'d>,
    pub(super) components: &'c [ScanComponent],
    pub(super) band: Band,
    pub(super) bits: Bits<'d>,
    /// Blocks still covered by an end-of-band run (G.1.2.2).
    pub(super) end_of_band_run: u32,
}

impl ScanReader<'_, '_> {
    pub(super) fn walk(mut self, planes: &mut [Plane]) -> Result<usize, PageFault> {
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
            Some(&markers::EOI) => Err(PageFault::Truncated),
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
