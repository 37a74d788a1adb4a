//! What a page shows, counted without drawing it: letters without a glyph, pictures that cannot be decoded.
//!
//! The renderer passes such things over in silence. The census is a device that is told everything the
//! renderer is told, and looks at each glyph and picture. It keeps no text. It judges what would be
//! visible: text outside the page or its clip, invisible text (rendering mode 3) and transparent ink do
//! not count.

use std::collections::HashMap;
use std::sync::Arc;

use hayro::hayro_interpret::font::{Glyph, GlyphRun, OutlineGlyph, PositionedGlyph, Type3Glyph};
use hayro::hayro_interpret::hayro_cmap::BfString;
use hayro::hayro_interpret::{
    BlendMode, CacheKey, ClipPath, Device, DrawMode, DrawProps, Image, ImageDrawProps, LumaData,
    Paint, SoftMask,
};
use hayro::kurbo::{Affine, BezPath, Rect, Shape};

use super::stand_ins::{self, StandIns};

/// Glyphs of one Type 3 font may be drawn with another's; deeper than this nobody goes in earnest.
const TYPE3_DEPTH_MAX: usize = 4;

/// A page of text has some thousands.
const GLYPHS_MAX: u64 = 4_000_000;

/// Ink lighter than this is paper.
const PAPER: u8 = 245;

/// The counts, and what is needed to make them.
pub(super) struct Census {
    /// Visible characters that have no glyph.
    pub(super) missing: u32,
    /// Pictures that cannot be decoded.
    pub(super) pictures_lost: u32,
    /// Pictures whose data ends before the last row.
    pub(super) pictures_cut: u32,
    /// Whether text, a picture or an area leaves ink on the page.
    pub(super) ink: bool,
    /// Whether it gave up: drawing the page would not end, or end in a crash.
    pub(super) endless: bool,
    fonts: Arc<StandIns>,
    clips: Vec<Rect>,
    /// For each open group, whether it is fully transparent.
    groups: Vec<bool>,
    depth: usize,
    glyphs: u64,
    marks: u64,
    outlines: HashMap<u128, bool>,
    pictures: HashMap<u128, Picture>,
}

/// What is known of a picture that was decoded once.
#[derive(Clone, Copy)]
enum Picture {
    Lost,
    Cut { ink: bool },
    Whole { ink: bool },
}

impl Census {
    /// A census of what falls on `page`, in the coordinates that the interpreter is given.
    pub(super) fn new(page: Rect, fonts: Arc<StandIns>) -> Self {
        Self {
            missing: 0,
            pictures_lost: 0,
            pictures_cut: 0,
            ink: false,
            endless: false,
            fonts,
            clips: vec![page],
            groups: Vec::new(),
            depth: 0,
            glyphs: 0,
            marks: 0,
            outlines: HashMap::new(),
            pictures: HashMap::new(),
        }
    }

    /// Whether anything at this place would be seen.
    fn is_seen(&self, place: Rect) -> bool {
        let clip = self.clips.last().copied().unwrap_or(Rect::ZERO);
        !self.groups.contains(&true) && clip.area() > 0.0 && clip.overlaps(place)
    }

