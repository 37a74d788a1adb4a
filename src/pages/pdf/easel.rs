//! The renderer of one file, set up when its first page is drawn and kept for the others.

use std::cell::OnceCell;
use std::fs;
use std::path::Path;

use super::super::error::PageFault;
use super::render::{Drawer, Renderer};

/// The file as the renderer parsed it.
#[derive(Default)]
pub(super) struct Parsed(OnceCell<Renderer>);

/// Draws pages of it.
pub(super) struct Easel<'a> {
    parsed: &'a Parsed,
    drawer: Option<Drawer<'a>>,
}

impl<'a> Easel<'a> {
    pub(super) fn of(parsed: &'a Parsed) -> Self {
        Self {
            parsed,
            drawer: None,
        }
    }

    /// The drawer, for a file that must have so many pages.
    pub(super) fn drawer(
        &mut self,
        path: &Path,
        pages: usize,
    ) -> Result<&mut Drawer<'a>, PageFault> {
        let renderer = match self.parsed.0.get() {
            Some(renderer) => renderer,
            None => {
                let renderer = Renderer::open(fs::read(path)?)?;
                self.parsed.0.get_or_init(|| renderer)
            }
        };
        if renderer.page_count() == pages {
            Ok(self.drawer.get_or_insert_with(|| renderer.drawer()))
        } else {
            let what = "two readers find another number of pages in it";
            Err(PageFault::Damaged(what.to_owned()))
        }
    }
}
