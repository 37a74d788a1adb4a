//! A small good archive, made through the library.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use sohoa::archive::{Archive, ArchiveError, ArchiveReader, ArchivedObject, User};
use sohoa::record::{
    CopyForm, OriginalFile, RecordDescription, RecordId, Sha256Digest, Sha512Digest,
};
use sohoa::verify::{Accounts, IndexFacts, LedgerFacts, RecordCheck, Slice, VerifyReport, verify};

pub(crate) const DOCUMENT: &[u8] = b"%PDF-1.7 a signed document";
pub(crate) const TEXT: &str = "text.txt";
pub(crate) const SCAN: &[u8] = b"\xff\xd8 a scan \xff\xd9";

/// An archive with three good records, and the index and the ledger that agree with it.
pub(crate) struct Sample {
    pub(crate) folder: tempfile::TempDir,
    archive: Archive,
    pub(crate) index: IndexFacts,
    pub(crate) ledger: Option<LedgerFacts>,
    forbidden: Vec<PathBuf>,
}

/// What nobody may read, nobody could remove either.
impl Drop for Sample {
    fn drop(&mut self) {
        for path in &self.forbidden {
            let _ = fs::set_permissions(path, fs::Permissions::from_mode(0o700));
        }
    }
}

impl Sample {
    pub(crate) fn new() -> Self {
        // Where there is a file system in memory, syncing costs nothing.
        let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
        let folder = folder.expect("a temporary folder");
        let root = folder.path().join("archive");
        Archive::create(&root).expect("makes a storage root");
        let archive = open(folder.path());
        let mut sample = Self {
            folder,
            archive,
            index: IndexFacts::new(),
            ledger: None,
            forbidden: Vec::new(),
        };
        for seed in 1..=3 {
            let record = record(seed);
            sample.add(record, &description(record));
        }
        sample
    }

    pub(crate) fn add(&mut self, record: RecordId, description: &RecordDescription) {
        let mut staged = self.archive.stage(record).expect("stages");
        let scan = self.folder.path().join("scan.jpg");
        fs::write(&scan, SCAN).expect("writes");
        staged.copy_in("original/0001.jpg", &scan).expect("copies");
        staged.copy_in("original/0002.jpg", &scan).expect("copies");
        staged.write("document.pdf", DOCUMENT).expect("writes");
        let text = serde_json::to_vec_pretty(description).expect("JSON");
        staged.write("record.json", &text).expect("writes");
        staged
            .commit(description.archived, "archived", &user())
            .expect("commits");
        self.index.insert(record, description.document_sha256);
    }

    pub(crate) fn archive(&self) -> &Archive {
        &self.archive
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Revises the first record and takes back what a crash would not have done: the sidecar, and with
    /// `is_ahead` the object's inventory too.
    pub(crate) fn interrupt_revision(&self, text: &str, is_ahead: bool) {
        let own = ["inventory.json.sha512", "inventory.json"].map(|name| self.of_first(name));
        let old = own.clone().map(|path| fs::read(path).expect("reads"));
        revise(&self.archive, text).expect("commits");
        for (path, bytes) in own.iter().zip(old).take(1 + usize::from(is_ahead)) {
            fs::write(path, bytes).expect("writes");
        }
        let trace = format!("work/{}.revision", record(1));
        fs::create_dir(self.folder.path().join(trace)).expect("makes");
    }

    pub(crate) fn reader(&self) -> &ArchiveReader {
        self.archive.reader()
    }

    pub(crate) fn root(&self) -> &Path {
        self.reader().root()
    }

    /// A file of the object of the first record.
    pub(crate) fn of_first(&self, path: &str) -> PathBuf {
        self.reader().folder_of(record(1)).join(path)
    }

    /// Changes the inventory and everything that vouches for it.
    pub(crate) fn rewrite_inventory(&self, change: impl Fn(String) -> String) {
        let old = fs::read_to_string(self.of_first("inventory.json")).expect("reads");
        let new = change(old);
        let sidecar = format!("{} inventory.json\n", Sha512Digest::of(new.as_bytes()));
        for part in ["", "v1/"] {
            fs::write(self.of_first(&format!("{part}inventory.json")), &new).expect("writes");
            fs::write(
                self.of_first(&format!("{part}inventory.json.sha512")),
                &sidecar,
            )
            .expect("writes");
        }
    }

    pub(crate) fn forbid(&mut self, path: PathBuf) {
        fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).expect("sets permissions");
        self.forbidden.push(path);
    }