    fn glyph<'a>(&mut self, glyph: &PositionedGlyph<'a>, props: &DrawProps<'a>) {
        self.glyphs += 1;
        if self.glyphs > GLYPHS_MAX {
            self.endless = true;
            return;
        }
        let transform = props.transform * glyph.transform();
        // The em square, and as much again around it.
        let place = transform.transform_rect_bbox(Rect::new(-500.0, -500.0, 1500.0, 1500.0));
        let seen = place.is_finite() && place.area() >= 1e-3 && self.is_seen(place);
        let seen = seen && !is_transparent(&props.paint);
        match &**glyph {
            Glyph::Outline(outline) if seen => {
                let drawn = self.has_outline(outline);
                if self.is_lost(outline, &Letter::of(glyph), drawn) {
                    self.missing = self.missing.saturating_add(1);
                } else if drawn && is_ink(&props.paint) {
                    self.ink = true;
                    self.marks += 1;
                }
            }
            Glyph::Outline(_) => {}
            // Followed where nobody sees it, too: the renderer does that, and may not come back.
            Glyph::Type3(inner) => {
                let marked = self.type3(inner, props, glyph.transform());
                if seen && marked {
                    self.ink = true;
                } else if seen
                    && !self.endless
                    && is_ink(&props.paint)
                    && matches!(Letter::of(glyph), Letter::Known(_))
                {
                    self.missing = self.missing.saturating_add(1);
                }
            }
        }
    }

    fn has_outline(&mut self, glyph: &OutlineGlyph) -> bool {
        let key = glyph.identifier().cache_key();
        let drawn = self
            .outlines
            .entry(key)
            .or_insert_with(|| glyph.outline().segments().next().is_some());
        *drawn
    }

    fn is_lost(&self, glyph: &OutlineGlyph, letter: &Letter, drawn: bool) -> bool {
        let id = glyph.glyph_id().to_u32();
        // Only fonts of many-byte codes tell their bytes when they are not embedded. Such a font has no
        // order of glyphs that a stand-in could share: it must be asked by letter.
        if let Some(font) = glyph.font_data().map(|font| font.data)
            && self.fonts.includes(&font)
        {
            return match letter {
                Letter::Blank => false,
                Letter::Unknown => id != 0 || glyph.char_code() != 0,
                Letter::Known(letter) => {
                    let bytes = AsRef::<[u8]>::as_ref(font.as_ref());
                    stand_ins::glyph(bytes, *letter) != Some(id)
                }
            };
        }
        match letter {
            Letter::Blank => false,
            Letter::Known(_) => id == 0 || !drawn,
            // A space that the encoding does not name is the common case.
            Letter::Unknown => id == 0 && !matches!(glyph.char_code(), 0..=32 | 160),
        }
    }

    /// Whether the glyph's own drawing leaves a mark.
    fn type3<'a>(
        &mut self,
        glyph: &Type3Glyph<'a>,
        props: &DrawProps<'a>,
        transform: Affine,
    ) -> bool {
        if self.depth >= TYPE3_DEPTH_MAX {
            self.endless = true;
            return false;
        }
        let before = self.marks;
        self.depth += 1;
        glyph.interpret(self, props.transform, transform, &props.paint);
        self.depth -= 1;
        self.marks > before
    }

    fn picture(&mut self, image: &Image<'_, '_>) -> Picture {
        let key = image.cache_key();
        if let Some(known) = self.pictures.get(&key) {
            return *known;
        }
        let height = image.height();
        let mut picture = Picture::Lost;
        match image {
            Image::Stencil(stencil) => stencil.with_stencil(
                |mask, paint| {
                    let ink = is_ink(paint) && mask.data.iter().any(|&covered| covered > 0);
                    picture = judge(height, mask.height, mask.scale_factors.1, ink);
                },
                None,
            ),
            Image::Raster(raster) => raster.with_rgba(
                |pixels, alpha| {
                    let opaque = alpha
                        .as_ref()
                        .is_none_or(|LumaData { data, .. }| data.iter().any(|&a| a > 0));
                    let samples = match &pixels {
                        hayro::hayro_interpret::ImageData::Rgb(rgb) => &rgb.data,
                        hayro::hayro_interpret::ImageData::Luma(luma) => &luma.data,
                    };
                    let ink = opaque && samples.iter().any(|&sample| sample < PAPER);
                    picture = judge(height, pixels.height(), pixels.scale_factors().1, ink);
                },
                None,
            ),
        }
        self.pictures.insert(key, picture);
        picture
    }
}

/// A decoder that ran out of data gives fewer rows than stated.
fn judge(stated: u32, height: u32, scale: f32, ink: bool) -> Picture {
    let shown = f64::from(height) * f64::from(scale);
    if shown + 1.0 < f64::from(stated) {
        Picture::Cut { ink }
    } else {
        Picture::Whole { ink }
    }
}

fn is_transparent(paint: &Paint<'_>) -> bool {
    matches!(paint, Paint::Color(color) if color.to_rgba().to_rgba8()[3] == 0)
}

