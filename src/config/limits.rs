//! The bounds that keep one bad input from costing anybody else anything.

use serde::{Deserialize, Serialize};

/// Bounds on input; section `[limits]` of `sohoa.toml`. Over a bound means quarantine with the reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Longest input file, MiB.
    pub file_mib: u64,
    /// Longest input PDF, MiB; its reader needs the whole file in memory.
    pub pdf_mib: u64,
    /// Largest page, million pixels.
    pub page_mpx: u64,
    /// Largest page once decoded, MiB.
    pub page_mib: u64,
    /// Most pages in one batch.
    pub pages: usize,
    /// All streams of one PDF once expanded, MiB.
    pub pdf_expansion_mib: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_mib: 512,
            pdf_mib: 256,
            page_mpx: 200,
            page_mib: 300,
            pages: 2000,
            pdf_expansion_mib: 1024,
        }
    }
}

impl Limits {
    /// `file_mib` in bytes.
    #[must_use]
    pub fn file_bytes(&self) -> u64 {
        self.file_mib * 1024 * 1024
    }

    /// `pdf_mib` in bytes.
    #[must_use]
    pub fn pdf_bytes(&self) -> u64 {
        self.pdf_mib * 1024 * 1024
    }

    /// The same for a document that this program put together: its length was bounded by what came in.
    #[must_use]
    pub fn admitting(self, pdf_bytes: u64) -> Self {
        Self {
            pdf_mib: self.pdf_mib.max(pdf_bytes.div_ceil(1024 * 1024)),
            ..self
        }
    }

    /// `page_mpx` in pixels.
    #[must_use]
    pub fn page_pixels(&self) -> u64 {
        self.page_mpx * 1_000_000
    }

    /// `page_mib` in bytes.
    #[must_use]
    pub fn page_bytes(&self) -> u64 {
        self.page_mib * 1024 * 1024
    }
}
