//! Incoming PDFs, each page by the way that loses least: its own image data, its own text and drawing, or a
//! picture of it.
//!
//! Everything foreign happens in a process of its own (`worker`, asked through `client`): `loaded` parses and
//! takes image pages, `sanitise` copies clean pages, which stand `trial` before they are relied on, and
//! `render` draws the rest. A caller that is not the program `sohoa` has no such process and does the
//! same work in its own.

mod abbreviated;
mod client;
mod content;
mod easel;
mod ending;
mod incoming;
mod loaded;
mod objects;
mod picture;
mod protocol;
mod render;
mod sanitise;
mod signatures;
mod spared;
mod trial;
mod way;
mod worker;

use std::path::Path;

use self::client::Client;
use self::easel::{Easel, Parsed};
use self::incoming::Incoming;
use super::Taken;
use super::error::{PageError, PageFault};
use crate::config::Limits;
use crate::fence;

pub use self::protocol::CopyOrder;
pub(super) use self::render::compress::compress;
pub use self::way::{PageWay, PdfSheet, PdfSummary, SanitisedPage};
pub use self::worker::serve;

/// Objects for a new file: number (generation 0) and what stands between `obj` and `endobj`.
pub use self::sanitise::Copied as CopiedPages;

/// An opened PDF.
#[derive(Debug)]
pub(super) struct Pages(Handler);

/// Who handles it.
#[derive(Debug)]
enum Handler {
    /// A process behind the fence.
    Fenced(Box<Client>),
    /// This process.
    Here(Box<Incoming>),
}

impl Pages {
    /// Opens a file and decides the way of each of its pages; refuses it where no page of it could be right.
    pub(super) fn read(path: &Path, limits: &Limits) -> Result<Self, PageError> {
        Ok(Self(match fence::program() {
            Some(sohoa) => Handler::Fenced(Box::new(Client::open(sohoa, path, limits)?)),
            None => Handler::Here(Box::new(Incoming::open(path, limits)?)),
        }))
    }

    pub(super) fn summary(&self) -> &PdfSummary {
        match &self.0 {
            Handler::Fenced(client) => client.summary(),
            Handler::Here(incoming) => &incoming.summary,
        }
    }

    /// Takes page `n` as a picture, whatever its way.
    pub(super) fn take(&self, n: usize) -> Result<Taken, PageFault> {
        match &self.0 {
            Handler::Fenced(client) => client.take(n),
            Handler::Here(incoming) => incoming.take(n, &mut Easel::of(&Parsed::default())),
        }
    }

    /// Copies sanitised pages.
    pub(super) fn copy(&self, order: &CopyOrder) -> Result<CopiedPages, PageFault> {
        match &self.0 {
            Handler::Fenced(client) => client.copy(order),
            Handler::Here(incoming) => incoming.copy(order),
        }
    }
}

/// What our own check of PDF/A-2b finds in a document; empty means that it keeps every clause known to it.
///
/// # Errors
/// The document cannot be read or parsed.
pub fn check_document(path: &Path, limits: &Limits) -> Result<Vec<String>, PageError> {
    match fence::program() {
        Some(sohoa) => client::check(sohoa, path, limits),
        None => Ok(incoming::check(path, limits)?
            .iter()
            .map(ToString::to_string)
            .collect()),
    }
}

#[cfg(test)]
mod cut_tests;
#[cfg(test)]
mod tests;
