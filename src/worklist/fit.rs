//! Whether a decision fits the document that it is about. Pages count from 1, as the scan has them.

use super::{Entry, WorklistError};
use crate::record::{Decision, PageReading};

/// A name is a name, not a letter.
const NAME_CHARS_MAX: usize = 100;

/// # Errors
/// [`WorklistError::Unfit`] says what does not fit.
pub fn require_fit(decision: &Decision, by: &str, entry: &Entry) -> Result<(), WorklistError> {
    require(is_name(by), "the name of who decides")?;
    let count = entry.pages.len();
    let exists = |page: &u32| (1..=count).contains(&(*page as usize));
    match decision {
        Decision::Assign {
            citizen,
            dossier,
            kind,
        } => require(
            citizen.is_some() || dossier.is_some() || kind.is_some(),
            "nothing is assigned",
        ),
        Decision::DropBlank { pages } => {
            let blank = |page: &u32| {
                let page = entry.pages.get((*page as usize).wrapping_sub(1));
                page.is_some_and(|page| page.reading == PageReading::Blank)
            };
            require(
                !pages.is_empty() && pages.iter().all(blank),
                "only blank pages can be dropped",
            )
        }
        Decision::Rotate { page, degrees } => {
            require(exists(page), "there is no such page")?;
            require(
                matches!(degrees, 90 | 180 | 270),
                "degrees are 90, 180 or 270",
            )
        }
        Decision::Order { pages } => {
            let mut sorted = pages.clone();
            sorted.sort_unstable();
            sorted.dedup();
            require(
                !pages.is_empty() && sorted.len() == pages.len() && pages.iter().all(exists),
                "each page at most once, and only pages that there are",
            )
        }
        Decision::Split { at } => require(
            !at.is_empty()
                && at.iter().all(|page| exists(page) && *page > 1)
                && at.is_sorted_by(|one, next| one < next),
            "first pages of the second and later documents, ascending",
        ),
        Decision::Merge { with } => require(
            *with != entry.record,
            "a document cannot be merged with itself",
        ),
        Decision::Approve => Ok(()),
        Decision::Reject { reason } => require(!reason.trim().is_empty(), "a reason is needed"),
    }
}

fn is_name(by: &str) -> bool {
    let length = by.chars().count();
    (1..=NAME_CHARS_MAX).contains(&length) && !by.chars().any(char::is_control)
}

fn require(holds: bool, otherwise: &str) -> Result<(), WorklistError> {
    if holds {
        return Ok(());
    }
    Err(WorklistError::Unfit {
        what: otherwise.to_owned(),
    })
}
