//! The image XObject (ISO 32000-1 §8.9.5): the stream of a page image as it is, and how to decode it.
//!
//! Nothing is decoded or changed here, and nothing optional is said: no `/Interpolate`, `/Alternates`,
//! `/OPI`, masks or `/Decode` (ISO 19005-2 §6.2.8).

use pdf_writer::types::Predictor;
use pdf_writer::{Chunk, Filter, Name, Ref};

use crate::pages::{ImageEncoding, PageImage};

/// An image whose numbers fit PDF's integers (ISO 19005-2 §6.1.13).
pub(super) struct ImageObject<'a> {
    width: i32,
    height: i32,
    encoding: ImageEncoding,
    data: &'a [u8],
}

impl<'a> ImageObject<'a> {
    /// `None` if a dimension is zero, or it or the stream is beyond a PDF integer.
    pub(super) fn of(image: &'a PageImage) -> Option<Self> {
        i32::try_from(image.data.len()).ok()?;
        let side = |pixels: u32| i32::try_from(pixels).ok().filter(|side| *side > 0);
        Some(Self {
            width: side(image.width_px)?,
            height: side(image.height_px)?,
            encoding: image.encoding,
            data: &image.data,
        })
    }

    /// Writes it as object `id`.
    pub(super) fn write(&self, chunk: &mut Chunk, id: Ref) {
        let mut object = chunk.image_xobject(id, self.data);
        object.width(self.width).height(self.height);
        let (components, bits) = match self.encoding {
            ImageEncoding::Jpeg { components } => {
                object.filter(Filter::DctDecode);
                (components, 8)
            }
            ImageEncoding::CcittG4 { black_is_1 } => {
                object.filter(Filter::CcittFaxDecode);
                let mut parameters = object.decode_parms();
                parameters.k(-1).columns(self.width).rows(self.height);
                parameters.black_is_1(black_is_1);
                (1, 1)
            }
            ImageEncoding::Jbig2 => {
                object.filter(Filter::Jbig2Decode);
                (1, 1)
            }
            ImageEncoding::Flate { components, bits } => {
                object.filter(Filter::FlateDecode);
                let mut parameters = object.decode_parms();
                parameters.predictor(Predictor::PngOptimum);
                parameters.colors(i32::from(components)).columns(self.width);
                parameters.bits_per_component(i32::from(bits));
                (components, i32::from(bits))
            }
            ImageEncoding::PlainFlate { components, bits } => {
                object.filter(Filter::FlateDecode);
                (components, i32::from(bits))
            }
        };
        let color_space: &[u8] = if components == 1 {
            b"DeviceGray"
        } else {
            b"DeviceRGB"
        };
        object.color_space_name(Name(color_space));
        object.bits_per_component(bits);
    }
}
