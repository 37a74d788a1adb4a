//! What a person decided about a document, kept in its record for ever.

use serde::{Deserialize, Serialize};

use super::{CitizenId, DocumentKind, DossierCode};

/// One decision, and who took it when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionRecord {
    /// When, ISO 8601 UTC.
    pub at: jiff::Timestamp,
    /// Who, as they named themselves or as the system knows them.
    pub by: String,
    /// What.
    #[serde(flatten)]
    pub decision: Decision,
}

impl DecisionRecord {
    /// Whether a person said to archive the document with what is certain.
    #[must_use]
    pub fn is_approval(&self) -> bool {
        self.decision == Decision::Approve
    }
}

/// What a person may decide. Pages are numbered from 1, as the scan has them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "decision")]
pub enum Decision {
    /// Whose paper it is, which dossier it belongs to, what kind it is; what is `None` stays as found.
    Assign {
        /// Whose.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        citizen: Option<CitizenId>,
        /// Which dossier's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        dossier: Option<DossierCode>,
        /// What kind.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        kind: Option<DocumentKind>,
    },
    /// These blank pages are not part of the document.
    DropBlank {
        /// Which pages.
        pages: Vec<u32>,
    },
    /// A page is shown turned.
    Rotate {
        /// Which page.
        page: u32,
        /// Clockwise, on top of how it is shown now: 90, 180, 270.
        degrees: u16,
    },
    /// The scan holds several documents: each begins at one of these pages; the first at page 1.
    Split {
        /// First pages of the second and later documents, ascending. Not `at` in JSON, which is when.
        #[serde(rename = "first_pages")]
        at: Vec<u32>,
    },
    /// The order of the pages.
    Order {
        /// All pages that stay, in their new order.
        pages: Vec<u32>,
    },
    /// It is one document together with another that waits, whose pages come after.
    Merge {
        /// The record number of the other.
        with: super::RecordId,
    },
    /// All is as it should be: archive it as it is, with what is certain.
    Approve,
    /// It is not to be archived; it goes to quarantine.
    Reject {
        /// Why, for whoever looks there.
        reason: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_decision_is_read_as_it_was_written() {
        let decisions = [
            Decision::Assign {
                citizen: "079203000001".parse().ok(),
                dossier: None,
                kind: "khai-sinh".parse().ok(),
            },
            Decision::DropBlank { pages: vec![2] },
            Decision::Rotate {
                page: 1,
                degrees: 90,
            },
            Decision::Split { at: vec![2, 4] },
            Decision::Order { pages: vec![2, 1] },
            Decision::Merge {
                with: crate::record::RecordId::new_v7(1, &[1; 10]),
            },
            Decision::Approve,
            Decision::Reject {
                reason: "thiếu trang".to_owned(),
            },
        ];
        for decision in decisions {
            let taken = DecisionRecord {
                at: jiff::Timestamp::UNIX_EPOCH,
                by: "văn thư".to_owned(),
                decision,
            };
            let text = serde_json::to_string(&taken).expect("plain data");
            let read: DecisionRecord = serde_json::from_str(&text).expect(&text);
            assert_eq!(read, taken, "{text}");
        }
    }
}
