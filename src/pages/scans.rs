//! All pages of a document in order, taken by several threads ahead of the one that asks for them.
//!
//! Bounded twice: a document takes no more pages ahead than the pool has places, and all documents
//! together work on no more pages than that, so memory and processors are shared whatever is dropped.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, PoisonError};

use super::redrawn::Redrawn;
use super::{CopiedPages, CopyOrder, PageError, PageFile, PageImage, PageWay, PdfSummary, open};
use crate::config::{Limits, ScannerProfile};
use crate::record::OriginalSignature;
use crate::second_renderer::SecondRenderer;

/// Places for pages being decoded, shared by all documents in work.
#[derive(Debug)]
pub struct PagePool {
    size: usize,
    free: Mutex<usize>,
    freed: Condvar,
}

impl PagePool {
    /// A pool of `size` places, at least one.
    #[must_use]
    pub fn new(size: usize) -> Self {
        let size = size.max(1);
        Self {
            size,
            free: Mutex::new(size),
            freed: Condvar::new(),
        }
    }

    /// How many places it has.
    #[must_use]
    pub fn size(&self) -> usize {
        self.size
    }

    /// Waits for a place, which is given back when the value is dropped.
    fn place(&self) -> Place<'_> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let mut free = self
            .freed
            .wait_while(free, |free| *free == 0)
            .unwrap_or_else(PoisonError::into_inner);
        *free -= 1;
        Place { pool: self }
    }
}

struct Place<'a> {
    pool: &'a PagePool,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        *self
            .pool
            .free
            .lock()
            .unwrap_or_else(PoisonError::into_inner) += 1;
        self.pool.freed.notify_one();
    }
}

