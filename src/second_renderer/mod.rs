//! A second program's picture of a PDF page, and what it says about ours.
//!
//! Poppler's `pdftoppm`, where it is installed, draws a page for comparison; `compare` says where the two
//! pictures differ, and `settle` what remains of the doubts about ours. Two programs of different origin
//! that draw the same are believed. Where it is not installed the doubts stand.
//!
//! Runs outside the fence of incoming files, because the program must be started; it has limits of its own
//! (`run`). Nothing is drawn for keeping but a page on which ours lacks annotations, and nothing else
//! ([`lacks_annotations_only`]).

mod compare;
mod picture;
mod run;
mod settle;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use self::compare::{Verdict, compare};
pub use self::picture::{Picture, Samples};
pub use self::run::exec_limited;
pub use self::settle::{lacks_annotations_only, settle};

/// Why there is no second picture.
#[derive(Debug, thiserror::Error)]
pub enum SecondFault {
    /// The program cannot be started or its output cannot be read.
    #[error("the second renderer cannot be run")]
    Unreadable(#[from] std::io::Error),
    /// It took too long and was ended.
    #[error("the second renderer took too long")]
    OutOfTime,
    /// It wrote more than a page of the allowed size has.
    #[error("the second renderer wrote too much")]
    TooMuch,
    /// It failed, or wrote no picture.
    #[error("the second renderer drew nothing")]
    NoPicture,
}

/// What one page may cost.
#[derive(Debug, Clone, Copy)]
pub struct SecondLimits {
    /// Wall time after which the program is killed; it may use as much processor time.
    pub time: Duration,
    /// Address space.
    pub memory_mib: u64,
    /// Bytes of the picture.
    pub picture_bytes: u64,
}

impl Default for SecondLimits {
    fn default() -> Self {
        Self {
            time: Duration::from_mins(1),
            memory_mib: 2048,
            picture_bytes: 300 << 20,
        }
    }
}

/// Whether the second program draws annotations. It frames links, which on paper nobody wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Annotations {
    /// As a reader shows them.
    Shown,
    /// Only the page itself.
    Hidden,
}

/// The program, found.
#[derive(Debug, Clone)]
pub struct SecondRenderer {
    program: PathBuf,
    limiter: Vec<OsString>,
    limits: SecondLimits,
}

impl SecondRenderer {
    /// Looks for `pdftoppm` where programs are (`PATH`).
    ///
    /// `limiter` is the command that ends in [`exec_limited`]: it is given the memory in MiB, the processor
    /// time in seconds, the program and its arguments. Empty, the program runs without those two limits.
    #[must_use]
    pub fn find(limiter: Vec<OsString>, limits: SecondLimits) -> Option<Self> {
        let folders = std::env::var_os("PATH")?;
        let program = std::env::split_paths(&folders)
            .filter(|folder| folder.is_absolute())
            .map(|folder| folder.join("pdftoppm"))
            .find(|program| program.is_file())?;
        Some(Self {
            program,
            limiter,
            limits,
        })
    }

    /// Page `n`, from 0, in grey, for [`compare`], at the `dpi` of ours: at half of that the program moves
    /// lines of text by up to a quarter of a pixel of the comparison, and twice the difference is measured.
    ///
    /// # Errors
    /// [`SecondFault`] where there is no picture.
    pub fn draw_for_comparison(
        &self,
        file: &Path,
        n: usize,
        dpi: f64,
        annotations: Annotations,
    ) -> Result<Picture, SecondFault> {
        let mut options = vec!["-gray"];
        if annotations == Annotations::Hidden {
            options.push("-hide-annotations");
        }
        self.draw(file, n, dpi, &options)
    }

    /// Page `n`, from 0, in colour at `dpi`, with its annotations: for keeping where [`lacks_annotations_only`]
    /// says that ours lacks them.
    ///
    /// # Errors
    /// [`SecondFault`] where there is no picture.
    pub fn draw_page(&self, file: &Path, n: usize, dpi: f64) -> Result<Picture, SecondFault> {
        self.draw(file, n, dpi, &[])
    }

    fn draw(
        &self,
        file: &Path,
        n: usize,
        dpi: f64,
        options: &[&str],
    ) -> Result<Picture, SecondFault> {
        let page = n.saturating_add(1).to_string();
        let mut arguments: Vec<OsString> = ["-q", "-cropbox", "-f", &page, "-l", &page, "-r"]
            .into_iter()
            .map(OsString::from)
            .collect();
        arguments.push(format!("{dpi}").into());
        arguments.extend(options.iter().map(OsString::from));
        // An absolute path is never taken for an option.
        arguments.push(std::path::absolute(file)?.into());
        let bytes = run::output(&self.program, &arguments, &self.limiter, &self.limits)?;
        Picture::parse(bytes).ok_or(SecondFault::NoPicture)
    }
}
