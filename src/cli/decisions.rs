//! What the user typed after `sohoa worklist`, and the decision that it means.

use clap::{Args, Subcommand};

use super::arguments::Looking;
use crate::record::{CitizenId, Decision, DocumentKind, DossierCode, RecordId};

#[derive(Args)]
pub(super) struct Worklist {
    #[command(subcommand)]
    pub(super) command: Option<WorklistCommand>,
}

#[derive(Subcommand)]
pub(super) enum WorklistCommand {
    /// What waits for a person, the longest waiting first (the default)
    List,
    /// One document: candidates, dossiers, pages
    Show(Show),
    /// Say whose paper it is, which dossier it belongs to, what kind it is
    Assign(Assign),
    /// Leave blank pages out
    DropBlank(DropBlank),
    /// Show a page turned
    Rotate(Rotate),
    /// Put the pages in another order
    Order(Order),
    /// Make several documents of it
    Split(Split),
    /// Make one document of it and another that waits
    Merge(Merge),
    /// Archive it as it is, with what is certain
    Approve(Approve),
    /// Put it into quarantine
    Reject(Reject),
}

#[derive(Args)]
pub(super) struct Show {
    /// Record number
    pub(super) record: RecordId,
    #[command(flatten)]
    pub(super) looking: Looking,
}

/// Which document, and who decides.
#[derive(Args)]
pub(super) struct About {
    /// Record number
    pub(super) record: RecordId,
    /// Who decides; kept in the record
    #[arg(long, env = "USER", value_name = "NAME")]
    pub(super) by: Option<String>,
}

#[derive(Args)]
pub(super) struct Assign {
    #[command(flatten)]
    about: About,
    /// Whose paper it is
    #[arg(long, value_name = "12 DIGITS", required_unless_present_any = ["dossier", "kind"])]
    citizen: Option<CitizenId>,
    /// Which dossier it belongs to
    #[arg(long, value_name = "CODE")]
    dossier: Option<DossierCode>,
    /// What kind it is
    #[arg(long, value_name = "KIND")]
    kind: Option<DocumentKind>,
}

#[derive(Args)]
pub(super) struct DropBlank {
    #[command(flatten)]
    about: About,
    /// Which pages [default: every blank page]
    #[arg(long, value_delimiter = ',', value_name = "N,N")]
    pages: Vec<u32>,
}

#[derive(Args)]
pub(super) struct Rotate {
    #[command(flatten)]
    about: About,
    /// Which page, from 1
    #[arg(long, value_name = "N")]
    page: u32,
    /// Clockwise: 90, 180 or 270
    #[arg(long, value_name = "DEGREES")]
    degrees: u16,
}

#[derive(Args)]
pub(super) struct Order {
    #[command(flatten)]
    about: About,
    /// The pages in their new order
    #[arg(long, value_delimiter = ',', required = true, value_name = "N,N")]
    pages: Vec<u32>,
}

#[derive(Args)]
pub(super) struct Split {
    #[command(flatten)]
    about: About,
    /// First page of the second document, of the third, …
    #[arg(long, value_delimiter = ',', required = true, value_name = "N,N")]
    at: Vec<u32>,
}

#[derive(Args)]
pub(super) struct Merge {
    #[command(flatten)]
    about: About,
    /// The other document, whose pages come after
    #[arg(long, value_name = "UUID")]
    with: RecordId,
}

#[derive(Args)]
pub(super) struct Approve {
    #[command(flatten)]
    about: About,
}

#[derive(Args)]
pub(super) struct Reject {
    #[command(flatten)]
    about: About,
    /// Why, for whoever looks into the quarantine
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

impl WorklistCommand {
    /// The decision typed, if it is one.
    pub(super) fn decision(&self) -> Option<(&About, Decision)> {
        Some(match self {
            Self::List | Self::Show(_) => return None,
            Self::Assign(typed) => (
                &typed.about,
                Decision::Assign {
                    citizen: typed.citizen.clone(),
                    dossier: typed.dossier.clone(),
                    kind: typed.kind.clone(),
                },
            ),
            Self::DropBlank(typed) => (
                &typed.about,
                Decision::DropBlank {
                    pages: typed.pages.clone(),
                },
            ),
            Self::Rotate(typed) => (
                &typed.about,
                Decision::Rotate {
                    page: typed.page,
                    degrees: typed.degrees,
                },
            ),
            Self::Order(typed) => (
                &typed.about,
                Decision::Order {
                    pages: typed.pages.clone(),
                },
            ),
            Self::Split(typed) => (
                &typed.about,
                Decision::Split {
                    at: typed.at.clone(),
                },
            ),
            Self::Merge(typed) => (&typed.about, Decision::Merge { with: typed.with }),
            Self::Approve(typed) => (&typed.about, Decision::Approve),
            Self::Reject(typed) => (
                &typed.about,
                Decision::Reject {
                    reason: typed.reason.clone(),
                },
            ),
        })
    }
}
