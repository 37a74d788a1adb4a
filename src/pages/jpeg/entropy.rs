//! Proof that a JPEG's coded data is complete: every Huffman code of every block is read, no pixel is computed.
//!
//! Decoders fill what is missing with grey and say nothing, so completeness is checked here by the
//! code lengths alone (ITU-T T.81 F.2 and G.2), at a fraction of the cost of a decode. Progressive
//! refinement needs to know which coefficients are non-zero: one 64-bit mask a block.

use super::super::error::PageFault;
use super::bits::{Bits, Huffman};
use super::markers::{Coding, Component, Frame};
use super::scan::{Band, Plane, ScanComponent, ScanReader};

/// More scans than any encoder writes; each costs a walk over all blocks.
const SCANS_MAX: usize = 100;

pub(super) fn damaged(what: &str) -> PageFault {
    PageFault::Damaged(format!("JPEG: {what}"))
}

/// Tables and progress while a JPEG is walked through.
pub(super) struct EntropyCheck<'a> {
    pub(super) data: &'a [u8],
    pub(super) frame: &'a Frame,
    pub(super) dc: [Option<Huffman>; 4],
    pub(super) ac: [Option<Huffman>; 4],
    quantisation: [bool; 4],
    pub(super) restart_interval: u32,
    scans: usize,
    planes: Vec<Plane>,
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
    pub(super) fn set_restart_interval(&mut self, content: &[u8]) -> Result<(), PageFault> {
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

    pub(super) fn table(tables: &[Option<Huffman>; 4], slot: usize) -> Result<&Huffman, PageFault> {
        tables
            .get(slot)
            .and_then(Option::as_ref)
            .ok_or_else(|| damaged("missing Huffman table"))
    }
}
