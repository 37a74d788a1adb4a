//! What can be wrong with the ledger, or with what is asked of it.

use std::io;
use std::path::{Path, PathBuf};

use crate::durable::DurableError;
use crate::record::{ExitCode, Explain, Lang, RecordId};

/// The ledger could not be read or written. What stands in it was not changed.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// Writing failed.
    #[error(transparent)]
    Durable(#[from] DurableError),
    /// A file cannot be read.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// What the machine said.
        source: io::Error,
    },
    /// The operating system has no random bytes to give.
    #[error("no randomness")]
    Randomness(#[source] io::Error),
    /// There is no ledger in the folder.
    #[error("no ledger in {}", folder.display())]
    NotThere {
        /// Which.
        folder: PathBuf,
    },
    /// There is a key, and so there was a ledger.
    #[error("the ledger in {} is gone", folder.display())]
    Lost {
        /// Which.
        folder: PathBuf,
    },
    /// A file is missing that a tree of this size has.
    #[error("{path} of the ledger is missing")]
    TileMissing {
        /// Below the ledger's folder.
        path: String,
    },
    /// A file does not hold what it should.
    #[error("{path} of the ledger is damaged")]
    TileDamaged {
        /// Below the ledger's folder.
        path: String,
    },
    /// The tiles do not lead to the root that was written down.
    #[error("the ledger's tree of {size} leaves has another root than was written down")]
    TreeDiffers {
        /// Leaves.
        size: u64,
    },
    /// A larger tree was signed before.
    #[error("the ledger has {tree} leaves, and {signed} were signed")]
    RolledBack {
        /// Leaves of the tree that was signed.
        signed: u64,
        /// Leaves now.
        tree: u64,
    },
    /// Another tree was signed before.
    #[error("the ledger does not continue the tree of {size} leaves that was signed")]
    Forked {
        /// Leaves of the tree that was signed.
        size: u64,
    },
    /// This tree was signed with another key.
    #[error("the tree of {size} leaves was signed with another key")]
    SignedOtherwise {
        /// Leaves.
        size: u64,
    },
    /// A key or a signature belongs to something else.
    #[error("the key or the signature is not for this checkpoint")]
    KeyForeign,
    /// A key file holds something else.
    #[error("{} is no key for checkpoints", path.display())]
    KeyInvalid {
        /// Which.
        path: PathBuf,
    },
    /// There are not so many leaves.
    #[error("the ledger has no leaf {index}")]
    NoSuchLeaf {
        /// Counted from 0.
        index: u64,
    },
    /// The ledger does not know the record as it is.
    #[error("record {record} as it is does not stand in the ledger")]
    NotEntered {
        /// Which.
        record: RecordId,
    },
    /// No checkpoint covers the leaf yet.
    #[error("leaf {index} is in no signed tree yet")]
    NotSigned {
        /// Counted from 0.
        index: u64,
    },
    /// Nobody knows any more what the leaf stands for.
    #[error("the opening of leaf {index} was forgotten")]
    Forgotten {
        /// Counted from 0.
        index: u64,
    },
    /// The leaf is about another inventory.
    #[error("leaf {index} is about another inventory")]
    InventoryDiffers {
        /// Counted from 0.
        index: u64,
    },
    /// A witness has another checkpoint of this size.
    #[error("{} is a checkpoint of another tree", path.display())]
    WitnessDiffers {
        /// The witness's copy.
        path: PathBuf,
    },
}

impl LedgerError {
    pub(super) fn unreadable(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| LedgerError::Unreadable {
            path: path.to_owned(),
            source,
        }
    }
}

