//! A second look at pages that were drawn from a PDF, before anything relies on the drawing.
//!
//! Where another renderer is installed it draws the page, too; what remains of the doubts goes to the
//! worklist, with both pictures beside the claimed original. What was found is kept in the job's folder, so
//! that a document that waits is not drawn again. Nothing here decides anything.

use std::collections::BTreeSet;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::durable::{self, DurableError};
use crate::error::Error;
use crate::fence;
use crate::pages::{PageError, PageImage, PagePool, Scans};
use crate::record::{PageTreatment, RenderDoubt};
use crate::second_renderer::{
    Annotations, Picture, Samples, SecondLimits, SecondRenderer, compare, lacks_annotations_only,
    settle,
};

const FILE: &str = "rendering.json";
/// 2,000 pages with a few doubts each stay below it.
const BYTES_MAX: u64 = 64 << 20;

/// What was found on the pages that were looked at.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Looked {
    /// Which program looked, because another version may draw better.
    converter: String,
    pages: Vec<LookedPage>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct LookedPage {
    /// Page of the scan, from 0.
    page: usize,
    /// What remains; nothing yet where the page is still to be looked at.
    doubts: Option<Vec<RenderDoubt>>,
    /// Whether the other renderer draws it for keeping: it can draw annotations that ours cannot.
    redrawn: bool,
}

impl Looked {
    /// What remains in doubt of a page; `None` if nobody looked at it.
    #[must_use]
    pub fn doubts_of(&self, page: usize) -> Option<&[RenderDoubt]> {
        let looked = self.pages.iter().find(|looked| looked.page == page)?;
        looked.doubts.as_deref()
    }

    /// The pages that a person must look at.
    #[must_use]
    pub fn doubtful(&self) -> Vec<usize> {
        let doubtful = |looked: &&LookedPage| looked.doubts.as_ref().is_some_and(|d| !d.is_empty());
        self.pages
            .iter()
            .filter(doubtful)
            .map(|looked| looked.page)
            .collect()
    }

    /// The document's pages as they are to be kept: some drawn by the other renderer.
    #[must_use]
    pub fn apply(&self, scans: Scans) -> Scans {
        let redrawn = self.pages.iter().filter(|looked| looked.redrawn);
        let pages: BTreeSet<usize> = redrawn.map(|looked| looked.page).collect();
        if pages.is_empty() {
            return scans;
        }
        match second_renderer() {
            Some(renderer) => scans.redrawn_by(renderer, pages),
            None => scans,
        }
    }

    fn load(folder: &Path, converter: &str) -> Self {
        let read = || {
            let mut bytes = Vec::new();
            let file = durable::open_regular(&folder.join(FILE)).ok()?;
            file.take(BYTES_MAX).read_to_end(&mut bytes).ok()?;
            let looked: Self = serde_json::from_slice(&bytes).ok()?;
            (looked.converter == converter).then_some(looked)
        };
        // A cache: what is missing, damaged or of another program's making is found once more.
        read().unwrap_or_else(|| Self {
            converter: converter.to_owned(),
            pages: Vec::new(),
        })
    }

    fn save(&self, folder: &Path) -> Result<(), DurableError> {
        // Plain data with text keys: serialising it cannot fail.
        let bytes = serde_json::to_vec(self).unwrap_or_default();
        durable::replace(&folder.join(FILE), &bytes)
    }
}

/// The picture of a doubtful page in the job's folder, as we draw it and as the second renderer does; pages
/// count from 0.
#[must_use]
pub fn pictures(folder: &Path, page: usize) -> [PathBuf; 2] {
    ["ours", "theirs"].map(|whose| folder.join(format!("rendering-{:04}-{whose}.png", page + 1)))
}

/// Looks at every page that was drawn. What is found is kept in `folder`, if one is given, for as long as
/// `converter` is the same.
///
/// # Errors
/// A page that cannot be taken; the disk's.
pub fn look(
    scans: &Scans,
    pool: &PagePool,
    folder: Option<&Path>,
    converter: &str,
) -> Result<Looked, Error> {
    let mut looked = folder.map_or_else(Looked::default, |folder| Looked::load(folder, converter));
    if looked.pages.iter().any(|page| page.redrawn) && second_renderer().is_none() {
        // It was there before, and is not now: nobody draws these pages but us.
        looked.pages.retain(|page| !page.redrawn);
    }
    let remembered = looked.pages.iter().filter(|page| page.doubts.is_none());
    let mut wanted: Vec<usize> = remembered.map(|page| page.page).collect();
    wanted.extend(scans.rendered());
    wanted.sort_unstable();
    wanted.dedup();
    wanted.retain(|page| looked.doubts_of(*page).is_none());
    if wanted.is_empty() {
        return Ok(looked);
    }
    let second = second_renderer();
    for (&page, image) in wanted
        .iter()
        .zip(scans.in_order_of(wanted.iter().copied(), pool))
    {
        let found = look_at(scans, page, &image?, second.as_ref(), folder)?;
        looked.pages.retain(|known| known.page != page);
        looked.pages.push(found);
    }
    looked.pages.sort_by_key(|looked| looked.page);
    if let Some(folder) = folder {
        looked.save(folder)?;
    }
    Ok(looked)
}

