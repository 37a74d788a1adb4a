//! Inside the fence: one incoming PDF, its triage, and its pages one by one.
//!
//! A page that is one image is taken as that. A page with text or drawing is copied where the copy proves to be
//! PDF/A; every other page is rendered. What an image page's data hides until it is decoded (a
//! coding that nobody knows, damage) sends it to the renderer too, with a doubt where something may be lost.

use std::fs;
use std::path::Path;

use super::super::Taken;
use super::super::error::{PageError, PageFault};
use super::super::image::Rotation;
use super::super::resolution::StatedDensity;
use super::super::stream::Bounds;
use super::easel::Easel;
use super::loaded::{self, Loaded};
use super::protocol::CopyOrder;
use super::render::borrowed::Borrowed;
use super::render::compress::compress;
use super::render::{Drawing, Renderer};
use super::sanitise::{self, Copied, Target, Wanted};
use super::signatures;
use super::trial;
use super::way::{PageWay, PdfSheet, PdfSummary};
use crate::config::Limits;
use crate::pdfa::{self, PdfFile, Violation};
use crate::record::RenderDoubt;

/// Dots an inch of a rendered page; what counters scan at.
const RENDER_DPI: f64 = 300.0;

/// A file, and which way its pages go.
#[derive(Debug)]
pub(super) struct Incoming {
    loaded: Loaded,
    pub(super) summary: PdfSummary,
    bounds: Bounds,
}

impl Incoming {
    /// Parses the file and decides every page's way.
    pub(super) fn open(path: &Path, limits: &Limits) -> Result<Self, PageError> {
        let bytes = file_bytes(path)?;
        let loaded = Loaded::read(path, bytes, limits)?;
        let signatures = signatures::describe(path, bytes, loaded.document());
        let signed = !signatures.is_empty();
        let claims = pdfa::claim(loaded.document()).is_some();
        let (kept, not_kept) = match (claims, signed) {
            (false, _) => (false, String::new()),
            (true, true) => (false, "the file is signed".to_owned()),
            (true, false) => match check(path, limits)?.first() {
                None => (true, String::new()),
                Some(violation) => (false, violation.to_string()),
            },
        };
        let count = loaded.pages().len();
        let bounds = Bounds::new(limits);
        let unknown = PdfSheet {
            size: (0.0, 0.0),
            rotate: 0,
        };
        let mut summary = PdfSummary {
            ways: (0..count).map(|n| way(&loaded, n, &bounds)).collect(),
            sheets: (0..count)
                .map(|n| loaded.sheet_of(n).unwrap_or(unknown))
                .collect(),
            kept,
            not_kept,
            signatures,
        };
        trial::hold(&loaded, &mut summary.ways);
        Ok(Self {
            loaded,
            summary,
            bounds,
        })
    }

    /// Parses the file again; the ways were decided before.
    pub(super) fn join(
        path: &Path,
        limits: &Limits,
        summary: PdfSummary,
    ) -> Result<Self, PageError> {
        Ok(Self {
            loaded: Loaded::read(path, file_bytes(path)?, limits)?,
            summary,
            bounds: Bounds::new(limits),
        })
    }

    /// Page `n` as a picture.
    pub(super) fn take(&self, n: usize, easel: &mut Easel<'_>) -> Result<Taken, PageFault> {
        let way = self.summary.ways.get(n);
        let (why, doubt) = match way.ok_or(PageFault::Damaged("page list".to_owned()))? {
            PageWay::Rendered { why } => (why.clone(), None),
            PageWay::Sanitised(_) => (String::new(), None),
            PageWay::Image => match self.loaded.take(n, &self.bounds) {
                Ok(taken) => return Ok(taken),
                Err(fault @ (PageFault::Unsupported(_) | PageFault::NotImageOnly(_))) => {
                    (fault.to_string(), None)
                }
                // The file around it is whole: it was made so, and a person may know whether that matters.
                Err(fault @ (PageFault::Damaged(_) | PageFault::Truncated)) => {
                    let what = fault.to_string();
                    (what.clone(), Some(RenderDoubt::ContentLost { what }))
                }
                Err(other) => return Err(other),
            },
        };
        let mut taken = self.rendered(n, easel, why)?;
        taken.doubts.extend(doubt);
        Ok(taken)
    }

