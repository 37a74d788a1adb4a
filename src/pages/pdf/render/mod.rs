//! PDF pages drawn as pictures, and what speaks against trusting a picture.
//!
//! Runs inside the fence. Nothing on the machine is read but the file's bytes and fonts that stand in for
//! those which are not embedded; [`prepare`] reads those before the fence closes. A page is looked at three
//! times: its parts (`parts`) and its letters and pictures (`census`) are examined, because the renderer is
//! silent about what it cannot draw, and then it is drawn. Whether the picture is right beyond that – blending,
//! shading, the shape of letters – is for a second renderer to say.
//!
//! Text is drawn without hinting, so that letters keep the shape that their font gives them.

pub(super) mod borrowed;
mod census;
pub(in crate::pages) mod compress;
mod parts;
mod pixels;
mod stand_ins;
mod streams;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use hayro::hayro_interpret::util::TransformExt;
use hayro::hayro_interpret::{
    Context, InterpreterCache, InterpreterSettings, InterpreterWarning, interpret_page,
};
use hayro::hayro_syntax::page::Page;
use hayro::hayro_syntax::{DecryptionError, LoadPdfError, Pdf};
use hayro::kurbo::{Affine, Rect};
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::vello_cpu::{Pixmap, RasterizerSettings, RenderContext, Resources, TargetInit};
use hayro::{RenderCache, RenderSettings, render_into};
use lopdf::Document;

use self::borrowed::Borrowed;
use self::census::Census;
use self::parts::{lost, not_drawn};
use self::stand_ins::StandIns;
use super::super::error::PageFault;
use super::super::image::Placement;
use super::super::stream::{Bounds, Raster};
use crate::record::RenderDoubt;

/// Longest side of a picture. The renderer counts to 65 535, but its pixels are 4 bytes each.
const SIDE_MAX: f64 = 16_000.0;

/// Fonts and glyphs are kept from page to page, but not for ever.
const PAGES_PER_CACHE: u32 = 32;

/// Bits a pixel while a page is drawn: the renderer's four channels and the result.
const BITS_WHILE_DRAWN: u64 = 32;

/// Largest user unit that is believed (ISO 32000-1, 14.11.5): a page is at most 200 in × 75 000.
const USER_UNIT_MAX: f64 = 75_000.0;

/// A file ready to be drawn.
pub(in crate::pages) struct Renderer {
    pdf: Pdf,
}

/// Draws pages of one file, one after another, and remembers its fonts.
pub(in crate::pages) struct Drawer<'a> {
    pdf: &'a Pdf,
    fonts: Arc<StandIns>,
    /// Whether any font of this file is not embedded, as far as pages were drawn.
    substituted: Arc<AtomicBool>,
    rendered: RenderCache<'a>,
    examined: InterpreterCache<'a>,
    pages: u32,
}

/// One page drawn.
#[derive(Debug)]
pub(in crate::pages) struct Drawing {
    /// Turned as the page is shown; black and white, grey or colour, whichever loses nothing.
    pub(in crate::pages) raster: Raster,
    /// Dots an inch that it was drawn with; less than asked for where a bound stood against it.
    pub(in crate::pages) dpi: f64,
    /// Width and height of the page as shown, points.
    pub(in crate::pages) page_size: (f64, f64),
    /// What speaks against it.
    pub(in crate::pages) doubts: Vec<RenderDoubt>,
    /// Names that its forms lack, and that the resources around them have.
    pub(in crate::pages::pdf) borrowed: Vec<Borrowed>,
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

/// Reads the fonts that stand in for others. Before this process closes itself, or they are not there.
pub(in crate::pages) fn prepare() {
    StandIns::of_this_machine();
}

impl Renderer {
    /// Parses a whole file; one that opens without a password is decrypted.
    pub(in crate::pages) fn open(file: Vec<u8>) -> Result<Self, PageFault> {
        let pdf = Pdf::new(file).map_err(|error| match error {
            LoadPdfError::Decryption(DecryptionError::PasswordProtected) => {
                PageFault::Unsupported("encrypted with a password".to_owned())
            }
            LoadPdfError::Decryption(_) => PageFault::Unsupported("encryption".to_owned()),
            LoadPdfError::Invalid => PageFault::Damaged("the renderer cannot read it".to_owned()),
        })?;
        Ok(Self { pdf })
    }

    /// How many pages it sees; another number than lopdf's is a reason to refuse.
    pub(in crate::pages) fn page_count(&self) -> usize {
        self.pdf.pages().len()
    }

