//! What the rule is applied to.

use crate::capture::ScanBatch;
use crate::config::Unsettled;
use crate::recognise::ReadPage;
use crate::record::{DecisionRecord, Field, Source};

/// All that is known before a document is put together.
pub struct Findings<'a> {
    /// The claimed files and what people said with them.
    pub batch: &'a ScanBatch,
    /// Who said it: [`Source::Slip`] or [`Source::Operator`].
    pub slip_source: Source,
    /// File and page inside it of every page of the scan.
    pub page_sources: &'a [(usize, usize)],
    /// What was read, a page each; empty where nothing was.
    pub pages: &'a [ReadPage],
    /// What the pages say.
    pub fields: &'a [Field],
    /// Pages of the scan, from 0, whose drawing may not show what the PDF shows.
    pub doubtful: &'a [usize],
    /// Files of the batch, from 0, with a signature that does not hold.
    pub failed_signatures: &'a [usize],
    /// What people decided, oldest first.
    pub decisions: &'a [DecisionRecord],
    /// What to do where no source is certain.
    pub unsettled: Unsettled,
}

/// A page of the document to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedPage {
    /// Its number in the scan, from 0.
    pub number: usize,
    /// Clockwise turn for display, on top of how its text stands, as a person decided: 0, 90, 180, 270.
    pub turned: u16,
}
