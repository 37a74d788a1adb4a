//! What can be wrong with a scan.

/// A file or a page cannot be taken in.
#[derive(Debug, thiserror::Error)]
pub enum PageError {}