/// Makes the next look include a page that turned out to be drawn.
///
/// # Errors
/// The disk's.
pub fn remember(folder: &Path, converter: &str, page: usize) -> Result<(), DurableError> {
    let mut looked = Looked::load(folder, converter);
    looked.pages.push(LookedPage {
        page,
        doubts: None,
        redrawn: false,
    });
    looked.save(folder)
}

fn second_renderer() -> Option<SecondRenderer> {
    let limiter = fence::program().map(|sohoa| {
        let words = ["worker", "--exec"].map(Into::into);
        std::iter::once(sohoa.into()).chain(words).collect()
    });
    SecondRenderer::find(limiter.unwrap_or_default(), SecondLimits::default())
}

/// What speaks against a page that turned out to be drawn while the document was put together.
///
/// # Errors
/// The page's samples cannot be had.
pub fn look_at_once(
    scans: &Scans,
    page: usize,
    image: &PageImage,
) -> Result<Vec<RenderDoubt>, PageError> {
    Ok(Compared::of(scans, page, image, second_renderer().as_ref())?.doubts)
}

fn look_at(
    scans: &Scans,
    page: usize,
    image: &PageImage,
    second: Option<&SecondRenderer>,
    folder: Option<&Path>,
) -> Result<LookedPage, Error> {
    let mut found = LookedPage {
        page,
        doubts: Some(Vec::new()),
        redrawn: false,
    };
    if image.treatment != PageTreatment::Rendered {
        return Ok(found);
    }
    let compared = Compared::of(scans, page, image, second)?;
    if compared.lacks_annotations_only() {
        found.redrawn = true;
        return Ok(found);
    }
    if let (Some(folder), false) = (folder, compared.doubts.is_empty()) {
        let [of_ours, of_theirs] = pictures(folder, page);
        durable::replace(&of_ours, &png(&compared.ours))?;
        if let Some(theirs) = compared.theirs.first() {
            durable::replace(&of_theirs, &png(theirs))?;
        }
    }
    found.doubts = Some(compared.doubts);
    Ok(found)
}

/// A page drawn by us and, where it is installed, by the other program.
struct Compared {
    ours: Picture,
    /// With annotations; then, where that differs, without.
    theirs: Vec<Picture>,
    /// What remains.
    doubts: Vec<RenderDoubt>,
}

impl Compared {
    fn of(
        scans: &Scans,
        page: usize,
        image: &PageImage,
        second: Option<&SecondRenderer>,
    ) -> Result<Self, PageError> {
        let ours = Picture {
            width: image.width_px,
            height: image.height_px,
            samples: Samples::Grey(image.to_grey()?),
        };
        let (path, number) = scans.file_of(page).ok_or(PageError::NoSuchPage { page })?;
        let draw = |annotations| {
            second?
                .draw_for_comparison(path, number, image.resolution.x, annotations)
                .inspect_err(|fault| tracing::warn!(%fault, "no second picture of a page"))
                .ok()
        };
        let mut theirs: Vec<Picture> = draw(Annotations::Shown).into_iter().collect();
        if theirs.iter().any(|theirs| compare(&ours, theirs).differs()) {
            theirs.extend(draw(Annotations::Hidden));
        }
        for theirs in &theirs {
            tracing::debug!(page, verdict = ?compare(&ours, theirs), "drawn twice");
        }
        let doubts = settle(image.doubts.clone(), &ours, &theirs);
        Ok(Self {
            ours,
            theirs,
            doubts,
        })
    }

    fn lacks_annotations_only(&self) -> bool {
        match self.theirs.as_slice() {
            [shown, hidden] => lacks_annotations_only(&self.doubts, &self.ours, shown, hidden),
            _ => false,
        }
    }
}

/// For a person's eyes only; empty where it cannot be coded.
fn png(picture: &Picture) -> Vec<u8> {
    let (samples, colour) = match &picture.samples {
        Samples::Grey(samples) => (samples, image::ExtendedColorType::L8),
        Samples::Rgb(samples) => (samples, image::ExtendedColorType::Rgb8),
    };
    let mut png = Cursor::new(Vec::new());
    let (width, height) = (picture.width, picture.height);
    let format = image::ImageFormat::Png;
    image::write_buffer_with_format(&mut png, samples, width, height, colour, format)
        .map(|()| png.into_inner())
        .unwrap_or_default()
}
