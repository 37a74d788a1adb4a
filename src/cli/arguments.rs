//! What the user typed. The names are a contract: scripts and acceptance checks call them.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{ArgAction, ArgGroup, Args, Parser, Subcommand};
use jiff::Timestamp;

use super::arguments_reuse::{Bundle, Checklist, Prefill, some_text};
use super::decisions::Worklist;
use crate::config::signing::ORGANISATION;
use crate::index::CitizenNumber;
use crate::look_up::Cursor;
use crate::record::{CitizenId, DocumentKind, DossierCode, Hash, Lang, RecordId, StationName};
use crate::sign::PadesLevel;
use crate::trust::Kind;

/// From the counter scanner to a signed, searchable, provable record.
#[derive(Parser)]
#[command(name = "sohoa", version, about, max_term_width = 110)]
pub(super) struct Arguments {
    #[command(flatten)]
    pub(super) global: Global,
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Args)]
pub(super) struct Global {
    /// Configuration of the data folder
    #[arg(
        long,
        global = true,
        env = "SOHOA_CONFIG",
        default_value = "sohoa.toml",
        value_name = "FILE"
    )]
    pub(super) config: PathBuf,
    /// Machine output: one JSON object a line on standard output
    #[arg(long, global = true)]
    pub(super) json: bool,
    /// Log errors only
    #[arg(short, long, global = true)]
    pub(super) quiet: bool,
    /// Log more; twice for everything
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(super) verbose: u8,
    /// Language of messages: vi or en [default: that of the locale, else en]
    #[arg(long, global = true, value_name = "vi|en")]
    pub(super) lang: Option<Lang>,
}

#[derive(Subcommand)]
pub(super) enum Command {
    /// Make a data folder
    Init(Init),
    /// Run the daemon: watch the inbox, take in, sign, archive
    Run(Run),
    /// Take files in once, in the foreground; the files stay where they are
    Ingest(Ingest),
    /// Look records up
    Find(Find),
    /// Show everything about one record
    Show(Show),
    /// Get a record's signed PDF, or its originals
    Get(Get),
    /// Turn a scan into PDF/A, without signature or archive
    Normalise(Normalise),
    /// Read a scan: text, codes, which way up; nothing is stored
    Read(Read),
    /// Make a cover sheet to print: it separates documents in a batch and says where they belong
    Coversheet(Coversheet),
    /// Sign a PDF (PAdES)
    Sign(Sign),
    /// Lift a signed PDF, or the archive's, to a higher PAdES level, or renew archive timestamps
    Augment(Augment),
    /// Open and close the sessions in which keys sign
    SignSession(SignSession),
    /// Whom the office trusts: roots and intermediates of authorities
    Trust(Trust),
    /// Accounts of the web desk
    User(super::user::User),
    /// Programs that may use the desk's interface, /api/v1
    Client(super::client::Client),
    /// Whether signed PDFs are what was signed, by whom and when (EN 319 102-1)
    Validate(Validate),
    /// Check every byte of the archive against inventories, signatures and the index
    Verify(Verify),
    /// Prove that a record stands in the ledger: a file that anybody can check
    Prove(super::prove::Prove),
    /// Check such a proof; needs no archive and no network
    CheckProof(super::check_proof::CheckProof),
    /// Another key for the ledger; the old one signs that, and is gone
    RotateKey,
    /// Rebuild the index from the archive alone
    Reindex,
    /// Restore what is damaged or missing from copies that prove good
    Repair(super::repair::Repair),
    /// Bring the replicas up to date, as `sohoa run` does by itself; begin a new one
    Replicate(super::replicate::Replicate),
    /// Make an encrypted backup set of everything, while the daemon runs
    Backup(super::backup::Backup),
    /// Restore a backup set into a new folder and check all of it, or only prove that it can be
    Restore(super::restore::Restore),
    /// Say in which year a dossier's case ended: its records are kept from then on
    Dossier(super::dossier::Dossier),
    /// Forbid that a record or a dossier is disposed of, and lift that again
    Hold(super::hold::Hold),
    /// Dispose of records whose time is over: one person proposes, another approves
    Dispose(super::dispose::Dispose),
    /// What waits for a person, and what the person decides
    Worklist(Worklist),
    /// Which papers of a procedure the office holds of a citizen already
    Checklist(Checklist),
    /// The citizen's data for a procedure's form, each with its source
    Prefill(Prefill),
    /// Put records together for a new dossier, as a folder or a ZIP
    Bundle(Bundle),
    /// Figures about the archive: for how long its signatures can be proved, who looked at whom
    Report(super::report::Report),
    /// Check the machine: folders, disk, key, clock, index, queue; or its tokens
    Doctor(Doctor),
    /// Read pages for the daemon that started this process
    #[command(hide = true)]
    Worker(Worker),
}

