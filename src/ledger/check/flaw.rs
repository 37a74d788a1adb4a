//! Why a proof does not prove what it should.

use crate::record::Lang;

/// What became of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It does not hold.
    Failed,
    /// It cannot be said.
    Indeterminate,
}

/// What is wrong with a proof.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// A part of it cannot be read.
    #[error("the {part} cannot be read")]
    Malformed {
        /// The name in the proof file; `proof` for the whole.
        part: &'static str,
    },
    /// The opening does not belong to the leaf.
    #[error("the opening is not that of the leaf")]
    OpeningDiffers,
    /// The inventory is not the one that the opening names.
    #[error("the inventory is not the one that was recorded")]
    InventoryDiffers,
    /// The path does not lead from the leaf to the root.
    #[error("the leaf is not in the tree")]
    NotIncluded,
    /// One tree does not continue the other.
    #[error("the newer tree does not continue the older")]
    NotConsistent,
    /// A trusted key is named, and the signature is not its.
    #[error("the checkpoint's signature does not hold")]
    SignatureInvalid,
    /// Everything fits together; whether it is the agency's ledger is not known.
    #[error("the checkpoint is signed by no trusted key")]
    KeyUnknown,
}

impl Flaw {
    /// Whether the proof fails, or nothing can be said.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match self {
            Flaw::Malformed { .. }
            | Flaw::OpeningDiffers
            | Flaw::InventoryDiffers
            | Flaw::NotIncluded
            | Flaw::NotConsistent
            | Flaw::SignatureInvalid => Verdict::Failed,
            Flaw::KeyUnknown => Verdict::Indeterminate,
        }
    }

    /// Stable code for machines.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Flaw::Malformed { .. } => "proof.malformed",
            Flaw::OpeningDiffers => "proof.opening_differs",
            Flaw::InventoryDiffers => "proof.inventory_differs",
            Flaw::NotIncluded => "proof.not_included",
            Flaw::NotConsistent => "proof.not_consistent",
            Flaw::SignatureInvalid => "proof.signature_invalid",
            Flaw::KeyUnknown => "proof.key_unknown",
        }
    }

    /// One sentence for a person.
    #[must_use]
    pub fn message(&self, lang: Lang) -> String {
        let (vi, en) = match self {
            Flaw::Malformed { part } => {
                return match lang {
                    Lang::Vi => format!("Không đọc được phần “{part}” của tệp chứng minh."),
                    Lang::En => format!("The part “{part}” of the proof cannot be read."),
                };
            }
            Flaw::OpeningDiffers => (
                "Nội dung kèm theo không khớp với mục trong sổ cái.",
                "What the proof says happened is not what the entry of the ledger stands for.",
            ),
            Flaw::InventoryDiffers => (
                "Bảng kê kèm theo không phải bảng kê đã ghi trong sổ cái.",
                "The inventory in the proof is not the one that was recorded in the ledger.",
            ),
            Flaw::NotIncluded => (
                "Mục này không có trong sổ cái đã ký.",
                "The entry is not in the ledger that was signed.",
            ),
            Flaw::NotConsistent => (
                "Sổ cái sau không nối tiếp sổ cái trước: đã có mục bị sửa hoặc bị bỏ.",
                "The newer ledger does not continue the older one: entries were changed or left out.",
            ),
            Flaw::SignatureInvalid => (
                "Chữ ký trên điểm kiểm tra của sổ cái không đúng.",
                "The signature of the ledger's checkpoint does not hold.",
            ),
            Flaw::KeyUnknown => (
                "Các phần khớp nhau, nhưng sổ cái được ký bằng khóa chưa được tin cậy.",
                "The parts fit together, but the ledger is signed by a key that is not trusted here.",
            ),
        };
        lang.pick(vi, en).to_owned()
    }
}