impl Explain for LedgerError {
    fn code(&self) -> &'static str {
        match self {
            LedgerError::Durable(error) => error.code(),
            LedgerError::Unreadable { .. } => "ledger.unreadable",
            LedgerError::Randomness(_) => "ledger.randomness",
            LedgerError::NotThere { .. } => "ledger.not_there",
            LedgerError::Lost { .. } => "ledger.lost",
            LedgerError::TileMissing { .. } => "ledger.tile_missing",
            LedgerError::TileDamaged { .. } => "ledger.tile_damaged",
            LedgerError::TreeDiffers { .. } => "ledger.tree_differs",
            LedgerError::RolledBack { .. } => "ledger.rolled_back",
            LedgerError::Forked { .. } => "ledger.forked",
            LedgerError::SignedOtherwise { .. } => "ledger.signed_otherwise",
            LedgerError::KeyForeign => "ledger.key_foreign",
            LedgerError::KeyInvalid { .. } => "ledger.key_invalid",
            LedgerError::NoSuchLeaf { .. } => "ledger.no_such_leaf",
            LedgerError::NotEntered { .. } => "ledger.not_entered",
            LedgerError::NotSigned { .. } => "ledger.not_signed",
            LedgerError::Forgotten { .. } => "ledger.forgotten",
            LedgerError::InventoryDiffers { .. } => "ledger.inventory_differs",
            LedgerError::WitnessDiffers { .. } => "ledger.witness_differs",
        }
    }

    fn message(&self, lang: Lang) -> String {
        let (vi, en) = match self {
            LedgerError::Durable(error) => return error.message(lang),
            LedgerError::Unreadable { path, source } => (
                format!("Không đọc được {}: {source}.", path.display()),
                format!("Cannot read {}: {source}.", path.display()),
            ),
            LedgerError::Randomness(_) => (
                "Máy không cung cấp được số ngẫu nhiên cho sổ cái.".to_owned(),
                "The machine has no random numbers for the ledger.".to_owned(),
            ),
            LedgerError::NotThere { folder } => (
                format!("Không có sổ cái trong {}.", folder.display()),
                format!("There is no ledger in {}.", folder.display()),
            ),
            LedgerError::Lost { folder } => (
                format!(
                    "Sổ cái trong {} đã mất: khóa của sổ vẫn còn.",
                    folder.display()
                ),
                format!(
                    "The ledger in {} is gone: its key is still there.",
                    folder.display()
                ),
            ),
            LedgerError::TileMissing { path } => (
                format!("Sổ cái thiếu tệp {path}."),
                format!("The file {path} of the ledger is missing."),
            ),
            LedgerError::TileDamaged { path } => (
                format!("Tệp {path} của sổ cái bị hỏng."),
                format!("The file {path} of the ledger is damaged."),
            ),
            LedgerError::TreeDiffers { size } => (
                format!("Sổ cái gồm {size} mục không khớp với giá trị đã ghi."),
                format!("The ledger of {size} entries does not match what was written down of it."),
            ),
            LedgerError::RolledBack { signed, tree } => (
                format!("Sổ cái chỉ còn {tree} mục, trong khi {signed} mục đã được ký."),
                format!("The ledger has only {tree} entries, and {signed} were signed before."),
            ),
            LedgerError::Forked { size } => (
                format!("Sổ cái không nối tiếp phần {size} mục đã được ký."),
                format!("The ledger does not continue the {size} entries that were signed before."),
            ),
            LedgerError::SignedOtherwise { size } => (
                format!("Sổ cái gồm {size} mục đã được ký bằng khóa khác."),
                format!("The ledger of {size} entries was signed with another key."),
            ),
            LedgerError::KeyForeign => (
                "Khóa hoặc chữ ký không thuộc sổ cái này.".to_owned(),
                "The key or the signature does not belong to this ledger.".to_owned(),
            ),
            LedgerError::KeyInvalid { path } => (
                format!("Tệp {} không phải là khóa của sổ cái.", path.display()),
                format!("{} is not a key of a ledger.", path.display()),
            ),
            LedgerError::NoSuchLeaf { index } => (
                format!("Sổ cái không có mục số {index}."),
                format!("The ledger has no entry {index}."),
            ),
            LedgerError::NotEntered { record } => (
                format!("Bản ghi {record} ở trạng thái hiện tại không có trong sổ cái."),
                format!("Record {record} as it is now does not stand in the ledger."),
            ),
            LedgerError::NotSigned { index } => (
                format!("Mục số {index} của sổ cái chưa được ký."),
                format!("Entry {index} of the ledger is not signed yet."),
            ),
            LedgerError::Forgotten { index } => (
                format!("Nội dung của mục số {index} trong sổ cái đã được xóa."),
                format!("What entry {index} of the ledger stands for was erased."),
            ),
            LedgerError::InventoryDiffers { index } => (
                format!("Mục số {index} của sổ cái ghi một bảng kê khác."),
                format!("Entry {index} of the ledger is about another inventory."),
            ),
            LedgerError::WitnessDiffers { path } => (
                format!("Bản lưu {} là của một sổ cái khác.", path.display()),
                format!("The copy {} is of another ledger.", path.display()),
            ),
        };
        match lang {
            Lang::Vi => vi,
            Lang::En => en,
        }
    }

    fn advice(&self, lang: Lang) -> String {
        match self {
            LedgerError::Durable(error) => return error.advice(lang),
            LedgerError::Unreadable { .. } | LedgerError::Randomness(_) => lang.pick(
                "Kiểm tra ổ đĩa và quyền đọc; công việc sẽ được thử lại.",
                "Check the disk and the permissions; the work will be tried again.",
            ),
            LedgerError::NotThere { .. } => lang.pick(
                "Tạo sổ cái bằng `sohoa init`, hoặc kiểm tra đường dẫn trong sohoa.toml.",
                "Make the ledger with `sohoa init`, or check its path in sohoa.toml.",
            ),
            LedgerError::Lost { .. } => lang.pick(
                "Khôi phục sổ cái từ bản sao lưu mới nhất; tài liệu chờ và không mất. Chỉ khi không còn bản sao lưu nào: cất riêng khóa của sổ, lần chạy sau sẽ lập sổ mới và những gì sổ cũ chứng minh không còn kiểm được ở đây.",
                "Restore it from the newest backup; documents wait and are not lost. Only where there is no backup: put its key aside, and the next start makes a new ledger; what the old one proved can be checked here no more.",
            ),
            LedgerError::TileMissing { .. }
            | LedgerError::TileDamaged { .. }
            | LedgerError::TreeDiffers { .. } => lang.pick(
                "Không sửa tay; chạy `sohoa verify` và khôi phục sổ cái từ bản sao lưu mới nhất.",
                "Do not mend it by hand; run `sohoa verify` and restore the ledger from the newest backup.",
            ),
            LedgerError::RolledBack { .. } | LedgerError::Forked { .. } => lang.pick(
                "Sổ cái không được ký tiếp. Khôi phục bản mới hơn, đối chiếu với bản lưu của bên chứng kiến và báo người quản trị.",
                "Nothing more is signed. Restore a newer copy, compare it with the witnesses' copies, and tell the administrator.",
            ),
            LedgerError::WitnessDiffers { .. } => lang.pick(
                "Giữ nguyên cả hai bản và báo người quản trị: một trong hai đã bị thay đổi.",
                "Keep both as they are and tell the administrator: one of them was changed.",
            ),
            LedgerError::SignedOtherwise { .. } => lang.pick(
                "Ghi việc đổi khóa vào sổ cái trước khi ký bằng khóa mới.",
                "Record the change of keys in the ledger before signing with the new one.",
            ),
            LedgerError::KeyForeign | LedgerError::KeyInvalid { .. } => lang.pick(
                "Kiểm tra khóa của sổ cái trong sohoa.toml; khôi phục khóa từ bản sao lưu.",
                "Check the ledger's key in sohoa.toml; restore the key from a backup.",
            ),
            LedgerError::NotSigned { .. } => lang.pick(
                "Đợi lần ký sổ cái kế tiếp, hoặc ký ngay rồi làm lại.",
                "Wait until the ledger is signed next, or sign it now and repeat it.",
            ),
            LedgerError::NoSuchLeaf { .. } => lang.pick(
                "Kiểm tra lại số của mục.",
                "Check the number of the entry.",
            ),
            LedgerError::Forgotten { .. } => lang.pick(
                "Không thể chứng minh lại; dùng tệp chứng minh đã cấp trước khi xóa, nếu có.",
                "It can be proved no more; use a proof that was made before, if there is one.",
            ),
            LedgerError::NotEntered { .. } | LedgerError::InventoryDiffers { .. } => lang.pick(
                "Chạy `sohoa verify` cho bản ghi này.",
                "Run `sohoa verify` on this record.",
            ),
        }
        .to_owned()
    }

    fn exit_code(&self) -> ExitCode {
        match self {
            LedgerError::Durable(error) => error.exit_code(),
            LedgerError::Unreadable { .. } | LedgerError::Randomness(_) => ExitCode::Environment,
            LedgerError::NotThere { .. }
            | LedgerError::SignedOtherwise { .. }
            | LedgerError::KeyForeign
            | LedgerError::KeyInvalid { .. } => ExitCode::Configuration,
            LedgerError::Lost { .. }
            | LedgerError::TileMissing { .. }
            | LedgerError::TileDamaged { .. }
            | LedgerError::TreeDiffers { .. }
            | LedgerError::RolledBack { .. }
            | LedgerError::Forked { .. }
            | LedgerError::NoSuchLeaf { .. }
            | LedgerError::NotEntered { .. }
            | LedgerError::NotSigned { .. }
            | LedgerError::Forgotten { .. }
            | LedgerError::InventoryDiffers { .. }
            | LedgerError::WitnessDiffers { .. } => ExitCode::No,
        }
    }

    fn is_retryable(&self) -> bool {
        match self {
            LedgerError::Durable(error) => error.is_retryable(),
            LedgerError::Unreadable { .. }
            | LedgerError::Randomness(_)
            | LedgerError::NotSigned { .. } => true,
            LedgerError::NotThere { .. }
            | LedgerError::Lost { .. }
            | LedgerError::TileMissing { .. }
            | LedgerError::TileDamaged { .. }
            | LedgerError::TreeDiffers { .. }
            | LedgerError::RolledBack { .. }
            | LedgerError::Forked { .. }
            | LedgerError::SignedOtherwise { .. }
            | LedgerError::KeyForeign
            | LedgerError::KeyInvalid { .. }
            | LedgerError::NoSuchLeaf { .. }
            | LedgerError::NotEntered { .. }
            | LedgerError::Forgotten { .. }
            | LedgerError::InventoryDiffers { .. }
            | LedgerError::WitnessDiffers { .. } => false,
        }
    }
}