#[derive(Args)]
pub(super) struct Init {
    /// The data folder; must be absent, empty, or one made by an earlier `init`
    pub(super) folder: PathBuf,
    /// Add a demo CA and key (no legal value) and two sample stations
    #[arg(long)]
    pub(super) demo: bool,
    /// Name of the agency in the visible signature
    #[arg(long, default_value = "Ủy ban nhân dân xã Mẫu", value_name = "NAME")]
    pub(super) agency: String,
}

#[derive(Args)]
pub(super) struct Run {
    /// Stop when the inbox is empty and nothing is being worked on
    #[arg(long)]
    pub(super) once: bool,
}

#[derive(Args)]
pub(super) struct Ingest {
    /// Station in whose name the files are taken in
    #[arg(long, default_value = "cli", value_name = "NAME")]
    pub(super) station: StationName,
    /// Citizen ID of the person whose papers these are
    #[arg(long, value_name = "12 DIGITS")]
    pub(super) citizen: Option<CitizenId>,
    /// Dossier they were handed in for
    #[arg(long, value_name = "CODE")]
    pub(super) dossier: Option<DossierCode>,
    /// Kind of paper, e.g. khai-sinh
    #[arg(long, value_name = "KIND")]
    pub(super) kind: Option<DocumentKind>,
    /// Each file is a document of its own
    #[arg(required = true, value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,
}

/// Why somebody looks, and who it is; kept as an event. Both may be left out: then the purpose is not stated, and who
/// looks is the user of the system.
#[derive(Args, Default)]
#[group(skip)]
pub(super) struct Looking {
    /// Why, in words
    #[arg(long, value_name = "TEXT", value_parser = some_text)]
    pub(super) purpose: Option<String>,
    /// Who looks [default: the system's user]
    #[arg(long, value_name = "NAME", value_parser = some_text)]
    pub(super) by: Option<String>,
}

#[derive(Args)]
#[group(skip)]
#[command(group(ArgGroup::new("what").required(true).multiple(true).args([
    "line", "citizen", "dossier", "record", "name", "text", "kind", "station", "from", "to",
])))]
pub(super) struct Find {
    /// A number, a dossier code, a scanned card, a name, or words of the text: what it is, is told by itself
    pub(super) line: Option<String>,
    /// Where the next page of answers to LINE begins
    #[arg(long, value_name = "PLACE", requires = "line")]
    pub(super) after: Option<Cursor>,
    /// By citizen ID, or a former number of the citizen (CMND)
    #[arg(long, value_name = "12 OR 9 DIGITS")]
    pub(super) citizen: Option<CitizenNumber>,
    /// By dossier code
    #[arg(long, value_name = "CODE")]
    pub(super) dossier: Option<DossierCode>,
    /// By record number
    #[arg(long, value_name = "UUID")]
    pub(super) record: Option<RecordId>,
    /// By words of a person's name; marks, capitals and order do not matter
    #[arg(long, value_name = "TEXT")]
    pub(super) name: Option<String>,
    /// By words of the pages' text, all of them; marks and capitals do not matter
    #[arg(long, value_name = "WORDS")]
    pub(super) text: Option<String>,
    /// By kind of paper, e.g. khai-sinh
    #[arg(long, value_name = "KIND")]
    pub(super) kind: Option<DocumentKind>,
    /// By station
    #[arg(long, value_name = "NAME")]
    pub(super) station: Option<StationName>,
    /// Archived on this day or later (Vietnam's calendar)
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(super) from: Option<jiff::civil::Date>,
    /// Archived on this day or earlier
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(super) to: Option<jiff::civil::Date>,
    /// At most so many; the closest answers first, then the newest
    #[arg(long, default_value_t = 100, value_name = "N")]
    pub(super) limit: u32,
    #[command(flatten)]
    pub(super) looking: Looking,
}