    /// For several pages.
    pub(in crate::pages) fn drawer(&self) -> Drawer<'_> {
        Drawer {
            pdf: &self.pdf,
            fonts: StandIns::of_this_machine().clone(),
            substituted: Arc::default(),
            rendered: RenderCache::new(),
            examined: InterpreterCache::new(),
            pages: 0,
        }
    }

    /// The same page with the names that its forms borrow written into them, `file` being the one opened here and
    /// `document` another reading of it; `None` where that makes no file that can be drawn.
    pub(in crate::pages::pdf) fn draw_completed(
        file: Vec<u8>,
        document: &Document,
        borrowed: &[Borrowed],
        (n, dpi): (usize, f64),
        bounds: &Bounds,
    ) -> Option<Drawing> {
        let renderer = Self::open(borrowed::completed(file, document, borrowed)?).ok()?;
        let mut drawing = renderer.drawer().draw(n, dpi, bounds).ok()?;
        drawing.doubts.push(not_drawn(
            "a form that lacks names, which were looked up around it",
        ));
        Some(drawing)
    }

    /// Draws page `n`, from 0, at `dpi`, or at less where `bounds` would be passed.
    #[cfg(test)]
    pub(in crate::pages) fn draw(
        &self,
        n: usize,
        dpi: f64,
        bounds: &Bounds,
    ) -> Result<Drawing, PageFault> {
        self.drawer().draw(n, dpi, bounds)
    }
}

impl<'a> Drawer<'a> {
    /// Draws page `n`, from 0, at `dpi`, or at less where `bounds` would be passed.
    pub(in crate::pages) fn draw(
        &mut self,
        n: usize,
        dpi: f64,
        bounds: &Bounds,
    ) -> Result<Drawing, PageFault> {
        let pdf = self.pdf;
        let page = pdf.pages().get(n).ok_or_else(|| {
            PageFault::Damaged("a page that the renderer does not see".to_owned())
        })?;
        if self.pages == PAGES_PER_CACHE {
            self.forget();
        }
        self.pages += 1;
        let sheet = Sheet::of(page, dpi, bounds)?;
        // Numbers far outside any page can stop the renderer: that page's fault, as with the decoders.
        catch_unwind(AssertUnwindSafe(|| self.draw_on(&sheet, page, bounds))).unwrap_or_else(|_| {
            self.forget();
            let what = "a page that stopped the renderer";
            Err(PageFault::Damaged(what.to_owned()))
        })
    }

    /// Fonts and glyphs of the pages so far.
    fn forget(&mut self) {
        self.rendered = RenderCache::new();
        self.examined = InterpreterCache::new();
        self.pages = 0;
    }

    fn draw_on(
        &self,
        sheet: &Sheet,
        page: &'a Page<'a>,
        bounds: &Bounds,
    ) -> Result<Drawing, PageFault> {
        let warnings = Arc::new(Warnings::default());
        let settings = self.settings(&warnings);
        let parts::Found {
            mut doubts,
            borrowed,
        } = parts::search(page, bounds);
        let census = self.examine(page, sheet, settings.clone())?;
        let raster = self.paint(page, sheet, &settings);
        doubts.extend(self.doubts(&census, &warnings));
        if census.ink && pixels::is_blank(&raster) {
            doubts.push(RenderDoubt::NothingDrawn);
        }
        Ok(Drawing {
            raster,
            dpi: sheet.dpi,
            page_size: sheet.size,
            doubts,
            borrowed,
        })
    }

    fn settings(&self, warnings: &Arc<Warnings>) -> InterpreterSettings {
        let (fonts, warnings) = (self.fonts.clone(), warnings.clone());
        let substituted = self.substituted.clone();
        InterpreterSettings {
            font_resolver: Arc::new(move |query| {
                substituted.store(true, Ordering::Relaxed);
                fonts.resolve(query)
            }),
            warning_sink: Arc::new(move |warning| warnings.count(warning)),
            ..InterpreterSettings::default()
        }
    }

    fn examine(
        &self,
        page: &'a Page<'a>,
        sheet: &Sheet,
        settings: InterpreterSettings,
    ) -> Result<Census, PageFault> {
        let target = Rect::new(0.0, 0.0, f64::from(sheet.width), f64::from(sheet.height));
        let mut context = Context::new(
            sheet.transform,
            target,
            &self.examined,
            page.xref(),
            settings,
        );
        let mut census = Census::new(target, self.fonts.clone());
        interpret_page(page, &mut context, &mut census);
        if census.endless {
            return Err(PageFault::Damaged("drawing it would not end".to_owned()));
        }
        Ok(census)
    }

