//! Pictures of pages, for eyes: small, grey or in the scanner's colours, upright. One page is drawn at a time and some
//! megabytes of pictures are kept, so that memory stays bounded whatever is looked at. PDFs are opened behind the fence,
//! as when they came in.
//!
//! Not here: who may see them (the handlers), what was done to the archived page (nothing).

use std::collections::VecDeque;
use std::io::Cursor;
use std::sync::{Arc, Mutex, PoisonError};

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};

use super::reply::Refusal;
use crate::pages::{ImageEncoding, PageError, PageImage};
use crate::record::{Explain, RecordId};

/// Longest side of a page's picture, and of a thumbnail, pixels.
const LONGEST: [u32; 2] = [1200, 240];
/// Pictures kept, in bytes; the oldest go first.
const KEPT_BYTES_MAX: usize = 24 * 1024 * 1024;
/// Handwriting and stamps stay readable; a page takes about 150 kB.
const JPEG_QUALITY: u8 = 78;
/// For a page in colour; a larger one is drawn in grey.
const COLOUR_BYTES_MAX: u64 = 192 * 1024 * 1024;

/// Which picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wanted {
    /// Of which document.
    pub(super) record: RecordId,
    /// Page of the scan, or of the record's document, from 0; the two may differ.
    pub(super) page: usize,
    /// Whether it lies in the archive.
    pub(super) is_archived: bool,
    /// Clockwise turn that makes the stored page upright; `None`: as its file says.
    pub(super) upright: Option<u16>,
    /// Turned further by a person, clockwise.
    pub(super) turned: u16,
    /// A thumbnail.
    pub(super) is_small: bool,
}

/// A picture.
pub(super) struct Picture {
    /// JPEG.
    pub(super) bytes: Vec<u8>,
    /// How it lies over the stored page.
    pub(super) layout: Layout,
}

/// How a picture lies over the stored pixels of its page.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Layout {
    stored: (u32, u32),
    mirrored: bool,
    degrees: u16,
    /// Width and height of the picture.
    pub(super) shown: (u32, u32),
}

/// The pictures.
#[derive(Default)]
pub(super) struct Pictures {
    kept: Mutex<VecDeque<(Wanted, Arc<Picture>)>>,
    drawing: Mutex<()>,
}

impl Pictures {
    /// The picture wanted; `open` takes the page where it is not kept.
    ///
    /// # Errors
    /// The page cannot be taken.
    pub(super) fn of(
        &self,
        wanted: Wanted,
        open: impl FnOnce() -> Result<PageImage, PageError>,
    ) -> Result<Arc<Picture>, Refusal> {
        self.held(wanted, || Ok(open()))
    }

    /// The same of a page in the archive, which may be damaged.
    ///
    /// # Errors
    /// Also those of `open`.
    pub(super) fn held(
        &self,
        wanted: Wanted,
        open: impl FnOnce() -> Result<Result<PageImage, PageError>, Refusal>,
    ) -> Result<Arc<Picture>, Refusal> {
        if let Some(kept) = self.kept(wanted) {
            return Ok(kept);
        }
        let _turn = self.drawing.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = self.kept(wanted) {
            return Ok(kept);
        }
        let drawn = open()?.and_then(|image| draw(&image, wanted));
        let [large, small] = drawn.map_err(|error| {
            tracing::warn!(record = %wanted.record, page = wanted.page, code = error.code(), "no picture of a page");
            Refusal::Failed(error.code())
        })?;
        let [large, small] = [(large, false), (small, true)].map(|(picture, is_small)| {
            let picture = Arc::new(picture);
            self.keep(Wanted { is_small, ..wanted }, Arc::clone(&picture));
            picture
        });
        Ok(if wanted.is_small { small } else { large })
    }

    fn kept(&self, wanted: Wanted) -> Option<Arc<Picture>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.iter().find(|(known, _)| *known == wanted);
        found.map(|(_, picture)| Arc::clone(picture))
    }

    fn keep(&self, wanted: Wanted, picture: Arc<Picture>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push_back((wanted, picture));
        let bytes = |kept: &VecDeque<(Wanted, Arc<Picture>)>| -> usize {
            kept.iter().map(|(_, picture)| picture.bytes.len()).sum()
        };
        while bytes(&kept) > KEPT_BYTES_MAX {
            kept.pop_front();
        }
    }
}

