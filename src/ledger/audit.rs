//! The whole ledger made again from its leaves: every tile, every checkpoint and every copy of a witness must be
//! what comes out. Believes leaves only; memory is that of one tile, whatever the size.

use std::collections::BTreeMap;
use std::path::Path;

use super::check::{self, Flaw};
use super::checkpoint::Checkpoint;
use super::files::{Files, OpeningLine};
use super::leaf::{Leaf, Opening};
use super::tiles::{Rank, Tile, WIDTH};
use super::tree::{Frontier, HashTile};
use super::{LedgerError, NodeHash, VerifierKey};
use crate::record::{Lang, Severity};

/// What is wrong with a ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LedgerFinding {
    /// A tile of entries is missing or damaged; the leaves were taken from the openings.
    EntriesInvalid {
        /// Which file.
        path: String,
    },
    /// A tile of openings is missing or damaged; nothing more can be proved of its leaves.
    OpeningsInvalid {
        /// Which file.
        path: String,
    },
    /// Leaves can be had neither from entries nor from openings: what comes after cannot be checked.
    LeavesLost {
        /// The first of them.
        index: u64,
    },
    /// An opening is not that of the leaf, or the leaf has another text than in the entries.
    OpeningDiffers {
        /// The leaf.
        index: u64,
    },
    /// What a leaf stands for was erased: whether the archive holds it cannot be told.
    OpeningErased {
        /// The leaf.
        index: u64,
    },
    /// A tile of hashes is missing, or is not what its leaves come to.
    TileDiffers {
        /// Which file.
        path: String,
    },
    /// The root that was written down is not what the leaves come to.
    TreeDiffers,
    /// A checkpoint is missing or damaged.
    CheckpointInvalid {
        /// Leaves.
        size: u64,
    },
    /// A checkpoint's root is not what the leaves come to: leaves were changed after it was signed.
    RootDiffers {
        /// Leaves.
        size: u64,
        /// Whether it is a witness's copy.
        witnessed: bool,
    },
    /// A checkpoint of more leaves than there are: leaves were lost.
    TreeShorter {
        /// Leaves that were signed.
        size: u64,
        /// Whether it is a witness's copy.
        witnessed: bool,
    },
    /// A signature of a trusted key does not hold.
    SignatureInvalid {
        /// Leaves.
        size: u64,
    },
    /// No trusted key signed the checkpoint.
    KeyUnknown {
        /// Leaves.
        size: u64,
    },
}

impl LedgerFinding {
    /// How bad it is.
    #[must_use]
    pub fn severity(&self) -> Severity {
        match self {
            LedgerFinding::KeyUnknown { .. } | LedgerFinding::OpeningErased { .. } => {
                Severity::Indeterminate
            }
            LedgerFinding::EntriesInvalid { .. }
            | LedgerFinding::OpeningsInvalid { .. }
            | LedgerFinding::LeavesLost { .. }
            | LedgerFinding::OpeningDiffers { .. }
            | LedgerFinding::TileDiffers { .. }
            | LedgerFinding::TreeDiffers
            | LedgerFinding::CheckpointInvalid { .. }
            | LedgerFinding::RootDiffers { .. }
            | LedgerFinding::TreeShorter { .. }
            | LedgerFinding::SignatureInvalid { .. } => Severity::Error,
        }
    }