/// The opened files of one document.
#[derive(Debug)]
pub struct Scans {
    files: Vec<PageFile>,
    /// File and page inside it, for every page of the document.
    order: Vec<(usize, usize)>,
    /// Pages that the other renderer draws.
    redrawn: Option<Redrawn>,
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
        Ok(Self {
            files,
            order,
            redrawn: None,
        })
    }

    /// Only these pages, in this order, counted from 0 as they are now.
    ///
    /// # Errors
    /// [`PageError::NoSuchPage`]; [`PageError::NoPages`] where none is named.
    pub fn select(self, pages: &[usize]) -> Result<Self, PageError> {
        let place = |&page: &usize| {
            self.order
                .get(page)
                .copied()
                .ok_or(PageError::NoSuchPage { page })
        };
        let order = pages.iter().map(place).collect::<Result<Vec<_>, _>>()?;
        if order.is_empty() {
            return Err(PageError::NoPages);
        }
        Ok(Self { order, ..self })
    }

    /// From now on `renderer` draws these pages for keeping, instead of us.
    #[must_use]
    pub fn redrawn_by(self, renderer: SecondRenderer, pages: BTreeSet<usize>) -> Self {
        let redrawn = Some(Redrawn::new(renderer, pages));
        Self { redrawn, ..self }
    }

    /// How many pages each file has, selected or not.
    #[must_use]
    pub fn page_counts(&self) -> Vec<usize> {
        self.files.iter().map(PageFile::page_count).collect()
    }

    /// How many pages the document has.
    #[must_use]
    pub fn page_count(&self) -> usize {
        self.order.len()
    }

    /// The pages in order, some of them taken ahead in `pool`.
    pub fn in_order<'a>(&'a self, pool: &'a PagePool) -> InOrder<'a> {
        self.in_order_of(0..self.page_count(), pool)
    }

    /// The pages of these numbers, some of them taken ahead in `pool`; a number beyond the last page is
    /// passed over.
    pub fn in_order_of<'a>(
        &'a self,
        numbers: impl Iterator<Item = usize>,
        pool: &'a PagePool,
    ) -> InOrder<'a> {
        InOrder {
            scans: self,
            pool,
            numbers: numbers.collect::<Vec<_>>().into_iter(),
            ahead: Vec::new().into_iter(),
        }
    }

    /// The file that a page comes from, and its number there.
    #[must_use]
    pub fn file_of(&self, number: usize) -> Option<(&Path, usize)> {
        let (file, page) = self.source_of(number)?;
        Some((self.files.get(file)?.path(), page))
    }

    /// What is known of the PDF that a page comes from, and its number there; `None` for other files.
    #[must_use]
    pub fn pdf_of(&self, number: usize) -> Option<(&PdfSummary, usize)> {
        let (file, page) = self.source_of(number)?;
        Some((self.files.get(file)?.pdf()?, page))
    }

    /// What each signature of each file says, selected or not.
    #[must_use]
    pub fn signatures(&self) -> Vec<OriginalSignature> {
        let of_file = |(original, file): (usize, &PageFile)| {
            let found = file.pdf().map_or(&[][..], |pdf| &pdf.signatures);
            let described = found.iter().cloned();
            described
                .map(|signature| OriginalSignature {
                    original,
                    signature,
                })
                .collect::<Vec<_>>()
        };
        self.files.iter().enumerate().flat_map(of_file).collect()
    }

    /// The numbers of pages that are drawn because they can be neither taken nor copied.
    #[must_use]
    pub fn rendered(&self) -> Vec<usize> {
        let is_rendered = |number: &usize| {
            self.pdf_of(*number).is_some_and(|(pdf, page)| {
                matches!(pdf.ways.get(page), Some(PageWay::Rendered { .. }))
            })
        };
        (0..self.page_count()).filter(is_rendered).collect()
    }

    /// The file, if `numbers` are all of its pages in order and it is PDF/A that can be kept as it is.
    #[must_use]
    pub fn kept(&self, numbers: impl Iterator<Item = usize>) -> Option<&PageFile> {
        let [file] = self.files.as_slice() else {
            return None;
        };
        let whole = (0..file.page_count()).map(Some);
        let pages = numbers.map(|number| self.source_of(number).map(|(_, page)| page));
        (file.pdf()?.kept && pages.eq(whole)).then_some(file)
    }

    /// Copies sanitised pages of a file, by its index.
    ///
    /// # Errors
    /// They cannot be copied.
    pub fn copy(&self, file: usize, order: &CopyOrder) -> Result<CopiedPages, PageError> {
        match self.files.get(file) {
            Some(file) => file.copy(order),
            None => Err(PageError::NoPages),
        }
    }

    /// File and page inside it of every page, both counted from 0.
    #[must_use]
    pub fn sources(&self) -> Vec<(usize, usize)> {
        self.order.clone()
    }

    /// The file, counted from 0, and the page inside it that a page of the document comes from.
    #[must_use]
    pub fn source_of(&self, number: usize) -> Option<(usize, usize)> {
        self.order.get(number).copied()
    }

    fn take(&self, number: usize, pool: &PagePool) -> Option<Result<PageImage, PageError>> {
        self.with_page(number, pool, |page| page)
    }

    /// Takes a page, and keeps its place in the pool until `work` is done with it.
    pub(super) fn with_page<T>(
        &self,
        number: usize,
        pool: &PagePool,
        work: impl FnOnce(Result<PageImage, PageError>) -> T,
    ) -> Option<T> {
        let (file, page) = self.source_of(number)?;
        let _place = pool.place();
        let file = self.files.get(file)?;
        let mut image = file.page(page);
        if let Some(redrawn) = self.redrawn.as_ref().filter(|some| some.includes(number)) {
            image = image.and_then(|image| redrawn.instead_of(image, file.path()));
        }
        Some(work(image))
    }
}

/// Iterator over the pages of [`Scans`]; ends after the last page.
pub struct InOrder<'a> {
    scans: &'a Scans,
    pool: &'a PagePool,
    numbers: std::vec::IntoIter<usize>,
    ahead: std::vec::IntoIter<Result<PageImage, PageError>>,
}

impl Iterator for InOrder<'_> {
    type Item = Result<PageImage, PageError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(page) = self.ahead.next() {
            return Some(page);
        }
        let wanted: Vec<usize> = self.numbers.by_ref().take(self.pool.size).collect();
        self.ahead = take_at_once(self.scans, self.pool, wanted).into_iter();
        self.ahead.next()
    }
}

fn take_at_once(
    scans: &Scans,
    pool: &PagePool,
    wanted: Vec<usize>,
) -> Vec<Result<PageImage, PageError>> {
    if wanted.len() < 2 {
        return wanted
            .into_iter()
            .filter_map(|number| scans.take(number, pool))
            .collect();
    }
    std::thread::scope(|scope| {
        let threads: Vec<_> = wanted
            .into_iter()
            .map(|number| (number, scope.spawn(move || scans.take(number, pool))))
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn no_more_places_are_taken_than_there_are() {
        let pool = PagePool::new(2);
        let (now, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let _place = pool.place();
                    most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    std::thread::sleep(std::time::Duration::from_millis(5));
                    now.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        assert_eq!(most.into_inner(), 2);
        assert_eq!(*pool.free.lock().expect("free"), 2);
    }
}