    fn paint(&self, page: &'a Page<'a>, sheet: &Sheet, settings: &InterpreterSettings) -> Raster {
        let how = RenderSettings {
            hinting: false,
            ..RenderSettings::default()
        };
        let mut context = RenderContext::new(sheet.width, sheet.height);
        render_into(
            page,
            &self.rendered,
            settings,
            &how,
            &mut context,
            sheet.transform,
        );
        context.flush();
        let mut pixmap = Pixmap::new(sheet.width, sheet.height);
        context.render_with(
            &mut pixmap,
            &mut Resources::default(),
            RasterizerSettings {
                target_init: TargetInit::Clear(WHITE),
                ..RasterizerSettings::default()
            },
        );
        let rgba = pixmap.data_as_u8_slice();
        pixels::to_raster(rgba, sheet.width.into(), sheet.height.into())
    }

    fn doubts(&self, census: &Census, warnings: &Warnings) -> Vec<RenderDoubt> {
        let mut doubts = Vec::new();
        if census.missing > 0 {
            let count = census.missing;
            // Which font lacked the letter is not told; the worse of the two is assumed.
            doubts.push(if self.substituted.load(Ordering::Relaxed) {
                RenderDoubt::LettersWithoutFont { count }
            } else {
                RenderDoubt::GlyphsMissing { count }
            });
        }
        let fonts = warnings.fonts.load(Ordering::Relaxed);
        // Where ours leaves a picture out, another that looks the same has left it out, too.
        let parts = [
            (
                census.pictures_lost,
                lost("a picture that cannot be decoded"),
            ),
            (census.pictures_cut, lost("a picture whose data ends early")),
            (fonts, not_drawn("a font that cannot be read")),
        ];
        let found = parts.into_iter().filter(|(count, _)| *count > 0);
        doubts.extend(found.map(|(_, doubt)| doubt));
        // A mask or a picture inside a pattern is decoded by the renderer only.
        if census.pictures_lost == 0 && warnings.pictures.load(Ordering::Relaxed) > 0 {
            doubts.push(not_drawn("a mask or pattern that cannot be decoded"));
        }
        doubts
    }
}

/// What the renderer itself complains of; annotations are judged by `parts`, which knows more of them.
#[derive(Default)]
struct Warnings {
    fonts: AtomicU32,
    pictures: AtomicU32,
}

impl Warnings {
    fn count(&self, warning: InterpreterWarning) {
        let counter = match warning {
            InterpreterWarning::UnsupportedFont => &self.fonts,
            InterpreterWarning::ImageDecodeFailure => &self.pictures,
            _ => return,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

/// A page's size in pixels and points.
struct Sheet {
    width: u16,
    height: u16,
    dpi: f64,
    size: (f64, f64),
    transform: Affine,
}

impl Sheet {
    fn of(page: &Page<'_>, dpi: f64, bounds: &Bounds) -> Result<Self, PageFault> {
        let (across, down) = page.render_dimensions();
        let (across, down) = (f64::from(across), f64::from(down));
        let unit = page
            .raw()
            .get::<f64>(b"UserUnit")
            .filter(|unit| (1e-3..=USER_UNIT_MAX).contains(unit))
            .unwrap_or(1.0);
        let size = (across * unit, down * unit);
        if !(size.0.is_finite() && size.1.is_finite() && dpi.is_finite() && dpi > 0.0) {
            return Err(PageFault::Damaged("a page without a size".to_owned()));
        }
        let mut dpi = dpi.min(SIDE_MAX * 72.0 / size.0.max(size.1).max(1.0));
        let mut sides = pixels_of(size, dpi);
        // Each step takes a tenth of the area, so that this ends soon.
        while bounds
            .check(sides.0.into(), sides.1.into(), BITS_WHILE_DRAWN)
            .is_err()
        {
            if sides == (1, 1) {
                return Err(PageFault::TooLarge {
                    width: 1,
                    height: 1,
                });
            }
            dpi *= 0.95;
            sides = pixels_of(size, dpi);
        }
        let (width, height) = sides;
        let scale = Affine::scale_non_uniform(f64::from(width) / across, f64::from(height) / down);
        Ok(Self {
            width,
            height,
            dpi,
            size,
            transform: scale * page.initial_transform(true).to_kurbo(),
        })
    }
}

fn pixels_of((across, down): (f64, f64), dpi: f64) -> (u16, u16) {
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "`as` saturates, and the value is clamped"
    )]
    let pixels = |points: f64| (points * dpi / 72.0).round().clamp(1.0, SIDE_MAX) as u16;
    (pixels(across), pixels(down))
}

#[cfg(test)]
mod tests;
