//! From claimed files to page images: every page decoded as a check, its own bytes kept wherever a PDF can hold them.

mod error;
mod image;

pub use error::PageError;
pub use image::{
    ImageEncoding, PageImage, PageSource, Placement, Resolution, ResolutionSource, Rotation,
};
