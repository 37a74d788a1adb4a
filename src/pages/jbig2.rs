//! JBIG2 (ITU-T T.88): made one embedded stream, proved to decode, and decoded.
//!
//! A PDF keeps segments that several images share in a stream beside them; here they are put before the
//! page's own, so that the image stands alone. Black is 0 in the decoded rows, as `JBIG2Decode` gives it
//! (ISO 32000-1 §7.4.7). Nothing is encoded: the coder's lossy modes change digits.

use std::panic::{AssertUnwindSafe, catch_unwind};

use hayro_jbig2::{DecodeSettings, Decoder, Page};

use super::error::PageFault;
use super::stream::Bounds;

/// Segments that refer to more others than this are no scan's.
const REFERRED_MAX: usize = 1 << 16;

/// The shortest segment header (§7.2).
const HEADER_BYTES: usize = 11;

const PATTERN_DICTIONARY: u8 = 16;
const PAGE_INFORMATION: u8 = 48;

fn damaged(what: &str) -> PageFault {
    PageFault::Damaged(format!("JBIG2 {what}"))
}

/// Where a segment's parts lie (§7.2).
struct Segment<'a> {
    kind: u8,
    /// The bytes that hold the number of the segment's page.
    page: std::ops::Range<usize>,
    data: &'a [u8],
}

/// Walks from segment to segment.
struct Segments<'a> {
    stream: &'a [u8],
    position: usize,
}

impl<'a> Segments<'a> {
    fn of(stream: &'a [u8]) -> Self {
        Self {
            stream,
            position: 0,
        }
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], PageFault> {
        let end = self.position.saturating_add(count);
        let bytes = self
            .stream
            .get(self.position..end)
            .ok_or(PageFault::Truncated)?;
        self.position = end;
        Ok(bytes)
    }

    /// The next segment; `None` at the end. One of unknown length (§7.2.7) has all that is left.
    fn next(&mut self) -> Result<Option<Segment<'a>>, PageFault> {
        // Some writers put a line end behind the last one.
        let rest = self.stream.get(self.position..).unwrap_or_default();
        if rest.len() < HEADER_BYTES && rest.iter().all(|byte| b"\0\n\r ".contains(byte)) {
            return Ok(None);
        }
        let number = be(self.take(4)?);
        let flags = be(self.take(1)?);
        let referred = self.referred()?;
        let size = match number {
            0..=256 => 1,
            257..=65_536 => 2,
            _ => 4,
        };
        self.take(referred * size)?;
        let from = self.position;
        self.take(if flags & 0x40 == 0 { 1 } else { 4 })?;
        let page = from..self.position;
        let length = be(self.take(4)?);
        let rest = self.stream.len().saturating_sub(self.position);
        let length = match usize::try_from(length) {
            Ok(length) if length != 0xFFFF_FFFF => length,
            _ => rest,
        };
        Ok(Some(Segment {
            kind: u8::try_from(flags & 0x3F).unwrap_or(0),
            page,
            data: self.take(length)?,
        }))
    }

    /// How many segments this one refers to; their flags are passed over (§7.2.4).
    fn referred(&mut self) -> Result<usize, PageFault> {
        let first = self.stream.get(self.position).copied();
        match first.ok_or(PageFault::Truncated)? >> 5 {
            7 => {
                let count = usize::try_from(be(self.take(4)?) & 0x1FFF_FFFF).unwrap_or(usize::MAX);
                if count > REFERRED_MAX {
                    return Err(damaged("segment that refers to too many others"));
                }
                self.take((count + 1).div_ceil(8))?;
                Ok(count)
            }
            few => {
                self.take(1)?;
                Ok(usize::from(few))
            }
        }
    }
}

/// At most four bytes, the most significant first.
fn be(bytes: &[u8]) -> u32 {
    bytes
        .iter()
        .fold(0, |value, &byte| value << 8 | u32::from(byte))
}

