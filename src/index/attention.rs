//! What in a record waits for a person or for another try, as its description says.

use serde::{Deserialize, Serialize};

use crate::record::{DecisionRecord, PageReading, RecordDescription};

/// Why a record is on the worklist. The JSON names are those that `sohoa find --json` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Attention {
    /// Pages were not read yet.
    PagesPending,
    /// Pages could not be read.
    PagesFailed,
    /// Pages were read with low confidence.
    PagesLow,
    /// There are candidates for whose paper it is, and no person has settled it.
    IdentityOpen,
}

impl Attention {
    /// What applies to a record, each once, in the order of the codes above.
    #[must_use]
    pub fn of(description: &RecordDescription) -> Vec<Self> {
        let any = |reading| description.pages.iter().any(|page| page.reading == reading);
        let identity_open = !description.candidates.is_empty()
            && !description
                .decisions
                .iter()
                .any(DecisionRecord::is_approval);
        [
            (Self::PagesPending, any(PageReading::Pending)),
            (Self::PagesFailed, any(PageReading::Failed)),
            (Self::PagesLow, any(PageReading::LowConfidence)),
            (Self::IdentityOpen, identity_open),
        ]
        .into_iter()
        .filter_map(|(code, applies)| applies.then_some(code))
        .collect()
    }
}
