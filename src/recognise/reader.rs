//! Reading one page, start to end.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::barcode::{self, Code};
use super::hygiene::{self, AffineMap, Prepared};
use super::patch_code::{self, PatchCode};
use super::tesseract::{self, RecogniseError, Recognisers, UprightReading};
use super::{BoundingBox, Confidence, PageReading, RecognisedPage, Recogniser, Word};
use crate::pages::{PageError, PageImage};
use crate::record::Explain;

/// Longest time for one attempt at one page.
const DEADLINE: Duration = Duration::from_secs(60);
/// Mean confidence from which a page counts as read; clean samples have 86 and more.
const SURE: f32 = 75.0;

/// A page as read: its words, and its codes in pixels of the stored image.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReadPage {
    /// Words and how the reading ended.
    pub page: RecognisedPage,
    /// QR, Code 128, Data Matrix and PDF417.
    pub codes: Vec<Code>,
    /// The patch code, where the page is a patch sheet.
    pub patch: Option<PatchCode>,
}

impl ReadPage {
    /// A page that could not be made ready for reading; it lies as its file says.
    #[must_use]
    pub fn failed(upright: u16) -> Self {
        Self {
            page: RecognisedPage {
                reading: PageReading::Failed,
                upright,
                skew: 0.0,
                words: Vec::new(),
                confidence: None,
            },
            codes: Vec::new(),
            patch: None,
        }
    }
}

/// Reads pages, as long as the machine has an engine.
pub struct Reader {
    engine: Result<Recognisers, RecogniseError>,
}

impl Reader {
    /// Starts up to `places` engine processes for `languages` (`vie`). Without an engine codes are
    /// read all the same, and pages are [`PageReading::Pending`].
    #[must_use]
    pub fn start(places: usize, languages: &[String]) -> Self {
        Self {
            engine: Recognisers::start(places, languages),
        }
    }

    /// Why there is no engine, if there is none.
    #[must_use]
    pub fn lacks(&self) -> Option<&RecogniseError> {
        self.engine.as_ref().err()
    }

    /// Reads one page.
    ///
    /// # Errors
    /// The page's image cannot be decoded. An engine that fails is [`PageReading::Failed`] instead.
    pub fn read(&self, image: &PageImage) -> Result<ReadPage, PageError> {
        let (grey, prepared) = hygiene::prepare_page(image)?;
        let to_stored = hygiene::grey::to_stored(image);
        let codes = barcode::find(&grey)
            .into_iter()
            .map(|code| carried(code, &to_stored))
            .collect();
        let patch = patch_code::find(&grey);
        drop(grey);
        let page = if prepared.blank {
            without_words(PageReading::Blank, image, &prepared)
        } else {
            self.words(image, prepared)
        };
        Ok(ReadPage { page, codes, patch })
    }

    /// Reads one page; a page that cannot be made ready for reading, or a bug on the way, costs its text
    /// and nothing else.
    #[must_use]
    pub fn read_or_fail(&self, image: &PageImage) -> ReadPage {
        let failed = || ReadPage::failed(image.rotation.degrees);
        match catch_unwind(AssertUnwindSafe(|| self.read(image))) {
            Ok(Ok(read)) => read,
            Ok(Err(error)) => {
                tracing::warn!(code = error.code(), cause = %error, "a page was not read");
                failed()
            }
            Err(_) => {
                tracing::error!("a bug stopped the reading of a page");
                failed()
            }
        }
    }

    fn words(&self, image: &PageImage, prepared: Prepared) -> RecognisedPage {
        let Ok(engine) = &self.engine else {
            return without_words(PageReading::Pending, image, &prepared);
        };
        // Lines that run down the page are never upright as they lie.
        let turned_before = if prepared.sideways { 90 } else { 0 };
        let upright = if prepared.sideways {
            prepared.turned(90)
        } else {
            prepared
        };
        match tesseract::read_upright(engine as &dyn Recogniser, &upright.page, DEADLINE) {
            Ok(reading) => with_words(image, &upright, turned_before, reading),
            Err(error) => {
                tracing::warn!(cause = %error, "a page was not read");
                let ending = if error.is_pending() {
                    PageReading::Pending
                } else {
                    PageReading::Failed
                };
                without_words(ending, image, &upright)
            }
        }
    }
}

fn without_words(reading: PageReading, image: &PageImage, prepared: &Prepared) -> RecognisedPage {
    RecognisedPage {
        reading,
        upright: image.rotation.degrees,
        skew: prepared.skew_degrees,
        words: Vec::new(),
        confidence: None,
    }
}

fn with_words(
    image: &PageImage,
    upright: &Prepared,
    turned_before: u16,
    reading: UprightReading,
) -> RecognisedPage {
    let is_sure = reading
        .confidence
        .is_some_and(|Confidence(mean)| mean >= SURE);
    let words = reading.words.into_iter().map(|word| Word {
        place: moved(&word.place, &upright.map),
        ..word
    });
    RecognisedPage {
        reading: if is_sure {
            PageReading::Ok
        } else {
            PageReading::LowConfidence
        },
        upright: (image.rotation.degrees + turned_before + reading.turn) % 360,
        skew: upright.skew_degrees,
        words: words.collect(),
        confidence: reading.confidence,
    }
}

fn carried(code: Code, map: &AffineMap) -> Code {
    Code {
        place: moved(&code.place, map),
        ..code
    }
}

fn moved(place: &BoundingBox, map: &AffineMap) -> BoundingBox {
    BoundingBox {
        corners: place.corners.map(|corner| map.apply(corner)),
    }
}