impl Layout {
    fn of(image: &PageImage, degrees: u16, longest: u32) -> Self {
        let (width, height) = (f64::from(image.width_px), f64::from(image.height_px));
        // Fax machines scan twice as fine across as down.
        let stretch = image.resolution.x / image.resolution.y;
        let stretch = if (0.1..10.0).contains(&stretch) {
            stretch
        } else {
            1.0
        };
        let height = height * stretch;
        let scale = (f64::from(longest) / width.max(height)).min(1.0);
        let upright = (
            pixels(width * scale, longest),
            pixels(height * scale, longest),
        );
        Self {
            stored: (image.width_px, image.height_px),
            mirrored: image.rotation.mirrored,
            degrees,
            shown: match degrees {
                90 | 270 => (upright.1, upright.0),
                _ => upright,
            },
        }
    }

    /// Size before it is turned.
    fn unturned(&self) -> (u32, u32) {
        match self.degrees {
            90 | 270 => (self.shown.1, self.shown.0),
            _ => self.shown,
        }
    }

    /// Where a place on the stored page is in the picture; places beyond its edge are moved onto it.
    pub(super) fn place(&self, [x, y]: [f32; 2]) -> Option<[f64; 2]> {
        if !(x.is_finite() && y.is_finite()) {
            return None;
        }
        let (width, height) = (f64::from(self.stored.0), f64::from(self.stored.1));
        let (x, y) = (
            (f64::from(x) / width).clamp(0.0, 1.0),
            (f64::from(y) / height).clamp(0.0, 1.0),
        );
        let x = if self.mirrored { 1.0 - x } else { x };
        let (x, y) = match self.degrees {
            90 => (1.0 - y, x),
            180 => (1.0 - x, 1.0 - y),
            270 => (y, 1.0 - x),
            _ => (x, y),
        };
        Some([x * f64::from(self.shown.0), y * f64::from(self.shown.1)])
    }
}

/// A side of a picture.
#[allow(clippy::cast_possible_truncation, reason = "the range is checked")]
#[allow(clippy::cast_sign_loss, reason = "the range is checked")]
fn pixels(side: f64, longest: u32) -> u32 {
    side.round().clamp(1.0, f64::from(longest)) as u32
}

/// Samples of a page, rows top down.
struct Samples {
    width: u32,
    height: u32,
    /// 1 or 3 bytes a pixel.
    components: usize,
    bytes: Vec<u8>,
}

/// The picture and the thumbnail.
fn draw(image: &PageImage, wanted: Wanted) -> Result<[Picture; 2], PageError> {
    let stored = match colours(image) {
        Some(colours) => colours,
        None => Samples {
            width: image.width_px,
            height: image.height_px,
            components: 1,
            bytes: image.to_grey()?,
        },
    };
    let degrees = wanted.upright.unwrap_or(image.rotation.degrees) + wanted.turned;
    let layouts = LONGEST.map(|longest| Layout::of(image, degrees % 360, longest));
    let [large, small] = layouts.map(|layout| {
        let resized = resized(&stored, layout.unturned())?;
        let turned = turned(&resized, layout.mirrored, layout.degrees);
        Some(Picture {
            bytes: jpeg(&turned)?,
            layout,
        })
    });
    // Sizes are those that were asked for; what is left is a bug, told as a page that cannot be drawn.
    match (large, small) {
        (Some(large), Some(small)) => Ok([large, small]),
        _ => Err(PageError::NoSuchPage { page: wanted.page }),
    }
}

/// The page in colour, where its bytes are a JPEG in colour of bearable size.
fn colours(image: &PageImage) -> Option<Samples> {
    let ImageEncoding::Jpeg { components: 3 } = image.encoding else {
        return None;
    };
    let bytes = 3 * u64::from(image.width_px) * u64::from(image.height_px);
    if bytes > COLOUR_BYTES_MAX {
        return None;
    }
    let mut reader = image::ImageReader::new(Cursor::new(&image.data));
    reader.set_format(image::ImageFormat::Jpeg);
    let mut limits = image::Limits::default();
    limits.max_alloc = Some(2 * COLOUR_BYTES_MAX);
    reader.limits(limits);
    let decoded = reader.decode().ok()?.into_rgb8();
    let is_whole = decoded.dimensions() == (image.width_px, image.height_px);
    is_whole.then(|| Samples {
        width: image.width_px,
        height: image.height_px,
        components: 3,
        bytes: decoded.into_raw(),
    })
}

