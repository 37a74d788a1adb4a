//! The register: what people did about retention, holds and disposal, a line of JSON each.
//!
//! A line is on the disk before the ledger gets its entry over the line's SHA-256; a crash between the two leaves one line
//! more than entries, and whoever holds the turn next enters it. So a line that was changed, added in the middle or taken
//! away shows: entries and lines are the same, in the same order. A last line without its end was never an act.
//!
//! Not here: what follows from the lines ([`super::standing`]).

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{DisposalError, folder};
use crate::archive::ArchiveReader;
use crate::config::Config;
use crate::durable;
use crate::error::Error;
use crate::journal::CommitTurn;
use crate::ledger::{Event, RetentionAct};
use crate::office_ledger::OfficeLedger;
use crate::office_ledger::facts;
use crate::record::{DossierCode, RecordId, Sha256Digest};
use crate::reuse::procedure::ProcedureCode;
use crate::verify::Acts;

/// Name of the register below the folder.
pub const FILE: &str = "register.jsonl";
const FORMAT: &str = "sohoa-retention/1";
/// A line is a few hundred bytes; centuries of a commune fit.
const FILE_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// What a hold is on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// One record.
    Record(RecordId),
    /// All records of a dossier, also those that come later.
    Dossier(DossierCode),
}

impl std::fmt::Display for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Record(record) => record.fmt(f),
            Self::Dossier(dossier) => dossier.fmt(f),
        }
    }
}

impl std::str::FromStr for Subject {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let record = text.parse().map(Self::Record);
        record
            .or_else(|_| text.parse().map(Self::Dossier))
            .map_err(|_| format!("“{text}” is neither a record number nor a dossier code"))
    }
}

/// What somebody did. Field names are part of the format.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "kebab-case")]
pub enum Act {
    /// The case of a dossier ended in this year.
    DossierClosed {
        /// Which.
        dossier: DossierCode,
        /// The year.
        year: i16,
        /// Its procedure, whose rule counts.
        procedure: ProcedureCode,
    },
    /// It did not, or goes on.
    DossierReopened {
        /// Which.
        dossier: DossierCode,
        /// Why.
        reason: String,
    },
    /// Nothing of it may be disposed of.
    HoldSet {
        /// Of what.
        on: Subject,
        /// Why.
        reason: String,
    },
    /// The hold of this line ends.
    HoldLifted {
        /// The number of its line.
        hold: u64,
        /// Why.
        reason: String,
    },
    /// These records are to go.
    DisposalProposed {
        /// The proposal.
        proposal: RecordId,
        /// SHA-256 of its file.
        digest: Sha256Digest,
        /// How many records.
        records: u64,
    },
    /// They may go.
    DisposalApproved {
        /// The proposal.
        proposal: RecordId,
        /// SHA-256 of its file, as approved.
        digest: Sha256Digest,
    },
    /// They may not.
    DisposalRefused {
        /// The proposal.
        proposal: RecordId,
        /// Why.
        reason: String,
    },
    /// Somebody began to carry it out.
    DisposalBegun {
        /// The proposal.
        proposal: RecordId,
    },
}

impl Act {
    fn kind(&self) -> RetentionAct {
        match self {
            Self::DossierClosed { .. } => RetentionAct::DossierClosed,
            Self::DossierReopened { .. } => RetentionAct::DossierReopened,
            Self::HoldSet { .. } => RetentionAct::HoldSet,
            Self::HoldLifted { .. } => RetentionAct::HoldLifted,
            Self::DisposalProposed { .. } => RetentionAct::DisposalProposed,
            Self::DisposalApproved { .. } => RetentionAct::DisposalApproved,
            Self::DisposalRefused { .. } => RetentionAct::DisposalRefused,
            Self::DisposalBegun { .. } => RetentionAct::DisposalBegun,
        }
    }
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    format: String,
    /// Its place, from 1.
    pub number: u64,
    /// When.
    pub at: Timestamp,
    /// The account that did it.
    pub by: String,
    /// What.
    #[serde(flatten)]
    pub act: Act,
}

/// The register as it lies on the disk.
#[derive(Debug, Clone)]
pub struct Register {
    path: PathBuf,
    lines: Vec<Line>,
    digests: Vec<Sha256Digest>,
    /// Where the next line begins.
    end: u64,
}

impl Register {
    /// Reads it; a data folder without one has an empty one.
    ///
    /// # Errors
    /// [`DisposalError::RegisterDamaged`]; what the machine said.
    pub fn read(data_folder: &Path) -> Result<Self, DisposalError> {
        let path = folder(data_folder).join(FILE);
        let mut bytes = Vec::new();
        match durable::open_regular(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
            opened => opened.and_then(|file| file.take(FILE_BYTES_MAX).read_to_end(&mut bytes)),
        }
        .map_err(DisposalError::io(&path))?;
        let mut register = Self {
            path,
            lines: Vec::new(),
            digests: Vec::new(),
            end: 0,
        };
        for bytes in bytes.split_inclusive(|byte| *byte == b'\n') {
            let Some(text) = bytes.strip_suffix(b"\n") else {
                break;
            };
            let number = register.lines.len() as u64 + 1;
            let line: Option<Line> = serde_json::from_slice(text).ok();
            let line = line.filter(|line| line.number == number && line.format == FORMAT);
            let damaged = || DisposalError::RegisterDamaged {
                path: register.path.clone(),
                number,
            };
            register.lines.push(line.ok_or_else(damaged)?);
            register.digests.push(Sha256Digest::of(text));
            register.end += bytes.len() as u64;
        }
        Ok(register)
    }

