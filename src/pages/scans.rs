//! All pages of a document in order, taken by several threads ahead of the one that asks for them.
//!
//! Bounded twice: no more pages are taken ahead than there are workers, and pages whose decoding
//! needs much memory are taken alone.

use std::path::PathBuf;

use super::{PageError, PageFile, PageImage, open};
use crate::config::{Limits, ScannerProfile};

/// The opened files of one document.
#[derive(Debug)]
pub struct Scans {
    files: Vec<PageFile>,
    /// File and page inside it, for every page of the document.
    order: Vec<(usize, usize)>,
}

impl Scans {
    /// Opens the files, in page order.
    ///
    /// # Errors
    /// The first file that cannot be taken in; more pages in all than `limits.pages`.
    pub fn open<'a>(
        paths: impl Iterator<Item = &'a PathBuf>,
        profile: &ScannerProfile,
        limits: &Limits,
    ) -> Result<Self, PageError> {
        let mut files = Vec::new();
        let mut order = Vec::new();
        for (original, path) in paths.enumerate() {
            let file = open(path, original, profile, limits)?;
            order.extend((0..file.page_count()).map(|page| (original, page)));
            if order.len() > limits.pages {
                return Err(PageError::TooManyPages {
                    limit: limits.pages,
                });
            }
            files.push(file);
        }
        Ok(Self { files, order })
    }

    /// How many pages the document has.
    #[must_use]
    pub fn page_count(&self) -> usize {
        self.order.len()
    }

    /// The pages in order, up to `workers` of them taken at once.
    pub fn in_order(&self, workers: usize) -> InOrder<'_> {
        InOrder {
            scans: self,
            next: 0,
            ahead: Vec::new().into_iter(),
            workers: workers.max(1),
        }
    }

    fn take(&self, number: usize) -> Option<Result<PageImage, PageError>> {
        let (file, page) = *self.order.get(number)?;
        Some(self.files.get(file)?.page(page))
    }
}

/// Iterator over the pages of [`Scans`]; ends after the last page.
pub struct InOrder<'a> {
    scans: &'a Scans,
    next: usize,
    ahead: std::vec::IntoIter<Result<PageImage, PageError>>,
    workers: usize,
}

impl Iterator for InOrder<'_> {
    type Item = Result<PageImage, PageError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(page) = self.ahead.next() {
            return Some(page);
        }
        let wanted = self.next..(self.next + self.workers).min(self.scans.page_count());
        self.next = wanted.end;
        self.ahead = take_at_once(self.scans, wanted).into_iter();
        self.ahead.next()
    }
}

fn take_at_once(
    scans: &Scans,
    wanted: std::ops::Range<usize>,
) -> Vec<Result<PageImage, PageError>> {
    if wanted.len() < 2 {
        return wanted.filter_map(|number| scans.take(number)).collect();
    }
    std::thread::scope(|scope| {
        let threads: Vec<_> = wanted
            .clone()
            .map(|number| (number, scope.spawn(move || scans.take(number))))
            .collect();
        threads
            .into_iter()
            .filter_map(|(page, thread)| {
                thread.join().unwrap_or_else(|_| {
                    // A decoder that panics costs its page, not the daemon.
                    let what = "the decoder stopped unexpectedly".to_owned();
                    Some(Err(PageError::Page {
                        page,
                        fault: super::PageFault::Damaged(what),
                    }))
                })
            })
            .collect()
    })
}