    /// The stable text for machines.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            LedgerFinding::EntriesInvalid { .. } => "LEDGER_ENTRIES_INVALID",
            LedgerFinding::OpeningsInvalid { .. } => "LEDGER_OPENINGS_INVALID",
            LedgerFinding::LeavesLost { .. } => "LEDGER_LEAVES_LOST",
            LedgerFinding::OpeningDiffers { .. } => "LEDGER_OPENING_DIFFERS",
            LedgerFinding::OpeningErased { .. } => "LEDGER_OPENING_ERASED",
            LedgerFinding::TileDiffers { .. } => "LEDGER_TILE_DIFFERS",
            LedgerFinding::TreeDiffers => "LEDGER_TREE_DIFFERS",
            LedgerFinding::CheckpointInvalid { .. } => "LEDGER_CHECKPOINT_INVALID",
            LedgerFinding::RootDiffers { .. } => "LEDGER_ROOT_DIFFERS",
            LedgerFinding::TreeShorter { .. } => "LEDGER_TREE_SHORTER",
            LedgerFinding::SignatureInvalid { .. } => "LEDGER_SIGNATURE_INVALID",
            LedgerFinding::KeyUnknown { .. } => "LEDGER_KEY_UNKNOWN",
        }
    }

    /// One sentence for a person.
    #[must_use]
    pub fn message(&self, lang: Lang) -> String {
        let whose = |witnessed: &bool| match witnessed {
            true => lang.pick(" (bản của bên chứng kiến)", " (a witness's copy)"),
            false => "",
        };
        let (vi, en) = match self {
            LedgerFinding::EntriesInvalid { path } | LedgerFinding::OpeningsInvalid { path } => (
                format!("Tệp {path} của sổ cái bị thiếu hoặc hỏng."),
                format!("The file {path} of the ledger is missing or damaged."),
            ),
            LedgerFinding::LeavesLost { index } => (
                format!("Không còn đọc được sổ cái từ mục số {index}."),
                format!("The ledger cannot be read from entry {index} on."),
            ),
            LedgerFinding::OpeningDiffers { index } => (
                format!("Nội dung của mục số {index} không khớp với sổ cái."),
                format!("What entry {index} is said to stand for does not match the ledger."),
            ),
            LedgerFinding::OpeningErased { index } => (
                format!("Nội dung của mục số {index} đã bị xóa, không đối chiếu được với kho."),
                format!(
                    "What entry {index} stands for was erased: it cannot be held against the archive."
                ),
            ),
            LedgerFinding::TileDiffers { path } => (
                format!("Tệp {path} không khớp với các mục của sổ cái."),
                format!("The file {path} does not match the ledger's entries."),
            ),
            LedgerFinding::TreeDiffers => (
                "Giá trị gốc đã ghi không khớp với các mục của sổ cái.".to_owned(),
                "The root that was written down does not match the ledger's entries.".to_owned(),
            ),
            LedgerFinding::CheckpointInvalid { size } => (
                format!("Điểm kiểm tra {size} bị thiếu hoặc hỏng."),
                format!("Checkpoint {size} is missing or damaged."),
            ),
            LedgerFinding::RootDiffers { size, witnessed } => (
                format!(
                    "Các mục đã đổi sau điểm kiểm tra {size}{}.",
                    whose(witnessed)
                ),
                format!(
                    "Entries were changed after checkpoint {size}{}.",
                    whose(witnessed)
                ),
            ),
            LedgerFinding::TreeShorter { size, witnessed } => (
                format!(
                    "Sổ cái thiếu mục so với điểm kiểm tra {size}{}.",
                    whose(witnessed)
                ),
                format!(
                    "The ledger has fewer entries than checkpoint {size}{}.",
                    whose(witnessed)
                ),
            ),
            LedgerFinding::SignatureInvalid { size } => (
                format!("Chữ ký của điểm kiểm tra {size} không đúng."),
                format!("The signature of checkpoint {size} does not hold."),
            ),
            LedgerFinding::KeyUnknown { size } => (
                format!("Điểm kiểm tra {size} được ký bằng khóa chưa được tin cậy."),
                format!("Checkpoint {size} is signed by a key that is not trusted."),
            ),
        };
        match lang {
            Lang::Vi => vi,
            Lang::En => en,
        }
    }
}

/// What an audit saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audit {
    /// Leaves that were read.
    pub leaves: u64,
    /// Checkpoints that were compared, copies of witnesses among them.
    pub checkpoints: u64,
    /// What is wrong; of a ledger that was spoilt everywhere the first thousand.
    pub findings: Vec<LedgerFinding>,
}

const FINDINGS_MAX: usize = 1000;