    /// Its lines, the oldest first.
    #[must_use]
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// How many lines at its end have no entry in the ledger yet.
    ///
    /// # Errors
    /// [`DisposalError::RegisterDiffers`] where the two disagree.
    pub fn unentered(&self, acts: &Acts) -> Result<usize, DisposalError> {
        let entered = acts.lines.len();
        let agree = self.digests.iter().zip(acts.lines.values());
        let same = agree.take_while(|(own, its)| own == its).count();
        if same < entered {
            return Err(DisposalError::RegisterDiffers {
                path: self.path.clone(),
                number: same as u64 + 1,
            });
        }
        Ok(self.lines.len() - entered)
    }
}

/// The register while nobody else writes it, in agreement with the ledger.
pub struct OpenRegister<'a> {
    config: &'a Config,
    ledger: OfficeLedger<'a>,
    archive: ArchiveReader,
    register: Register,
    /// What the ledger said when it was opened.
    pub acts: Acts,
}

impl<'a> OpenRegister<'a> {
    /// Opens it; a line that a crash left without its entry gets it.
    ///
    /// # Errors
    /// [`DisposalError`] where register and ledger disagree, or not all of the ledger can be read.
    pub fn open(config: &'a Config, turn: &CommitTurn) -> Result<Self, Error> {
        let ledger = OfficeLedger::new(config);
        let archive = ArchiveReader::at(&config.folders.archive);
        ledger.make(&archive, turn)?;
        let acts = facts::acts(&config.ledger.folder)?.ok_or(DisposalError::LedgerUnsound)?;
        let register = Register::read(&config.data_folder)?;
        let missing = register.unentered(&acts)?;
        let open = Self {
            config,
            ledger,
            archive,
            register,
            acts,
        };
        let from = open.register.lines.len() - missing;
        let lines = open.register.lines.iter().zip(&open.register.digests);
        for (line, digest) in lines.skip(from) {
            open.enter(line, *digest)?;
        }
        Ok(open)
    }

    /// Its lines, the oldest first.
    #[must_use]
    pub fn lines(&self) -> &[Line] {
        self.register.lines()
    }

    /// The office's ledger, made.
    #[must_use]
    pub fn ledger(&self) -> &OfficeLedger<'a> {
        &self.ledger
    }

    /// Adds an act. It is on the disk and in the ledger when this returns.
    ///
    /// # Errors
    /// The disk's: then it was not done. The ledger's: then the next who opens the register enters it.
    pub fn add(&mut self, act: Act, by: &str, at: Timestamp) -> Result<&Line, Error> {
        let line = Line {
            format: FORMAT.to_owned(),
            number: self.register.lines.len() as u64 + 1,
            at,
            by: by.to_owned(),
            act,
        };
        // Plain text and numbers: serialising them cannot fail.
        let text = serde_json::to_string(&line).unwrap_or_default();
        self.append(&format!("{text}\n"))?;
        let digest = Sha256Digest::of(text.as_bytes());
        self.enter(&line, digest)?;
        self.register.digests.push(digest);
        self.register.end += text.len() as u64 + 1;
        self.register.lines.push(line);
        // Pushed just now.
        Ok(&self.register.lines[self.register.lines.len() - 1])
    }

    fn enter(&self, line: &Line, digest: Sha256Digest) -> Result<(), Error> {
        let event = Event::Retention {
            act: line.act.kind(),
            line: digest,
        };
        self.ledger.enter(vec![event], line.at, &self.archive)
    }

    fn append(&self, text: &str) -> Result<(), DisposalError> {
        let path = &self.register.path;
        let own = folder(&self.config.data_folder);
        durable::create_folders(&own)?;
        let is_new = fs::symlink_metadata(path).is_err();
        let mut options = OpenOptions::new();
        options.append(true).create(true).mode(0o600);
        let mut file = options.open(path).map_err(DisposalError::io(path))?;
        if is_new {
            durable::sync_folder(&own)?;
        }
        let end = self.register.end;
        let mut append = || -> io::Result<()> {
            // What a crash left of a last line.
            file.set_len(end)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()
        };
        let appended = append();
        if appended.is_err() {
            take_back(&file, end);
        }
        appended.map_err(DisposalError::io(path))
    }
}

/// A whole line whose sync failed would be an act that nobody was told of.
fn take_back(file: &File, end: u64) {
    let _ = file.set_len(end).and_then(|()| file.sync_all());
}
