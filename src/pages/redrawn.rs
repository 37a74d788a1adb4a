//! Pages that another program draws for keeping: ours agrees with all that it shows and lacks a part of it.
//!
//! Which pages these are is not decided here. The other program gives the samples; size, turn and place on
//! the page are those of our own drawing.

use std::collections::BTreeSet;
use std::path::Path;

use super::error::{PageError, PageFault};
use super::image::PageImage;
use super::pdf::compress;
use super::stream::{Pixels, Raster};
use crate::second_renderer::{Picture, Samples, SecondRenderer};

/// The program, and the pages of a document that it draws.
#[derive(Debug)]
pub(super) struct Redrawn {
    renderer: SecondRenderer,
    pages: BTreeSet<usize>,
}

impl Redrawn {
    pub(super) fn new(renderer: SecondRenderer, pages: BTreeSet<usize>) -> Self {
        Self { renderer, pages }
    }

    pub(super) fn includes(&self, number: usize) -> bool {
        self.pages.contains(&number)
    }

    /// `image` with the other program's samples.
    pub(super) fn instead_of(&self, image: PageImage, path: &Path) -> Result<PageImage, PageError> {
        let page = image.source.page;
        self.drawn(&image, path)
            .map_err(|fault| fault.on_page(page))
    }

    fn drawn(&self, image: &PageImage, path: &Path) -> Result<PageImage, PageFault> {
        let picture = self
            .renderer
            .draw_page(path, image.source.page, image.resolution.x)
            .map_err(|fault| {
                tracing::warn!(%fault, "a page is not drawn by the other program");
                PageFault::NotLookedAt
            })?;
        let why = format!("{}; drawn by another renderer", image.treatment_reason);
        let stream = compress(&raster(picture), &why)?;
        Ok(PageImage {
            width_px: stream.width,
            height_px: stream.height,
            encoding: stream.encoding,
            data: stream.data,
            treatment_reason: stream.reason,
            ..image.clone()
        })
    }
}

fn raster(picture: Picture) -> Raster {
    Raster {
        width: picture.width,
        height: picture.height,
        pixels: match picture.samples {
            Samples::Grey(rows) => Pixels::Grey(rows),
            Samples::Rgb(rows) => Pixels::Rgb(rows),
        },
    }
}