/// Checks the ledger in this folder, and the copies that witnesses gave back, against the keys that one trusts.
///
/// # Errors
/// [`LedgerError::NotThere`]; a file or folder could not be read: that is not known to be good or bad.
pub fn audit(
    folder: &Path,
    trusted: &[VerifierKey],
    witnessed: &[Checkpoint],
) -> Result<Audit, LedgerError> {
    let files = Files {
        folder: folder.to_owned(),
    };
    files.head()?;
    let mut auditor = Auditor {
        files: &files,
        trusted,
        frontier: Frontier::empty(),
        signed: BTreeMap::new(),
        seen: Audit {
            leaves: 0,
            checkpoints: 0,
            findings: Vec::new(),
        },
    };
    auditor.gather(witnessed)?;
    // After the checkpoints, because the ledger may grow meanwhile.
    let head = files.head()?;
    auditor.compare_checkpoints(&[])?;
    let mut whole = true;
    for number in 0..head.size.div_ceil(WIDTH) {
        let Some(tile) = Tile::of_entry(number * WIDTH, head.size) else {
            break;
        };
        whole = auditor.tile(tile)?;
        if !whole {
            let index = number * WIDTH;
            auditor.report(LedgerFinding::LeavesLost { index });
            break;
        }
    }
    if whole && auditor.frontier.root() != head.root {
        auditor.report(LedgerFinding::TreeDiffers);
    }
    // Those above level 0 are kept when they change.
    if whole {
        auditor.compare_tiles(1)?;
    }
    auditor.report_unreached(head.size);
    Ok(auditor.seen)
}

struct Auditor<'a> {
    files: &'a Files,
    trusted: &'a [VerifierKey],
    frontier: Frontier,
    /// Checkpoints that the tree has not come to yet, by size; and whether they are copies of witnesses.
    signed: BTreeMap<u64, Vec<(bool, Checkpoint)>>,
    seen: Audit,
}