    /// Copies sanitised pages.
    pub(super) fn copy(&self, order: &CopyOrder) -> Result<Copied, PageFault> {
        let wanted = order.pages.iter().map(|&(n, rotate)| {
            let page = self.loaded.pages().get(n).copied();
            let page = page.ok_or(PageFault::Damaged("page list".to_owned()))?;
            Ok(Wanted { page, rotate })
        });
        let wanted = wanted.collect::<Result<Vec<_>, PageFault>>()?;
        let target = Target {
            first: order.first,
            page_tree: order.page_tree,
        };
        sanitise::copy(self.loaded.path(), self.loaded.document(), &wanted, target)
            .map_err(|obstacle| PageFault::Damaged(obstacle.to_string()))
    }

    fn rendered(
        &self,
        n: usize,
        easel: &mut Easel<'_>,
        mut why: String,
    ) -> Result<Taken, PageFault> {
        let drawer = easel.drawer(self.loaded.path(), self.loaded.pages().len())?;
        let mut drawing = drawer.draw(n, RENDER_DPI, &self.bounds)?;
        if !drawing.borrowed.is_empty()
            && let Some(completed) = self.completed(n, &drawing.borrowed)
        {
            drawing = completed;
            // Where another program reads it so, too, the doubt goes; the record says it all the same.
            why.push_str("; names that a form lacks were looked up around it");
        }
        let density = density(&drawing);
        let stream = compress(&drawing.raster, &why)?;
        Ok(Taken {
            stream,
            rotation: Rotation::NONE,
            density: Some(density),
            placement: Some(drawing.placement()),
            doubts: drawing.doubts,
        })
    }

    fn completed(&self, n: usize, borrowed: &[Borrowed]) -> Option<Drawing> {
        let file = fs::read(self.loaded.path()).ok()?;
        let document = self.loaded.document();
        Renderer::draw_completed(file, document, borrowed, (n, RENDER_DPI), &self.bounds)
    }
}

/// What our own check of PDF/A-2b finds in a file.
pub(super) fn check(path: &Path, limits: &Limits) -> Result<Vec<Violation>, PageError> {
    let unreadable = |source| PageError::Unreadable { source };
    let (bytes, limit) = (file_bytes(path)?, limits.file_bytes());
    if bytes > limit {
        return Err(PageError::FileTooLong { bytes, limit });
    }
    let bytes = fs::read(path).map_err(unreadable)?;
    let document = loaded::load_whole(&bytes, limits)?;
    Ok(pdfa::check(PdfFile {
        bytes: &bytes,
        document: &document,
    }))
}

fn file_bytes(path: &Path) -> Result<u64, PageError> {
    let metadata = fs::metadata(path).map_err(|source| PageError::Unreadable { source })?;
    Ok(metadata.len())
}

/// The first of: an image, a copy (still to be tried), a rendering.
fn way(loaded: &Loaded, n: usize, bounds: &Bounds) -> PageWay {
    let fault = match loaded.is_image_only(n, bounds) {
        Ok(()) => return PageWay::Image,
        // What is cut off or too large is told when it is taken, with that reason.
        Err(PageFault::Truncated | PageFault::TooLarge { .. } | PageFault::Unreadable(_)) => {
            return PageWay::Image;
        }
        Err(fault) => fault,
    };
    match trial::candidate(loaded, n) {
        Ok(page) => PageWay::Sanitised(page),
        Err(obstacle) => PageWay::Rendered {
            why: format!("{fault}; not copied: {obstacle}"),
        },
    }
}

fn density(drawing: &Drawing) -> StatedDensity {
    StatedDensity {
        x: drawing.dpi,
        y: drawing.dpi,
    }
}
