//! Work that wants every page of a document once, in any order: several threads, one page each.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::channel;

use super::{PageError, PageFault, PageImage, PagePool, Scans};

impl Scans {
    /// What `work` makes of every page, in page order. As many threads as the pool has places; a page
    /// is dropped when its work is done, so memory is bounded by the pool.
    ///
    /// # Errors
    /// The error of the first page that could not be taken. `work` that panics is its page's fault.
    pub fn each<T: Send>(
        &self,
        pool: &PagePool,
        work: impl Fn(PageImage) -> T + Sync,
    ) -> Result<Vec<T>, PageError> {
        let next = AtomicUsize::new(0);
        let stop = AtomicBool::new(false);
        let (done, results) = channel();
        std::thread::scope(|scope| {
            for _ in 0..pool.size().min(self.page_count()) {
                let done = done.clone();
                scope.spawn(|| {
                    let done = done;
                    while !stop.load(Ordering::Relaxed) {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        let Some(made) = self.work_on(number, pool, &work) else {
                            return;
                        };
                        stop.fetch_or(made.is_err(), Ordering::Relaxed);
                        // The receiver outlives the scope.
                        let _sent = done.send((number, made));
                    }
                });
            }
        });
        drop(done);
        let mut made: Vec<_> = results.into_iter().collect();
        made.sort_by_key(|(number, _)| *number);
        made.into_iter().map(|(_, made)| made).collect()
    }

    fn work_on<T>(
        &self,
        number: usize,
        pool: &PagePool,
        work: impl Fn(PageImage) -> T,
    ) -> Option<Result<T, PageError>> {
        catch_unwind(AssertUnwindSafe(|| {
            self.with_page(number, pool, |page| page.map(&work))
        }))
        .unwrap_or_else(|_| {
            let what = "the decoder stopped unexpectedly".to_owned();
            Some(Err(PageError::Page {
                page: number,
                fault: PageFault::Damaged(what),
            }))
        })
    }
}
