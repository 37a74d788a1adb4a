//! What people decided about a document before it was divided, or merged with another, holds for what it
//! became, as far as it is about pages or about whose it is.

use super::WorklistError;
use super::settle::{assigned_citizen, assigned_dossier};
use crate::record::{Decision, DecisionRecord};

/// The decisions, by the pages of a document that has some pages of this one. `page_there` gives the number
/// that a page has there, both counted from 1; `None` where it is not there.
///
/// An approval is not among them: nobody has seen the new document yet.
#[must_use]
pub fn carried(
    decisions: &[DecisionRecord],
    page_there: impl Fn(u32) -> Option<u32>,
) -> Vec<DecisionRecord> {
    let there =
        |pages: &[u32]| -> Vec<u32> { pages.iter().filter_map(|page| page_there(*page)).collect() };
    let carry = |taken: &DecisionRecord| {
        let decision = match &taken.decision {
            Decision::Approve => return None,
            Decision::DropBlank { pages } => Decision::DropBlank {
                pages: there(pages),
            },
            Decision::Order { pages } => Decision::Order {
                pages: there(pages),
            },
            Decision::Rotate { page, degrees } => Decision::Rotate {
                page: page_there(*page)?,
                degrees: *degrees,
            },
            told => told.clone(),
        };
        let is_empty = matches!(
            &decision,
            Decision::DropBlank { pages } | Decision::Order { pages } if pages.is_empty()
        );
        (!is_empty).then(|| DecisionRecord {
            decision,
            ..taken.clone()
        })
    };
    decisions.iter().filter_map(carry).collect()
}

/// Whether two documents may become one, as far as people decided about them.
///
/// # Errors
/// [`WorklistError::Unfit`]: they were assigned to different citizens or dossiers; or the second was put in
/// order, which can be said of the merged document only.
pub fn require_mergeable(
    first: &[DecisionRecord],
    second: &[DecisionRecord],
) -> Result<(), WorklistError> {
    let unfit = |what: &str| {
        Err(WorklistError::Unfit {
            what: what.to_owned(),
        })
    };
    if differ(assigned_citizen(first), assigned_citizen(second))
        || differ(assigned_dossier(first), assigned_dossier(second))
    {
        return unfit("the two were assigned to different citizens or dossiers");
    }
    let is_order = |taken: &DecisionRecord| matches!(taken.decision, Decision::Order { .. });
    if second.iter().any(is_order) {
        return unfit("merge first, then put the pages in order");
    }
    Ok(())
}

/// Whether both are known, and not the same.
fn differ<T: PartialEq>(one: Option<T>, other: Option<T>) -> bool {
    matches!((one, other), (Some(one), Some(other)) if one != other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(decision: Decision) -> DecisionRecord {
        DecisionRecord {
            at: jiff::Timestamp::UNIX_EPOCH,
            by: "văn thư".to_owned(),
            decision,
        }
    }

    fn assign(citizen: &str) -> DecisionRecord {
        taken(Decision::Assign {
            citizen: Some(citizen.parse().expect("a number")),
            dossier: None,
            kind: None,
        })
    }

    #[test]
    fn decisions_follow_their_pages() {
        let rotate = |page| taken(Decision::Rotate { page, degrees: 90 });
        let order = |pages: &[u32]| {
            taken(Decision::Order {
                pages: pages.to_vec(),
            })
        };
        let blank = |pages: &[u32]| {
            taken(Decision::DropBlank {
                pages: pages.to_vec(),
            })
        };
        let before = [
            assign("079203000001"),
            rotate(1),
            rotate(4),
            order(&[4, 1, 3, 2]),
            blank(&[2]),
            taken(Decision::Approve),
        ];
        let last_two = |page: u32| page.checked_sub(2).filter(|page| *page > 0);
        assert_eq!(
            carried(&before, last_two),
            [assign("079203000001"), rotate(2), order(&[2, 1])]
        );
        let after_ten = carried(&before, |page| Some(page + 10));
        assert_eq!(after_ten[4], blank(&[12]));
        assert_eq!(after_ten.len(), 5, "approved was another document");
    }

    #[test]
    fn what_was_assigned_differently_is_not_merged() {
        let one = [assign("079203000001")];
        let other = [assign("079203000001"), assign("001203000009")];
        assert!(require_mergeable(&one, &one).is_ok());
        assert!(require_mergeable(&one, &[]).is_ok());
        assert!(require_mergeable(&one, &other).is_err());
        let order = [taken(Decision::Order { pages: vec![2, 1] })];
        assert!(require_mergeable(&order, &one).is_ok());
        assert!(require_mergeable(&one, &order).is_err());
    }
}