impl Auditor<'_> {
    fn report(&mut self, finding: LedgerFinding) {
        if self.seen.findings.len() < FINDINGS_MAX {
            self.seen.findings.push(finding);
        }
    }

    fn gather(&mut self, witnessed: &[Checkpoint]) -> Result<(), LedgerError> {
        let sizes = self.files.checkpoint_sizes()?;
        self.compare_latest(&sizes)?;
        for size in sizes {
            match self.files.checkpoint(size) {
                Ok(checkpoint) => self.expect(false, checkpoint),
                Err(LedgerError::TileDamaged { .. }) => {
                    self.report(LedgerFinding::CheckpointInvalid { size });
                }
                Err(error) => return Err(error),
            }
        }
        for checkpoint in witnessed {
            self.expect(true, checkpoint.clone());
        }
        Ok(())
    }

    /// What readers of the log are shown must be one of the checkpoints. A crash may leave the one before the newest.
    fn compare_latest(&mut self, sizes: &[u64]) -> Result<(), LedgerError> {
        let Some(newest) = sizes.last().copied() else {
            return Ok(());
        };
        let Some(shown) = self.files.latest()? else {
            if sizes.len() > 1 {
                self.report(LedgerFinding::CheckpointInvalid { size: newest });
            }
            return Ok(());
        };
        let Some(shown) = shown else {
            self.report(LedgerFinding::CheckpointInvalid { size: newest });
            return Ok(());
        };
        let size = shown.head().size;
        let kept = or_damaged(self.files.checkpoint(size))?;
        let is_signed = |checkpoint| check::signers(checkpoint, self.trusted).is_ok();
        match kept.filter(|kept| kept.head() == shown.head()) {
            None => self.report(LedgerFinding::CheckpointInvalid { size }),
            Some(kept) if is_signed(&kept) && !is_signed(&shown) => {
                self.report(LedgerFinding::SignatureInvalid { size });
            }
            // What is wrong with both is told of the kept one.
            Some(_) => {}
        }
        Ok(())
    }

    fn expect(&mut self, witnessed: bool, checkpoint: Checkpoint) {
        let size = checkpoint.head().size;
        match check::signers(&checkpoint, self.trusted) {
            Ok(_) => {}
            Err(Flaw::KeyUnknown) => self.report(LedgerFinding::KeyUnknown { size }),
            Err(_) => self.report(LedgerFinding::SignatureInvalid { size }),
        }
        self.signed
            .entry(size)
            .or_default()
            .push((witnessed, checkpoint));
    }

    /// Takes the leaves of a tile in; whether there are any.
    fn tile(&mut self, tile: Tile) -> Result<bool, LedgerError> {
        let openings = or_damaged(self.files.openings(tile))?;
        if openings.is_none() {
            let path = Tile {
                rank: Rank::Openings,
                ..tile
            }
            .path();
            self.report(LedgerFinding::OpeningsInvalid { path });
        }
        // A tile that is not full was written as far as the last checkpoint in it.
        let entries = if tile.is_full() || openings.is_none() {
            or_damaged(self.files.entries(tile))?
        } else {
            None
        };
        if tile.is_full() && entries.is_none() {
            let path = tile.path();
            self.report(LedgerFinding::EntriesInvalid { path });
        }
        let from_openings = |lines: &Vec<OpeningLine>| {
            let leaves = lines.iter().map(|line| line.leaf.clone().into_bytes());
            leaves.collect::<Vec<_>>()
        };
        let Some(leaves) = entries.or_else(|| openings.as_ref().map(from_openings)) else {
            return Ok(false);
        };
        for (index, line) in (tile.number * WIDTH..).zip(openings.iter().flatten()) {
            let leaf = usize::try_from(index % WIDTH)
                .ok()
                .and_then(|at| leaves.get(at));
            if !leaf.is_some_and(|leaf| leaf == line.leaf.as_bytes() && is_opened(line)) {
                self.report(LedgerFinding::OpeningDiffers { index });
            } else if line.opening.is_none() {
                self.report(LedgerFinding::OpeningErased { index });
            }
        }
        for (at, leaf) in leaves.iter().enumerate() {
            self.seen.leaves += 1;
            for filled in self.frontier.push(NodeHash::of_leaf(leaf)) {
                self.compare(&filled)?;
            }
            self.compare_checkpoints(leaves.get(..=at).unwrap_or_default())?;
        }
        Ok(true)
    }

    /// Compares the checkpoints over the tree as far as it has come; `leaves` are those of its last tile.
    fn compare_checkpoints(&mut self, leaves: &[Vec<u8>]) -> Result<(), LedgerError> {
        let size = self.frontier.size();
        let Some(found) = self.signed.remove(&size) else {
            return Ok(());
        };
        let root = self.frontier.root();
        for (witnessed, checkpoint) in found {
            self.seen.checkpoints += 1;
            if checkpoint.head().root != root {
                self.report(LedgerFinding::RootDiffers { size, witnessed });
            }
        }
        self.compare_tiles(0)?;
        if let Some(tile) = Tile::of_entry(size.saturating_sub(1), size)
            && !tile.is_full()
            && or_damaged(self.files.entries(tile))?.as_deref() != Some(leaves)
        {
            let path = tile.path();
            self.report(LedgerFinding::EntriesInvalid { path });
        }
        Ok(())
    }

    fn compare_tiles(&mut self, from_level: u32) -> Result<(), LedgerError> {
        let partial: Vec<_> = self.frontier.partial_tiles(from_level).collect();
        partial.iter().try_for_each(|tile| self.compare(tile))
    }

    fn compare(&mut self, expected: &HashTile) -> Result<(), LedgerError> {
        let found = or_damaged(self.files.hashes(expected.tile))?;
        if found.as_ref() != Some(&expected.hashes) {
            let path = expected.tile.path();
            self.report(LedgerFinding::TileDiffers { path });
        }
        Ok(())
    }

    /// Checkpoints of more leaves than there are.
    fn report_unreached(&mut self, tree: u64) {
        for (size, found) in std::mem::take(&mut self.signed) {
            for (witnessed, _) in found.iter().filter(|_| size > tree) {
                let witnessed = *witnessed;
                self.report(LedgerFinding::TreeShorter { size, witnessed });
            }
        }
    }
}

fn is_opened(line: &OpeningLine) -> bool {
    let Some(leaf) = Leaf::parse(&line.leaf) else {
        return false;
    };
    match &line.opening {
        Some(text) => Opening::parse(text).is_some_and(|opening| leaf.is_opened_by(&opening)),
        None => true,
    }
}

/// What is missing or damaged is a finding; what cannot be read is not.
fn or_damaged<T>(read: Result<T, LedgerError>) -> Result<Option<T>, LedgerError> {
    match read {
        Ok(found) => Ok(Some(found)),
        Err(LedgerError::TileMissing { .. } | LedgerError::TileDamaged { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