fn resized(samples: &Samples, (width, height): (u32, u32)) -> Option<Samples> {
    let pixel = match samples.components {
        3 => PixelType::U8x3,
        _ => PixelType::U8,
    };
    let source = ImageRef::new(samples.width, samples.height, &samples.bytes, pixel).ok()?;
    let mut target = Image::new(width, height, pixel);
    let filter = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear));
    Resizer::new().resize(&source, &mut target, &filter).ok()?;
    Some(Samples {
        width,
        height,
        components: samples.components,
        bytes: target.into_vec(),
    })
}

/// Mirrored left-right, then turned clockwise.
fn turned(samples: &Samples, mirrored: bool, degrees: u16) -> Samples {
    let (width, height) = (samples.width as usize, samples.height as usize);
    let (across, down) = match degrees {
        90 | 270 => (height, width),
        _ => (width, height),
    };
    let mut bytes = Vec::with_capacity(samples.bytes.len());
    for y in 0..down {
        for x in 0..across {
            let (from_x, from_y) = match degrees {
                90 => (y, height - 1 - x),
                180 => (width - 1 - x, height - 1 - y),
                270 => (width - 1 - y, x),
                _ => (x, y),
            };
            let from_x = if mirrored { width - 1 - from_x } else { from_x };
            let at = (from_y * width + from_x) * samples.components;
            bytes.extend_from_slice(&samples.bytes[at..at + samples.components]);
        }
    }
    let (width, height) = match degrees {
        90 | 270 => (samples.height, samples.width),
        _ => (samples.width, samples.height),
    };
    Samples {
        width,
        height,
        components: samples.components,
        bytes,
    }
}

fn jpeg(samples: &Samples) -> Option<Vec<u8>> {
    let colour = match samples.components {
        3 => jpeg_encoder::ColorType::Rgb,
        _ => jpeg_encoder::ColorType::Luma,
    };
    let mut bytes = Vec::new();
    let (width, height) = (
        samples.width.try_into().ok()?,
        samples.height.try_into().ok()?,
    );
    jpeg_encoder::Encoder::new(&mut bytes, JPEG_QUALITY)
        .encode(&samples.bytes, width, height, colour)
        .ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(width: u32, height: u32) -> Samples {
        let count = u8::try_from(width * height).expect("small");
        Samples {
            width,
            height,
            components: 1,
            bytes: (0..count).collect(),
        }
    }

    #[test]
    fn places_and_pixels_are_turned_alike() {
        let stored = samples(3, 2);
        for mirrored in [false, true] {
            for degrees in [0, 90, 180, 270] {
                let shown = turned(&stored, mirrored, degrees);
                let layout = Layout {
                    stored: (3, 2),
                    mirrored,
                    degrees,
                    shown: (shown.width, shown.height),
                };
                // The middle of the pixel in row 1, column 2, whose value is 5.
                let [x, y] = layout.place([2.5, 1.5]).expect("a place");
                let at = |x: f64, y: f64| {
                    let column = (0..shown.width).position(|it| f64::from(it) + 0.5 == x);
                    let row = (0..shown.height).position(|it| f64::from(it) + 0.5 == y);
                    row.expect("a row") * shown.width as usize + column.expect("a column")
                };
                // Sixths are not exact in binary.
                let (x, y) = ((x * 2.0).round() / 2.0, (y * 2.0).round() / 2.0);
                assert_eq!(shown.bytes[at(x, y)], 5, "{mirrored} {degrees}");
            }
        }
    }

    #[test]
    fn places_that_are_none_are_not_shown_and_others_stay_inside() {
        let layout = Layout {
            stored: (100, 200),
            mirrored: false,
            degrees: 0,
            shown: (10, 20),
        };
        assert_eq!(layout.place([f32::NAN, 1.0]), None);
        assert_eq!(layout.place([f32::INFINITY, 1.0]), None);
        assert_eq!(layout.place([-5.0, 1e30]), Some([0.0, 20.0]));
    }
}
