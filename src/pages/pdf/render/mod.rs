//! PDF pages drawn as pictures, and what speaks against trusting a picture.
//!
//! Runs inside the fence. Nothing on the machine is read but the file's bytes and fonts that stand in for
//! those which are not embedded.

use super::super::error::PageFault;
use super::super::image::Placement;
use super::super::stream::{Bounds, Raster};
use crate::record::RenderDoubt;

/// A file ready to be drawn.
pub(in crate::pages) struct Renderer;

/// One page drawn.
#[derive(Debug)]
pub(in crate::pages) struct Drawing {
    /// Turned as the page is shown; black and white, grey or colour, whichever loses nothing.
    pub(in crate::pages) raster: Raster,
    /// Width and height of the page as shown, points.
    pub(in crate::pages) page_size: (f64, f64),
    /// What speaks against it.
    pub(in crate::pages) doubts: Vec<RenderDoubt>,
}

impl Drawing {
    /// The picture on its page: all of it.
    pub(in crate::pages) fn placement(&self) -> Placement {
        let (width, height) = self.page_size;
        Placement {
            page_size: self.page_size,
            matrix: [width, 0.0, 0.0, height, 0.0, 0.0],
        }
    }
}

impl Renderer {
    /// Parses a whole file.
    pub(in crate::pages) fn open(_file: Vec<u8>) -> Result<Self, PageFault> {
        Err(PageFault::Unsupported("rendering".to_owned()))
    }

    /// How many pages it sees; another number than lopdf's is a reason to refuse.
    pub(in crate::pages) fn page_count(&self) -> usize {
        0
    }

    /// Draws page `n`, from 0, at `dpi`, or at less where `bounds` would be passed.
    pub(in crate::pages) fn draw(
        &self,
        _n: usize,
        _dpi: f64,
        _bounds: &Bounds,
    ) -> Result<Drawing, PageFault> {
        Err(PageFault::Unsupported("rendering".to_owned()))
    }
}
