//! Which way the pages of an incoming PDF go, and why.

use serde::{Deserialize, Serialize};

use crate::record::{Sha256Digest, SignatureDescription};

/// The way of one page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "way")]
pub enum PageWay {
    /// One scanned image, or blank: composed from its own image data.
    Image,
    /// Its own text and drawing, sanitised.
    Sanitised(SanitisedPage),
    /// Drawn as a picture.
    Rendered {
        /// Why it is neither of the others, English.
        why: String,
    },
}

/// A page that can be copied.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SanitisedPage {
    /// Digest of its content stream, expanded.
    pub content_sha256: Sha256Digest,
    /// Whether all its text maps to Unicode (PDF/A-2u).
    pub unicode: bool,
}

/// What is shown of a page.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PdfSheet {
    /// Width and height before its turn, points; 0 where the page has no possible size.
    pub size: (f64, f64),
    /// Clockwise degrees by which it is turned for display: 0, 90, 180, 270.
    pub rotate: u16,
}

/// What is known of an incoming PDF before a page of it is taken.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PdfSummary {
    /// The way of each page.
    pub ways: Vec<PageWay>,
    /// The paper of each page.
    pub sheets: Vec<PdfSheet>,
    /// Whether the whole file is PDF/A-2b already, unsigned, and can be kept as it is.
    pub kept: bool,
    /// Why a file that claims to be PDF/A is not kept, English; empty where nothing was claimed.
    pub not_kept: String,
    /// The digital signatures that it carries.
    pub signatures: Vec<SignatureDescription>,
}