#[derive(Args)]
pub(super) struct Show {
    /// Record number
    pub(super) record: RecordId,
    #[command(flatten)]
    pub(super) looking: Looking,
}

#[derive(Args)]
pub(super) struct Get {
    /// Record number
    pub(super) record: RecordId,
    /// Where to write; for several originals a folder [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    /// The files as the station dropped them, instead of the signed PDF
    #[arg(long)]
    pub(super) original: bool,
    #[command(flatten)]
    pub(super) looking: Looking,
}

#[derive(Args)]
pub(super) struct Normalise {
    /// Scan or document: JPEG, PNG, TIFF, PDF
    pub(super) input: PathBuf,
    /// PDF/A to write; must not exist
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: PathBuf,
    /// Scanner profile
    #[arg(long, default_value = "generic", value_name = "NAME")]
    pub(super) profile: String,
    /// Recognise the text and make a searchable PDF/A-2u
    #[arg(long)]
    pub(super) read: bool,
    /// Say which way each page went, and why
    #[arg(long)]
    pub(super) explain: bool,
}

#[derive(Args)]
pub(super) struct Read {
    /// Scan or document: JPEG, PNG, TIFF, PDF
    #[arg(required_unless_present = "pending")]
    pub(super) file: Option<PathBuf>,
    /// Read what the archive holds unread (no engine, or reading failed) and keep its text beside it
    #[arg(long, conflicts_with = "file")]
    pub(super) pending: bool,
    /// Only this record, and its pages of low confidence too
    #[arg(long, requires = "pending", value_name = "UUID")]
    pub(super) record: Option<RecordId>,
    /// Scanner profile; gives the languages
    #[arg(long, default_value = "generic", value_name = "NAME")]
    pub(super) profile: String,
}

#[derive(Args)]
pub(super) struct Coversheet {
    /// Dossier that the pages behind the sheet belong to
    #[arg(long, value_name = "CODE")]
    pub(super) dossier: DossierCode,
    /// Citizen ID of the person whose papers these are; it is on the sheet only in sealed form
    #[arg(long, value_name = "12 DIGITS")]
    pub(super) citizen: Option<CitizenId>,
    /// Kind of paper, e.g. khai-sinh
    #[arg(long, value_name = "KIND")]
    pub(super) kind: Option<DocumentKind>,
    /// PDF/A to write; must not exist
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: PathBuf,
}

#[derive(Args)]
pub(super) struct Sign {
    /// PDF to sign; never changed
    pub(super) input: PathBuf,
    /// Signed PDF to write; must not exist
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: PathBuf,
    /// Name of the key in `[signing.keys]`
    #[arg(long, value_name = "NAME", default_value = ORGANISATION)]
    pub(super) key: String,
    /// PAdES level: B-B, B-T, B-LT or B-LTA
    #[arg(long, default_value_t = PadesLevel::BB, value_name = "LEVEL")]
    pub(super) level: PadesLevel,
    /// Hash function: sha256, sha384 or sha512 [default: that of the key]
    #[arg(long, value_name = "HASH")]
    pub(super) hash: Option<Hash>,
    /// Leave the visible text out
    #[arg(long)]
    pub(super) invisible: bool,
}

#[derive(Args)]
pub(super) struct Augment {
    /// Lift every record of the archive that is due, as `sohoa run` does every hour
    #[arg(long, conflicts_with_all = ["file", "output", "to"])]
    pub(super) due: bool,
    /// Signed PDF; never changed
    #[arg(required_unless_present = "due")]
    pub(super) file: Option<PathBuf>,
    /// PDF to write; must not exist
    #[arg(short, long, value_name = "FILE", required_unless_present = "due")]
    pub(super) output: Option<PathBuf>,
    /// PAdES level: B-T, B-LT or B-LTA [default: B-LTA; a renewal where it is reached]
    #[arg(long, value_name = "LEVEL")]
    pub(super) to: Option<PadesLevel>,
}

#[derive(Args)]
pub(super) struct SignSession {
    #[command(subcommand)]
    pub(super) action: SessionAction,
}

