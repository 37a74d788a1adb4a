//! The error of a whole command or journey: a stage's own error, or one of the few that belong to none.

mod journey;

pub use self::journey::JourneyError;
use crate::access::AccessError;
use crate::archive::ArchiveError;
use crate::backup::BackupError;
use crate::capture::CaptureError;
use crate::compose::ComposeError;
use crate::compose::PrintError;
use crate::config::ConfigError;
use crate::disposal::DisposalError;
use crate::durable::DurableError;
use crate::index::IndexError;
use crate::ledger::LedgerError;
use crate::pages::PageError;
use crate::read_back::{ReadBackError, SignatureReadBackError};
use crate::recognise::cover_sheet::CoverSheetError;
use crate::record::{ExitCode, Explain, Lang};
use crate::replica::ReplicaError;
use crate::reuse::ReuseError;
use crate::sign::SignError;
use crate::trust::TrustError;
use crate::validate::document::DocumentFault;
use crate::web::{AccountError, ClientError};
use crate::worklist::WorklistError;

/// Everything that can end a command.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Stage “configuration”.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Stage “capture”.
    #[error(transparent)]
    Capture(#[from] CaptureError),
    /// Stage “pages”.
    #[error(transparent)]
    Pages(#[from] PageError),
    /// Stage “recognise”: the key for cover sheets.
    #[error(transparent)]
    CoverSheet(#[from] CoverSheetError),
    /// Stage “compose”.
    #[error(transparent)]
    Compose(#[from] ComposeError<PageError>),
    /// Stage “compose”: a cover sheet.
    #[error(transparent)]
    Print(#[from] PrintError),
    /// A person must decide, or did.
    #[error(transparent)]
    Worklist(#[from] WorklistError),
    /// Stage “sign”.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// The trust store.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// Accounts of the web desk.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// Clients of the web desk's interface.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// Re-use.
    #[error(transparent)]
    Reuse(#[from] ReuseError),
    /// The log of look-ups.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// Stage “validate”.
    #[error(transparent)]
    Document(#[from] DocumentFault),
    /// Stage “read back”: structure.
    #[error(transparent)]
    ReadBack(#[from] ReadBackError),
    /// Stage “read back”: signature.
    #[error(transparent)]
    SignatureReadBack(#[from] SignatureReadBackError),
    /// Stage “archive”.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// A replica.
    #[error(transparent)]
    Replica(#[from] ReplicaError),
    /// Backup sets.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// Retention, holds and disposal.
    #[error(transparent)]
    Disposal(#[from] DisposalError),
    /// Stage “index”.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// A durable write.
    #[error(transparent)]
    Durable(#[from] DurableError),
    /// One that belongs to no stage.
    #[error(transparent)]
    Journey(#[from] JourneyError),
}

impl Error {
    fn explained(&self) -> &dyn Explain {
        match self {
            Error::Config(error) => error,
            Error::Capture(error) => error,
            Error::Pages(error) => error,
            Error::CoverSheet(error) => error,
            Error::Compose(error) => error,
            Error::Print(error) => error,
            Error::Document(error) => error,
            Error::Account(error) => error,
            Error::Client(error) => error,
            Error::Reuse(error) => error,
            Error::Access(error) => error,
            Error::Worklist(error) => error,
            Error::Sign(error) => error,
            Error::Trust(error) => error,
            Error::ReadBack(error) => error,
            Error::SignatureReadBack(error) => error,
            Error::Archive(error) => error,
            Error::Ledger(error) => error,
            Error::Replica(error) => error,
            Error::Backup(error) => error,
            Error::Disposal(error) => error,
            Error::Index(error) => error,
            Error::Durable(error) => error,
            Error::Journey(error) => error,
        }
    }
}

impl Explain for Error {
    fn code(&self) -> &'static str {
        self.explained().code()
    }

    fn message(&self, lang: Lang) -> String {
        self.explained().message(lang)
    }

    fn advice(&self, lang: Lang) -> String {
        self.explained().advice(lang)
    }

    fn exit_code(&self) -> ExitCode {
        self.explained().exit_code()
    }

    fn is_retryable(&self) -> bool {
        self.explained().is_retryable()
    }
}
