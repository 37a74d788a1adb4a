//! The kinds of acts about how long records are kept, as they stand in leaves.
//!
//! What an act says is in the office's register; the ledger commits to the line. Not here: which act may follow which.

/// What a person did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetentionAct {
    /// Said in which year a dossier's case ended.
    DossierClosed,
    /// Took that back.
    DossierReopened,
    /// Forbade the disposal of a record or a dossier.
    HoldSet,
    /// Lifted a hold.
    HoldLifted,
    /// Proposed records for disposal.
    DisposalProposed,
    /// Approved a proposal.
    DisposalApproved,
    /// Refused one.
    DisposalRefused,
    /// Began to carry one out.
    DisposalBegun,
}

impl RetentionAct {
    /// All.
    pub const ALL: [Self; 8] = [
        Self::DossierClosed,
        Self::DossierReopened,
        Self::HoldSet,
        Self::HoldLifted,
        Self::DisposalProposed,
        Self::DisposalApproved,
        Self::DisposalRefused,
        Self::DisposalBegun,
    ];

    /// The kind, as it stands in leaf and opening.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DossierClosed => "dossier-closed",
            Self::DossierReopened => "dossier-reopened",
            Self::HoldSet => "hold-set",
            Self::HoldLifted => "hold-lifted",
            Self::DisposalProposed => "disposal-proposed",
            Self::DisposalApproved => "disposal-approved",
            Self::DisposalRefused => "disposal-refused",
            Self::DisposalBegun => "disposal-begun",
        }
    }

    /// The act of this kind.
    #[must_use]
    pub fn of(kind: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|act| act.as_str() == kind)
    }
}