/// One embedded stream of the shared segments and a page's own.
///
/// Shared segments belong to no page (0) and may stand only in a stream beside the image; here they are
/// said to belong to the image's page. Their coded data stays as it is.
pub(super) fn alone(mut shared: Vec<u8>, page: Vec<u8>) -> Result<Vec<u8>, PageFault> {
    if shared.is_empty() {
        return Ok(page);
    }
    let number = page_number(&page)?;
    let mut places = Vec::new();
    let mut segments = Segments::of(&shared);
    while let Some(segment) = segments.next()? {
        places.push(segment.page);
    }
    let end = segments.position;
    shared.truncate(end);
    for place in places {
        let bytes = number.to_be_bytes();
        let Some(field) = shared.get_mut(place) else {
            continue;
        };
        let from = bytes.len().saturating_sub(field.len());
        if bytes.iter().take(from).any(|&byte| byte != 0) {
            return Err(damaged("page number"));
        }
        field.copy_from_slice(bytes.get(from..).unwrap_or_default());
    }
    shared.extend(page);
    Ok(shared)
}

/// The number that the page's information segment carries.
fn page_number(page: &[u8]) -> Result<u32, PageFault> {
    let mut segments = Segments::of(page);
    while let Some(segment) = segments.next()? {
        if segment.kind == PAGE_INFORMATION {
            return Ok(be(page.get(segment.page).unwrap_or_default()));
        }
    }
    Err(damaged("stream without a page"))
}

/// Decodes every row of an embedded stream of this size; 1 is white.
pub(super) fn decode(data: &[u8], width: u32, height: u32) -> Result<Vec<u8>, PageFault> {
    let mut rows = PackedRows::default();
    let decoded = catch_unwind(AssertUnwindSafe(|| {
        let page = Page::new_embedded(data, None, &DecodeSettings { strict: false })?;
        if (page.width(), page.height()) == (width, height) {
            page.decode(&mut rows)?;
        }
        Ok::<_, hayro_jbig2::DecodeError>(())
    }));
    match decoded {
        Ok(Ok(())) => {}
        Ok(Err(error)) => return Err(damaged(&format!("stream: {error}"))),
        Err(_) => return Err(damaged("stream that stopped the decoder")),
    }
    if rows.packed.len() == (width as usize).div_ceil(8) * height as usize {
        Ok(rows.packed)
    } else {
        Err(damaged("stream of another size than its image"))
    }
}

/// Refuses by the headers what would take more memory than a page may, or is cut off, before anything is decoded.
pub(super) fn check_sizes(data: &[u8], bounds: &Bounds) -> Result<(), PageFault> {
    let mut segments = Segments::of(data);
    let mut has_region = false;
    while let Some(segment) = segments.next()? {
        let number = |at: usize| be(segment.data.get(at..at + 4).unwrap_or_default());
        let sides = match segment.kind {
            // Region segment information: width, height (§7.4.1).
            4..=7 | 36..=43 => vec![(number(0), number(4))],
            // A halftone has a grid as well (§7.4.5).
            20..=23 => vec![(number(0), number(4)), (number(18), number(22))],
            PATTERN_DICTIONARY => {
                let side = |at: usize| u32::from(segment.data.get(at).copied().unwrap_or(0));
                let across = number(3).saturating_add(1).saturating_mul(side(1));
                vec![(across, side(2))]
            }
            _ => Vec::new(),
        };
        has_region |= matches!(segment.kind, 6 | 7 | 22 | 23 | 38 | 39 | 42 | 43);
        for (width, height) in sides {
            if width > 0 && height > 0 {
                bounds.check(width, height, 1)?;
            }
        }
    }
    // A page that nothing is drawn on was cut off behind its first segment.
    has_region.then_some(()).ok_or(PageFault::Truncated)
}

/// Rows packed to bytes, 1 is white.
#[derive(Default)]
struct PackedRows {
    packed: Vec<u8>,
    held: u8,
    count: u8,
}

impl Decoder for PackedRows {
    fn push_pixel(&mut self, black: bool) {
        self.held = self.held << 1 | u8::from(!black);
        self.count += 1;
        if self.count == 8 {
            self.packed.push(self.held);
            self.count = 0;
        }
    }

    fn push_pixel_chunk(&mut self, black: bool, chunk_count: u32) {
        let value = if black { 0 } else { 0xFF };
        let length = self.packed.len() + chunk_count as usize;
        self.packed.resize(length, value);
    }

    fn next_line(&mut self) {
        while self.count != 0 {
            self.push_pixel(false);
        }
    }
}