/// Whether a paint can be told from white paper.
fn is_ink(paint: &Paint<'_>) -> bool {
    match paint {
        Paint::Color(color) => {
            let [r, g, b, alpha] = color.to_rgba().to_rgba8();
            alpha > 8 && (r < PAPER || g < PAPER || b < PAPER)
        }
        Paint::Pattern(_) => true,
    }
}

/// What a character code means.
enum Letter {
    /// White space, or a mark that is meant to show nothing.
    Blank,
    Known(char),
    Unknown,
}

impl Letter {
    fn of(glyph: &Glyph<'_>) -> Self {
        let letter = match glyph.as_unicode() {
            Some(BfString::Char(letter)) => Some(letter),
            Some(BfString::String(letters)) => letters.chars().find(|letter| !is_blank(*letter)),
            None => None,
        };
        match letter {
            None => Letter::Unknown,
            Some(letter) if is_blank(letter) => Letter::Blank,
            Some('\u{FFFD}' | '\u{E000}'..='\u{F8FF}') => Letter::Unknown,
            Some(letter) => Letter::Known(letter),
        }
    }
}

fn is_blank(letter: char) -> bool {
    letter.is_whitespace()
        || letter.is_control()
        || matches!(letter,
            '\u{AD}' | '\u{34F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}')
}

impl<'a> Device<'a> for Census {
    fn draw_path(&mut self, path: &BezPath, props: DrawProps<'a>, mode: &DrawMode) {
        if matches!(mode, DrawMode::Invisible) || path.elements().is_empty() {
            return;
        }
        let place = props.transform.transform_rect_bbox(path.bounding_box());
        // Only glyphs made of paths are asked for their marks.
        if self.depth > 0 && self.is_seen(place.inflate(0.5, 0.5)) {
            self.marks += 1;
        }
        // Whether a pattern leaves ink is not known, and a thin area may vanish between two pixels.
        let wide = place.width() >= 2.0 && place.height() >= 2.0;
        if self.depth == 0 && wide && self.is_seen(place) {
            self.ink |= matches!(props.paint, Paint::Color(_)) && is_ink(&props.paint);
        }
    }

    fn push_clip_path(&mut self, clip: &ClipPath) {
        self.push_clip_rect(&clip.path.bounding_box());
    }

    fn push_clip_rect(&mut self, rect: &Rect) {
        let outer = self.clips.last().copied().unwrap_or(Rect::ZERO);
        self.clips.push(outer.intersect(*rect));
    }

    fn push_transparency_group(&mut self, opacity: f32, _: Option<SoftMask<'a>>, _: BlendMode) {
        self.groups.push(opacity <= 0.0);
    }

    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, 'a>, props: DrawProps<'a>, mode: &DrawMode) {
        if matches!(mode, DrawMode::Invisible) {
            return;
        }
        for glyph in run.glyphs() {
            if self.endless {
                return;
            }
            self.glyph(glyph, &props);
        }
    }

    fn draw_image(&mut self, image: Image<'a, '_>, props: ImageDrawProps<'a>) {
        let (width, height) = (f64::from(image.width()), f64::from(image.height()));
        let place = props
            .transform
            .transform_rect_bbox(Rect::new(0.0, 0.0, width, height));
        if !place.is_finite() || !self.is_seen(place) {
            return;
        }
        self.marks += 1;
        let ink = match self.picture(&image) {
            Picture::Lost => {
                self.pictures_lost = self.pictures_lost.saturating_add(1);
                false
            }
            Picture::Cut { ink } => {
                self.pictures_cut = self.pictures_cut.saturating_add(1);
                ink
            }
            Picture::Whole { ink } => ink,
        };
        // A thin or tiny picture may vanish between two pixels.
        self.ink |= ink && place.width() >= 1.0 && place.height() >= 1.0;
    }

    fn pop_clip(&mut self) {
        if self.clips.len() > 1 {
            self.clips.pop();
        }
    }

    fn pop_transparency_group(&mut self) {
        self.groups.pop();
    }
}
