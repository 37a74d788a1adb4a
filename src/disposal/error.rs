//! Why an act about retention was not done.

use std::io;
use std::path::{Path, PathBuf};

use crate::durable::DurableError;
use crate::index::IndexError;
use crate::record::{DossierCode, ExitCode, Explain, Lang, RecordId, vietnam_time};

/// Why an act about retention was not done.
#[derive(Debug, thiserror::Error)]
pub enum DisposalError {
    /// The account, its password or its roles do not allow it.
    #[error("account {account} may not do this, or the password is wrong")]
    NotAllowed {
        /// The account.
        account: String,
    },
    /// A line of the register is none.
    #[error("{}: line {number} is damaged", path.display())]
    RegisterDamaged {
        /// The register.
        path: PathBuf,
        /// Which line.
        number: u64,
    },
    /// Register and ledger disagree.
    #[error("{}: from line {number} on it is not what the ledger says", path.display())]
    RegisterDiffers {
        /// The register.
        path: PathBuf,
        /// The first line that differs.
        number: u64,
    },
    /// Something is wrong with the ledger.
    #[error("the ledger is not sound")]
    LedgerUnsound,
    /// No such closed dossier.
    #[error("dossier {0} is not closed")]
    NotClosed(DossierCode),
    /// A case cannot end in that year.
    #[error("no case of dossier {dossier} ended in {year}")]
    Year {
        /// The dossier.
        dossier: DossierCode,
        /// The year.
        year: i16,
    },
    /// No hold of this number stands.
    #[error("no hold {0}")]
    NoSuchHold(u64),
    /// Nothing is due.
    #[error("nothing is due")]
    NothingDue,
    /// No such proposal.
    #[error("no proposal {0}")]
    NoSuchProposal(RecordId),
    /// The proposer approves.
    #[error("{by} proposed it")]
    SamePerson {
        /// The account.
        by: String,
    },
    /// It was approved or refused before.
    #[error("proposal {0} is decided")]
    Decided(RecordId),
    /// Nobody approved it, or it was refused.
    #[error("proposal {0} is not approved")]
    NotApproved(RecordId),
    /// Its file is missing, or another than was proposed.
    #[error("{} is not what was proposed", path.display())]
    ProposalChanged {
        /// Its file.
        path: PathBuf,
    },
    /// Another tombstone than the disposal's has its place.
    #[error("{} is not the tombstone of this disposal", path.display())]
    TombstoneDiffers {
        /// The tombstone.
        path: PathBuf,
    },
    /// The record was disposed of.
    #[error("record {record} was disposed of")]
    Disposed {
        /// The record.
        record: RecordId,
        /// When.
        at: jiff::Timestamp,
        /// The law.
        basis: String,
        /// The proposal that was approved.
        proposal: RecordId,
    },
    /// The index.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// A durable write.
    #[error(transparent)]
    Durable(#[from] DurableError),
    /// A file of it cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// What the machine said.
        source: io::Error,
    },
}

impl DisposalError {
    pub(super) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io {
            path: path.to_owned(),
            source,
        }
    }
}

