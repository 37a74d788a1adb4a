//! Where lines and boxes of a sheet lie: one column from the top down, page after page.

use super::PrintError;
use crate::typeface::Typeface;

/// Width and height of a page, points.
pub(in crate::compose) const A4: (f64, f64) = (595.276, 841.89);
/// Points in a millimetre.
pub(in crate::compose) const MM: f64 = 72.0 / 25.4;
/// Left and right edges of text; office printers reach them all.
const MARGIN: f64 = 20.0 * MM;
/// Where the first line hangs from.
const TOP: f64 = A4.1 - 18.0 * MM;
/// What no line goes below.
const BOTTOM: f64 = 18.0 * MM;
/// Distance of base lines, times the size.
const LEADING: f64 = 1.3;

/// Text on one base line, points from the page's bottom left.
pub(super) struct Line {
    pub(super) text: String,
    pub(super) size: f64,
    pub(super) left: f64,
    pub(super) baseline: f64,
}

/// One page.
#[derive(Default)]
pub(super) struct Page {
    pub(super) lines: Vec<Line>,
    /// Black boxes: left, bottom, width, height.
    pub(super) boxes: Vec<[f64; 4]>,
}

/// The pages being filled.
pub(in crate::compose) struct Layout<'a> {
    typeface: &'a Typeface<'a>,
    done: Vec<Page>,
    page: Page,
    /// Points from the bottom of the page.
    top: f64,
}

impl<'a> Layout<'a> {
    /// An empty first page.
    pub(in crate::compose) fn new(typeface: &'a Typeface<'a>) -> Self {
        Self {
            typeface,
            done: Vec::new(),
            page: Page::default(),
            top: TOP,
        }
    }

    pub(super) fn into_pages(mut self) -> Vec<Page> {
        self.done.push(self.page);
        self.done
    }

    /// How far the page is filled, points from its bottom.
    pub(in crate::compose) fn top(&self) -> f64 {
        self.top
    }

    /// Leaves so many points white.
    pub(in crate::compose) fn skip(&mut self, points: f64) {
        self.top -= points;
    }

    /// Goes on to the next page where less than so many points are left.
    pub(in crate::compose) fn keep_together(&mut self, points: f64) {
        if self.top - points < BOTTOM && self.top < TOP {
            self.done.push(std::mem::take(&mut self.page));
            self.top = TOP;
        }
    }

    /// A black box: left, bottom, width, height.
    pub(in crate::compose) fn fill(&mut self, place: [f64; 4]) {
        self.page.boxes.push(place);
    }

    /// A thin line across the page.
    pub(in crate::compose) fn rule(&mut self) {
        self.keep_together(6.0);
        self.top -= 6.0;
        self.fill([MARGIN, self.top, A4.0 - 2.0 * MARGIN, 0.5]);
    }

    /// A paragraph in the middle; a word that is too long for the page makes it smaller.
    pub(in crate::compose) fn centred(&mut self, text: &str, size: f64) -> Result<(), PrintError> {
        let size = self.fitting(text, size, A4.0 - 2.0 * MARGIN)?;
        for line in self.wrapped(text, size, A4.0 - 2.0 * MARGIN)? {
            let width = self.typeface.width(&line)? * size / 1000.0;
            self.keep_together(size * LEADING);
            self.line(line, size, (A4.0 - width) / 2.0);
        }
        Ok(())
    }

    /// A paragraph from the left edge.
    pub(in crate::compose) fn flush_left(
        &mut self,
        text: &str,
        size: f64,
    ) -> Result<(), PrintError> {
        self.paragraph(text, size, MARGIN)
    }

    /// What a thing is called, and beside it, from `indent` points on, what it is. A word that is too long is
    /// broken, as digests are.
    pub(in crate::compose) fn row(
        &mut self,
        (label, value): (&str, &str),
        size: f64,
        indent: f64,
    ) -> Result<(), PrintError> {
        self.keep_together(size * LEADING);
        let (page, top) = (self.done.len(), self.top);
        self.line(label.to_owned(), size, MARGIN);
        self.top = top;
        self.paragraph(value, size, MARGIN + indent)?;
        // A label is one line; a value may have gone on to the next page.
        if page == self.done.len() {
            self.top = self.top.min(top - size * LEADING);
        }
        Ok(())
    }

    fn paragraph(&mut self, text: &str, size: f64, left: f64) -> Result<(), PrintError> {
        let room = A4.0 - MARGIN - left;
        for line in self.wrapped(text, size, room)? {
            for piece in self.broken(&line, size, room)? {
                self.keep_together(size * LEADING);
                self.line(piece, size, left);
            }
        }
        Ok(())
    }

    fn wrapped(&self, text: &str, size: f64, room: f64) -> Result<Vec<String>, PrintError> {
        Ok(self.typeface.wrap(text, room * 1000.0 / size)?)
    }

    /// A line in pieces that are no wider than the room.
    fn broken(&self, line: &str, size: f64, room: f64) -> Result<Vec<String>, PrintError> {
        let room = room * 1000.0 / size;
        let (mut pieces, mut piece, mut width) = (Vec::new(), String::new(), 0.0);
        for letter in line.chars() {
            let advance = self.typeface.width(letter.encode_utf8(&mut [0; 4]))?;
            if width + advance > room && !piece.is_empty() {
                pieces.push(std::mem::take(&mut piece));
                width = 0.0;
            }
            piece.push(letter);
            width += advance;
        }
        pieces.push(piece);
        Ok(pieces)
    }

    /// The size at which the longest word is no wider than the room.
    fn fitting(&self, text: &str, size: f64, room: f64) -> Result<f64, PrintError> {
        let mut longest = 0.0_f64;
        for word in text.split(' ') {
            longest = longest.max(self.typeface.width(word)? * size / 1000.0);
        }
        Ok(size * (room / longest.max(1.0)).min(1.0))
    }

    fn line(&mut self, text: String, size: f64, left: f64) {
        self.top -= size * LEADING;
        self.page.lines.push(Line {
            text,
            size,
            left,
            baseline: self.top,
        });
    }

    /// The box round every line of the pages: left, bottom, right, top.
    #[cfg(test)]
    pub(in crate::compose) fn places(&self) -> Vec<[f64; 4]> {
        let pages = self.done.iter().chain([&self.page]);
        let place = |line: &Line| {
            let width = self.typeface.width(&line.text).expect("has the letters");
            let right = line.left + width * line.size / 1000.0;
            [line.left, line.baseline, right, line.baseline + line.size]
        };
        pages.flat_map(|page| &page.lines).map(place).collect()
    }
}
