//! Writes TIFFs of any kind, right and wrong, for the tests of the reader.

/// One directory to be: tags with their type and values, and the segments.
pub(super) struct Page {
    tags: Vec<(u16, u16, Vec<u32>)>,
    pub(super) segments: Vec<Vec<u8>>,
}

pub(super) const SHORT: u16 = 3;
pub(super) const LONG: u16 = 4;

impl Page {
    /// `bits` a sample, `samples` a pixel, one segment with these bytes.
    pub(super) fn new(
        size: (u32, u32),
        bits: u32,
        samples: u32,
        compression: u32,
        photometric: u32,
        segment: Vec<u8>,
    ) -> Self {
        let tags = vec![
            (256, LONG, vec![size.0]),
            (257, LONG, vec![size.1]),
            (258, SHORT, vec![bits; samples as usize]),
            (259, SHORT, vec![compression]),
            (262, SHORT, vec![photometric]),
            (277, SHORT, vec![samples]),
        ];
        Self {
            tags,
            segments: vec![segment],
        }
    }

    pub(super) fn with(mut self, tag: u16, kind: u16, values: &[u32]) -> Self {
        self.tags.retain(|(own, ..)| *own != tag);
        self.tags.push((tag, kind, values.to_vec()));
        self
    }

    pub(super) fn segments(mut self, segments: Vec<Vec<u8>>) -> Self {
        self.segments = segments;
        self
    }
}

/// Writes a classic TIFF.
pub(super) fn tiff(pages: Vec<Page>, little_endian: bool) -> Vec<u8> {
    let two = |value: u32| {
        let value = u16::try_from(value).expect("a short");
        if little_endian {
            value.to_le_bytes()
        } else {
            value.to_be_bytes()
        }
    };
    let four = |value: u32| {
        if little_endian {
            value.to_le_bytes()
        } else {
            value.to_be_bytes()
        }
    };
    let mut out = if little_endian {
        b"II*\0".to_vec()
    } else {
        b"MM\0*".to_vec()
    };
    out.extend([0; 4]);
    let mut pointer = 4;
    for mut page in pages {
        let mut offsets = Vec::new();
        let mut lengths = Vec::new();
        for segment in &page.segments {
            offsets.push(u32::try_from(out.len()).expect("short"));
            lengths.push(u32::try_from(segment.len()).expect("short"));
            out.extend(segment);
        }
        let tiled = page.tags.iter().any(|(tag, ..)| *tag == 322);
        page.tags
            .push((if tiled { 324 } else { 273 }, LONG, offsets));
        page.tags
            .push((if tiled { 325 } else { 279 }, LONG, lengths));
        page.tags.sort_by_key(|(tag, ..)| *tag);
        let mut entries = Vec::new();
        for (tag, kind, values) in &page.tags {
            let bytes: Vec<u8> = values
                .iter()
                .flat_map(|&value| match *kind {
                    7 => vec![u8::try_from(value).expect("a byte")],
                    SHORT => two(value).to_vec(),
                    _ => four(value).to_vec(),
                })
                .collect();
            let count = if *kind == 5 {
                values.len() / 2
            } else {
                values.len()
            };
            let mut field = bytes.clone();
            if bytes.len() > 4 {
                field = four(u32::try_from(out.len()).expect("short")).to_vec();
                out.extend(&bytes);
            }
            field.resize(4, 0);
            entries.extend(two(u32::from(*tag)));
            entries.extend(two(u32::from(*kind)));
            entries.extend(four(u32::try_from(count).expect("short")));
            entries.extend(field);
        }
        let here = u32::try_from(out.len()).expect("short");
        out[pointer..pointer + 4].copy_from_slice(&four(here));
        out.extend(two(u32::try_from(page.tags.len()).expect("short")));
        out.extend(entries);
        pointer = out.len();
        out.extend([0; 4]);
    }
    out
}