impl Explain for DisposalError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotAllowed { .. } => "disposal.not_allowed",
            Self::RegisterDamaged { .. } => "disposal.register_damaged",
            Self::RegisterDiffers { .. } => "disposal.register_differs",
            Self::LedgerUnsound => "disposal.ledger_unsound",
            Self::NotClosed(_) => "disposal.not_closed",
            Self::Year { .. } => "disposal.year",
            Self::NoSuchHold(_) => "disposal.no_such_hold",
            Self::NothingDue => "disposal.nothing_due",
            Self::NoSuchProposal(_) => "disposal.no_such_proposal",
            Self::SamePerson { .. } => "disposal.same_person",
            Self::Decided(_) => "disposal.decided",
            Self::NotApproved(_) => "disposal.not_approved",
            Self::ProposalChanged { .. } => "disposal.proposal_changed",
            Self::TombstoneDiffers { .. } => "disposal.tombstone_differs",
            Self::Disposed { .. } => "disposal.disposed",
            Self::Index(error) => error.code(),
            Self::Durable(error) => error.code(),
            Self::Io { .. } => "disposal.io",
        }
    }

    fn message(&self, lang: Lang) -> String {
        let (vi, en) = match self {
            Self::NotAllowed { account } => (
                format!("Tài khoản {account} không được làm việc này, hoặc sai mật khẩu."),
                format!("Account {account} may not do this, or the password is wrong."),
            ),
            Self::RegisterDamaged { path, number } => (
                format!("{}: dòng {number} bị hỏng.", path.display()),
                format!("{}: line {number} is damaged.", path.display()),
            ),
            Self::RegisterDiffers { path, number } => (
                format!(
                    "{}: từ dòng {number} không khớp với sổ cái.",
                    path.display()
                ),
                format!(
                    "{}: from line {number} on it is not what the ledger says.",
                    path.display()
                ),
            ),
            Self::LedgerUnsound => (
                "Sổ cái không nguyên vẹn; chưa được hủy gì.".to_owned(),
                "The ledger is not sound; nothing may be disposed of.".to_owned(),
            ),
            Self::NotClosed(dossier) => (
                format!("Hồ sơ {dossier} chưa kết thúc."),
                format!("Dossier {dossier} is not closed."),
            ),
            Self::Year { dossier, year } => (
                format!("Hồ sơ {dossier} không thể kết thúc năm {year}."),
                format!("The case of dossier {dossier} cannot have ended in {year}."),
            ),
            Self::NoSuchHold(hold) => (
                format!("Không có lệnh giữ số {hold} đang hiệu lực."),
                format!("No hold of number {hold} stands."),
            ),
            Self::NothingDue => (
                "Không có bản ghi nào hết thời hạn lưu trữ.".to_owned(),
                "No record is due.".to_owned(),
            ),
            Self::NoSuchProposal(proposal) => (
                format!("Không có đề nghị hủy {proposal}."),
                format!("There is no proposal {proposal}."),
            ),
            Self::SamePerson { by } => (
                format!("{by} là người đề nghị nên không được phê duyệt."),
                format!("{by} proposed it, and so cannot approve it."),
            ),
            Self::Decided(proposal) => (
                format!("Đề nghị {proposal} đã được phê duyệt hoặc từ chối."),
                format!("Proposal {proposal} was approved or refused before."),
            ),
            Self::NotApproved(proposal) => (
                format!("Đề nghị {proposal} chưa được phê duyệt, hoặc đã bị từ chối."),
                format!("Proposal {proposal} is not approved, or was refused."),
            ),
            Self::ProposalChanged { path } => (
                format!("{} không còn là bản đã đề nghị.", path.display()),
                format!("{} is not what was proposed.", path.display()),
            ),
            Self::TombstoneDiffers { path } => (
                format!("{} không phải dấu hủy của lần hủy này.", path.display()),
                format!("{} is not the tombstone of this disposal.", path.display()),
            ),
            Self::Disposed {
                record,
                at,
                basis,
                proposal,
            } => {
                let at = vietnam_time(*at);
                (
                    format!(
                        "Bản ghi {record} đã bị hủy lúc {at}, căn cứ: {basis}; đề nghị {proposal}."
                    ),
                    format!(
                        "Record {record} was disposed of at {at}, by: {basis}; proposal {proposal}."
                    ),
                )
            }
            Self::Index(error) => return error.message(lang),
            Self::Durable(error) => return error.message(lang),
            Self::Io { path, source } => (
                format!("Không đọc hoặc ghi được {}: {source}.", path.display()),
                format!("Cannot read or write {}: {source}.", path.display()),
            ),
        };
        match lang {
            Lang::Vi => vi,
            Lang::En => en,
        }
    }

    fn advice(&self, lang: Lang) -> String {
        let (vi, en) = match self {
            Self::NotAllowed { .. } => (
                "Văn thư (registrar) hoặc quản trị (administrator) làm; xem `sohoa user list`.",
                "A registrar or an administrator does this; see `sohoa user list`.",
            ),
            Self::RegisterDamaged { .. } | Self::RegisterDiffers { .. } => (
                "Đừng sửa tay: lấy lại tệp này từ bản sao lưu, rồi chạy `sohoa verify`.",
                "Do not mend it by hand: get the file back from a backup, then run `sohoa verify`.",
            ),
            Self::LedgerUnsound => (
                "Chạy `sohoa verify` và khắc phục sổ cái trước.",
                "Run `sohoa verify`, and mend the ledger first.",
            ),
            Self::NotClosed(_) => (
                "Xem các hồ sơ đã kết thúc bằng `sohoa dossier list`.",
                "See `sohoa dossier list` for those that are.",
            ),
            Self::Year { .. } => (
                "Ghi năm kết thúc công việc: từ năm tiếp nhận đến năm nay.",
                "Give the year in which the case ended: that of its reception, or later, up to now.",
            ),
            Self::NoSuchHold(_) => ("Xem `sohoa hold list`.", "See `sohoa hold list`."),
            Self::NothingDue => (
                "Xem vì sao bằng `sohoa dispose list --all`.",
                "See why with `sohoa dispose list --all`.",
            ),
            Self::NoSuchProposal(_) | Self::Decided(_) => (
                "Xem `sohoa dispose proposals`.",
                "See `sohoa dispose proposals`.",
            ),
            Self::SamePerson { .. } => (
                "Người khác có vai trò văn thư hoặc quản trị phê duyệt.",
                "Somebody else who is registrar or administrator approves it.",
            ),
            Self::NotApproved(_) => (
                "Người khác phê duyệt trước: `sohoa dispose approve`.",
                "Somebody else approves it first: `sohoa dispose approve`.",
            ),
            Self::ProposalChanged { .. } | Self::TombstoneDiffers { .. } => (
                "Lấy lại tệp này từ bản sao lưu; nếu không có, từ chối đề nghị và lập lại.",
                "Get the file back from a backup; without one, refuse the proposal and make another.",
            ),
            Self::Disposed { .. } => (
                "Không còn nội dung; dấu hủy nằm trong thư mục disposal/tombstones.",
                "Its content is gone; its tombstone lies in disposal/tombstones.",
            ),
            Self::Index(error) => return error.advice(lang),
            Self::Durable(error) => return error.advice(lang),
            Self::Io { .. } => (
                "Kiểm tra ổ đĩa và quyền của tài khoản chạy chương trình.",
                "Check the disk, and the rights of the program's account.",
            ),
        };
        lang.pick(vi, en).to_owned()
    }

    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Index(error) => error.exit_code(),
            Self::Durable(error) => error.exit_code(),
            Self::Io { .. } => ExitCode::Environment,
            _ => ExitCode::No,
        }
    }

    fn is_retryable(&self) -> bool {
        false
    }
}