    /// The topmost folder that holds the first record and no other.
    pub(crate) fn first_tuple(&self) -> PathBuf {
        let object = self.reader().folder_of(record(1));
        object.ancestors().nth(3).expect("four folders").to_owned()
    }

    pub(crate) fn accounts(&self) -> Accounts<'_> {
        Accounts {
            index: &self.index,
            ledger: self.ledger.as_ref(),
        }
    }

    /// The ledger of the archive as it is now.
    pub(crate) fn enter_all(&mut self) {
        let mut facts = LedgerFacts::default();
        for object in self.reader().objects() {
            let object = object.expect("a good object");
            for (number, version) in (1..).zip(object.inventory().head().up_to()) {
                let inventory = object.folder().join(format!("{version}/inventory.json"));
                let bytes = fs::read(inventory).expect("reads");
                facts.record(object.record(), number, Sha256Digest::of(&bytes));
            }
        }
        self.ledger = Some(facts);
    }

    pub(crate) fn verify(&self) -> VerifyReport {
        self.verify_with(&|_, _, _| Vec::new())
    }

    pub(crate) fn verify_with(&self, check: &RecordCheck<'_>) -> VerifyReport {
        verify(self.reader(), self.accounts(), Slice::ALL, check, 2).expect("runs")
    }
}

/// A sample's archive, as another process opens it.
pub(crate) fn open(folder: &Path) -> Archive {
    Archive::open(&folder.join("archive"), &folder.join("work")).expect("opens")
}

/// The first record as somebody leaves it who has read its text; also when called again.
pub(crate) fn revise(archive: &Archive, text: &str) -> Result<ArchivedObject, ArchiveError> {
    let mut staged = archive.revise(record(1))?;
    let mut described = staged.base().description()?;
    described.text = Some(TEXT.to_owned());
    staged.write(TEXT, text.as_bytes())?;
    let json = serde_json::to_vec_pretty(&described).expect("JSON");
    staged.write("record.json", &json)?;
    staged.commit(described.archived, "text read later", &user())
}

fn user() -> User {
    User {
        name: "sohoa".to_owned(),
        address: Some("https://example.vn/sohoa".to_owned()),
    }
}

pub(crate) fn record(seed: u8) -> RecordId {
    RecordId::new_v7(1_795_000_000_000, &[seed; 10])
}

pub(crate) fn description(record: RecordId) -> RecordDescription {
    let time = "2026-11-23T01:15:30Z".parse().expect("timestamp");
    let original = |stored_as: &str| OriginalFile {
        dropped_as: "H36.105-261123-0007/scan.jpg".to_owned(),
        stored_as: stored_as.to_owned(),
        bytes: SCAN.len() as u64,
        sha256: Sha256Digest::of(SCAN),
        modified: time,
    };
    RecordDescription {
        format: RecordDescription::FORMAT.to_owned(),
        record,
        archived: time,
        claimed: time,
        station: "quay-1".parse().expect("station"),
        profile: "generic".to_owned(),
        citizen: None,
        citizen_sources: Vec::new(),
        aliases: Vec::new(),
        candidates: Vec::new(),
        dossier: None,
        kind: None,
        title: None,
        copy_form: CopyForm::SaoY,
        agency: "UBND xã Mẫu".to_owned(),
        converter: "sohoa".to_owned(),
        conformance: "PDF/A-2b".to_owned(),
        document: "document.pdf".to_owned(),
        document_bytes: DOCUMENT.len() as u64,
        document_sha256: Sha256Digest::of(DOCUMENT),
        content_sha256: Sha256Digest::of(SCAN),
        originals: vec![original("original/0001.jpg"), original("original/0002.jpg")],
        pages: Vec::new(),
        left_out: Vec::new(),
        divided_from: Vec::new(),
        text: None,
        fields: Vec::new(),
        decisions: Vec::new(),
        signatures: Vec::new(),
        original_signatures: Vec::new(),
        rendition_of: Vec::new(),
        remarks: Vec::new(),
    }
}