#[derive(Subcommand)]
pub(super) enum SessionAction {
    /// Open a session of a key: the PIN is asked for, and what waits for this key is signed
    Open {
        /// Name of the key in `[signing.keys]`
        #[arg(long, value_name = "NAME", default_value = ORGANISATION)]
        key: String,
        /// Who opens it; stands in the log
        #[arg(long, value_name = "NAME")]
        by: String,
    },
    /// Which are open, who opened them, and how many documents wait for which key
    Status,
    /// Close the session of a key, or all
    Close {
        /// Name of the key; all, where this is left out
        #[arg(long, value_name = "NAME")]
        key: Option<String>,
    },
}

#[derive(Args)]
pub(super) struct Trust {
    #[command(subcommand)]
    pub(super) action: TrustAction,
}

#[derive(Subcommand)]
pub(super) enum TrustAction {
    /// Install a root, or an intermediate that completes paths
    Add(TrustAdd),
    /// List what is installed
    List,
    /// Remove one
    Remove {
        /// SHA-256 fingerprint, the first 8 digits or more
        fingerprint: String,
    },
}

#[derive(Args)]
pub(super) struct TrustAdd {
    /// Certificate (DER or PEM), or several (PEM, P7B)
    pub(super) file: PathBuf,
    /// What the office calls it
    #[arg(long, value_name = "TEXT")]
    pub(super) label: Option<String>,
    /// Under which law its owner works: public-service, public or other
    #[arg(long, default_value_t, value_name = "KIND")]
    pub(super) kind: Kind,
    /// The fingerprints were compared; do not ask
    #[arg(long)]
    pub(super) yes: bool,
}

#[derive(Args)]
pub(super) struct Doctor {
    /// List tokens, their certificates and keys instead; nobody is logged in
    #[arg(long)]
    pub(super) token: bool,
    /// Log in to each token, after asking for its PIN
    #[arg(long, requires = "token")]
    pub(super) login: bool,
    /// Look at this PKCS#11 module too
    #[arg(long, requires = "token", value_name = "FILE")]
    pub(super) module: Vec<PathBuf>,
}

#[derive(Args)]
pub(super) struct Validate {
    /// PDF files, or folders of them
    #[arg(required = true, value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,
    /// Trust these roots, and lead paths over these intermediates, instead of the office's (DER, PEM, P7B)
    #[arg(long, value_name = "PEM")]
    pub(super) trust: Vec<PathBuf>,
    /// Certificates, CRLs or OCSP responses that are known besides the file (DER, PEM)
    #[arg(long, value_name = "FILE")]
    pub(super) known: Vec<PathBuf>,
    /// Judge as of this time, e.g. 2030-01-31T08:00:00+07:00 [default: now]
    #[arg(long, value_name = "TIME")]
    pub(super) at: Option<Timestamp>,
    /// Ask for issuers, OCSP responses and CRLs that the file lacks, where its certificates say
    #[arg(long)]
    pub(super) fetch: bool,
    /// Write the report as PDF/A, for the dossier; one file only
    #[arg(long, value_name = "PDF")]
    pub(super) report: Option<PathBuf>,
}

#[derive(Args)]
pub(super) struct Verify {
    /// The whole archive (the default)
    #[arg(long, conflicts_with = "slice")]
    pub(super) all: bool,
    /// Only the n-th of t slices; t runs with n = 1…t cover everything
    #[arg(long, value_name = "n/t")]
    pub(super) slice: Option<String>,
    /// The night's run now, whatever the hour: its slice, what is new, repair, signed report, alarms
    #[arg(long, conflicts_with_all = ["slice", "all"])]
    pub(super) nightly: bool,
    /// Every digest of every file, and for each reader of a document anew, though the ledger vouches for them; takes
    /// twice as long
    #[arg(long, conflicts_with = "nightly")]
    pub(super) thorough: bool,
}

#[derive(Args)]
pub(super) struct Worker {
    /// Handle this incoming PDF instead of reading pages
    #[arg(long, value_name = "FILE", conflicts_with = "language")]
    pub(super) pdf: Option<PathBuf>,
    /// Become another program under limits: MiB, seconds, program, its arguments
    #[arg(long, num_args = 3.., allow_hyphen_values = true, value_names = ["MIB", "SECONDS", "PROGRAM"])]
    pub(super) exec: Vec<OsString>,
    /// Model to read with, the main one first
    #[arg(long, required_unless_present_any = ["pdf", "exec"], value_name = "NAME")]
    pub(super) language: Vec<String>,
    /// Limit of the address space
    #[arg(long, default_value_t = 1024, value_name = "MIB")]
    pub(super) memory_mib: u64,
}
