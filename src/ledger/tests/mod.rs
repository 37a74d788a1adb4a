//! The ledger on a disk: what is appended can be proved, what was spoilt is seen, what was cut short is gone.

mod found;
mod spoilt;

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use jiff::Timestamp;
use proptest::prelude::*;

use super::check::{Flaw, check, check_consistency};
use super::proof::Prover;
use super::tiles::{Rank, Tile};
use super::*;
use crate::random;
use crate::record::Sha256Digest;

/// A tree by the definition of RFC 9162 §2.1.1 and nothing else.
pub(super) struct Naive(Vec<NodeHash>);

impl Naive {
    pub(super) fn of(size: u64) -> Self {
        let leaves = (0..size).map(|index| NodeHash::of_leaf(&Self::data(index)));
        Self(leaves.collect())
    }

    pub(super) fn data(index: u64) -> Vec<u8> {
        format!("leaf {index}").into_bytes()
    }

    pub(super) fn root(&self, low: u64, high: u64) -> NodeHash {
        match high - low {
            0 => NodeHash::of_nothing(),
            1 => self.0[usize::try_from(low).expect("small")],
            leaves => {
                let middle = low + Self::half(leaves);
                NodeHash::of_nodes(&self.root(low, middle), &self.root(middle, high))
            }
        }
    }

    /// §2.1.3.1.
    pub(super) fn path(&self, index: u64, low: u64, high: u64) -> Vec<NodeHash> {
        if high - low == 1 {
            return Vec::new();
        }
        let middle = low + Self::half(high - low);
        let (mut path, beside) = if index < middle {
            (self.path(index, low, middle), self.root(middle, high))
        } else {
            (self.path(index, middle, high), self.root(low, middle))
        };
        path.push(beside);
        path
    }

    fn half(leaves: u64) -> u64 {
        let mut half = 1;
        while half * 2 < leaves {
            half *= 2;
        }
        half
    }
}

/// Makes proofs from tiles that the naive tree fills.
pub(super) fn naive_prover(
    naive: &Naive,
    size: u64,
) -> Prover<impl FnMut(Tile) -> Result<Vec<NodeHash>, LedgerError>> {
    Prover::new(size, |tile: Tile| {
        let Rank::Hashes(level) = tile.rank else {
            panic!("{tile:?}");
        };
        let leaves = 256_u64.pow(level);
        let first = tile.number * 256;
        let roots = (first..first + tile.width)
            .map(|number| naive.root(number * leaves, (number + 1) * leaves));
        Ok(roots.collect())
    })
}

pub(super) fn key(seed: u8) -> LedgerKey {
    let name = "phuong-mau.gov.example/so-cai".parse().expect("name");
    LedgerKey::from_seed(name, &[seed; 32]).expect("key")
}

fn at() -> Timestamp {
    "2026-11-23T10:15:30.7Z".parse().expect("time")
}

/// The inventory that entry `number` is about.
fn inventory(number: u64) -> String {
    format!("{{\"number\": {number}}}")
}

pub(super) fn entry(number: u64) -> Entry {
    Entry {
        event: Event::Archived(ArchivedVersion {
            record: random::record_id(at()),
            version: 1,
            inventory: Sha256Digest::of(inventory(number).as_bytes()),
            document: Sha256Digest::of(&number.to_be_bytes()),
        }),
        time: at(),
    }
}

fn entries(from: u64, count: u64) -> Vec<Entry> {
    (from..from + count).map(entry).collect()
}

/// A ledger that was appended to in these steps, signed after each.
pub(super) struct Made {
    folder: tempfile::TempDir,
}

impl Made {
    pub(super) fn of(steps: &[u64]) -> Self {
        let folder = tempfile::tempdir().expect("folder");
        LedgerWriter::create(folder.path(), &key(1).verifier()).expect("created");
        let made = Self { folder };
        for step in steps {
            made.append(*step);
            made.sign();
        }
        made
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    fn file(&self, path: &str) -> PathBuf {
        self.path().join(path)
    }

    pub(super) fn writer(&self) -> LedgerWriter {
        LedgerWriter::open(self.path()).expect("opens")
    }

    fn append(&self, count: u64) {
        let mut writer = self.writer();
        let size = writer.head().size;
        let range = writer.append_all(&entries(size, count)).expect("appended");
        assert_eq!(range, size..size + count);
    }

    fn sign(&self) -> Checkpoint {
        self.writer().checkpoint(&[&key(1)]).expect("signed")
    }

    pub(super) fn ledger(&self) -> Ledger {
        Ledger::open(self.path()).expect("opens")
    }

    fn audit(&self, witnessed: &[Checkpoint]) -> Vec<audit::LedgerFinding> {
        let audit = audit::audit(self.path(), &[key(1).verifier()], witnessed).expect("readable");
        audit.findings
    }
}

/// A good proof of a small ledger, made once.
pub(super) fn proof_bytes() -> Vec<u8> {
    static PROOF: LazyLock<Vec<u8>> = LazyLock::new(|| {
        let made = Made::of(&[3]);
        let proof = made.ledger().prove(1, Some(inventory(1)));
        proof.expect("a proof").to_bytes()
    });
    PROOF.clone()
}

#[test]
fn everything_appended_is_proved_and_every_signed_tree_continues_the_last() {
    let made = Made::of(&[0, 1, 2, 253, 1, 300, 700]);
    let ledger = made.ledger();
    assert_eq!(
        ledger.checkpoints().expect("sizes"),
        [0, 1, 3, 256, 257, 557, 1257]
    );
    let trusted = [key(1).verifier()];
    for index in (0..1257).step_by(13).chain([255, 256, 1256]) {
        let proof = ledger
            .prove(index, Some(inventory(index)))
            .expect("a proof");
        let proven = check(&proof.to_bytes(), &trusted).expect("proves");
        assert_eq!((proven.index, proven.head.size), (index, 1257));
        assert!(proven.is_about(&Sha256Digest::of(&index.to_be_bytes())));
        assert!(!proven.is_about(&Sha256Digest::of(b"another")));
        assert_eq!(proven.leaf.time.to_string(), "2026-11-23T10:15:30Z");
    }
    let sizes = ledger.checkpoints().expect("sizes");
    for older in &sizes {
        for newer in sizes.iter().filter(|newer| *newer >= older) {
            let path = ledger.consistency(*older, *newer).expect("a path");
            let head = |size| ledger.checkpoint(size).expect("signed").head().clone();
            assert_eq!(
                check_consistency(&head(*older), &head(*newer), &path),
                Ok(())
            );
        }
    }
    assert_eq!(made.audit(&[]), []);
    assert!(
        !made.file("tile/0/000.p").exists(),
        "the full tile has it all"
    );
    assert!(matches!(
        ledger.prove(1257, None),
        Err(LedgerError::NoSuchLeaf { index: 1257 })
    ));
}

#[test]
fn what_is_not_signed_yet_is_not_proved_but_found() {
    let made = Made::of(&[300]);
    let wanted = entry(5);
    made.append(10);
    made.writer()
        .append_all(std::slice::from_ref(&wanted))
        .expect("appended");
    let ledger = made.ledger();
    assert_eq!(ledger.position(&wanted.event, 0).expect("read"), Some(310));
    assert_eq!(
        ledger.position(&wanted.event, 310).expect("read"),
        Some(310)
    );
    assert_eq!(ledger.position(&entry(5).event, 0).expect("read"), None);
    assert!(matches!(
        ledger.prove(310, None),
        Err(LedgerError::NotSigned { index: 310 })
    ));
    assert!(ledger.prove(299, None).is_ok());
    assert!(matches!(
        ledger.prove(299, Some("another".to_owned())),
        Err(LedgerError::InventoryDiffers { index: 299 })
    ));
    assert_eq!(made.audit(&[]), []);
    made.sign();
    assert!(ledger.prove(310, None).is_ok());
}

#[test]
fn a_leaf_shows_nothing_and_can_be_forgotten() {
    let made = Made::of(&[3]);
    let ledger = made.ledger();
    let before = ledger.recorded(1).expect("there");
    let opening = before.opening.expect("kept");
    let record = opening.event().record().expect("a record");
    let bundle = std::fs::read(made.file("tile/entries/000.p/3")).expect("entries");
    let public = String::from_utf8_lossy(&bundle);
    let inventory_digest = Sha256Digest::of(inventory(1).as_bytes()).to_string();
    assert!(public.contains("kind archived") && !public.contains(&record.to_string()));
    assert!(!public.contains(&inventory_digest));
    // The same event again has another leaf.
    let again = Entry {
        event: opening.event().clone(),
        time: at(),
    };
    made.writer().append_all(&[again]).expect("appended");
    assert_ne!(
        ledger.recorded(3).expect("there").leaf.opening,
        before.leaf.opening
    );

    for index in [1, 3] {
        made.writer().forget(index).expect("forgotten");
        assert!(matches!(
            ledger.prove(index, None),
            Err(LedgerError::Forgotten { .. })
        ));
    }
    let kept = std::fs::read_to_string(made.file("openings/000")).expect("openings");
    assert!(!kept.contains(&record.to_string()) && kept.lines().count() == 4);
    assert!(matches!(
        made.writer().forget(4),
        Err(LedgerError::NoSuchLeaf { index: 4 })
    ));
    made.append(300);
    made.sign();
    let erased = [1, 3].map(|index| audit::LedgerFinding::OpeningErased { index });
    assert_eq!(made.audit(&[]), erased);
    assert!(ledger.prove(0, Some(inventory(0))).is_ok());
}

#[test]
fn keys_change_with_both_signatures_and_no_other_key_signs() {
    let made = Made::of(&[2]);
    assert!(matches!(
        made.writer().checkpoint(&[&key(2)]),
        Err(LedgerError::SignedOtherwise { size: 2 })
    ));
    assert_eq!(made.sign(), made.sign());
    let foreign = LedgerKey::from_seed("other.example".parse().expect("name"), &[1; 32]);
    let foreign = foreign.expect("key");
    assert!(matches!(
        made.writer().checkpoint(&[&foreign]),
        Err(LedgerError::KeyForeign)
    ));
    assert!(matches!(
        made.writer().checkpoint(&[]),
        Err(LedgerError::KeyForeign)
    ));
    let create = |key: &LedgerKey| LedgerWriter::create(made.path(), &key.verifier());
    assert!(create(&key(1)).is_ok(), "what is there stays");
    assert!(matches!(create(&foreign), Err(LedgerError::KeyForeign)));
    assert_eq!(made.writer().head().size, 2);

    let both = made
        .writer()
        .rotate(&key(1), &key(2), at())
        .expect("rotated");
    assert!(both.is_signed_by(&key(1).verifier()) && both.is_signed_by(&key(2).verifier()));
    made.append(1);
    let next = made.writer().checkpoint(&[&key(2)]).expect("signed");
    assert!(!next.is_signed_by(&key(1).verifier()));
    let ledger = made.ledger();
    assert_eq!(
        ledger.keys().expect("keys"),
        [key(1).verifier(), key(2).verifier()]
    );
    let proof = ledger.prove(0, None).expect("a proof").to_bytes();
    assert_eq!(check(&proof, &[key(1).verifier()]), Err(Flaw::KeyUnknown));
    let proven = check(&proof, &[key(1).verifier(), key(2).verifier()]).expect("proves");
    assert_eq!(proven.signed_by, [key(2).verifier()]);
    assert_eq!(
        made.audit(&[]),
        [audit::LedgerFinding::KeyUnknown { size: 4 }]
    );
}

#[test]
fn witnesses_and_tokens_stand_beside_the_checkpoint() {
    let made = Made::of(&[2]);
    let signed = made.sign();
    let witness = LedgerKey::from_seed("witness.example".parse().expect("name"), &[9; 32]);
    let witness = witness.expect("key");
    let line = Checkpoint::sign(signed.head().clone(), &[&witness]).signatures()[0].line();
    let mut writer = made.writer();
    assert!(
        writer
            .keep_cosignature(2, &line, &key(1).verifier())
            .is_err()
    );
    for _ in 0..2 {
        writer
            .keep_cosignature(2, &line, &witness.verifier())
            .expect("kept");
    }
    writer.keep_token(2, b"token").expect("kept");
    writer.keep_token(2, b"later").expect("the first stays");
    assert!(writer.keep_token(1, b"token").is_err());
    drop(writer);
    let latest = std::fs::read(made.file("checkpoint")).expect("latest");
    let latest = Checkpoint::parse(&latest).expect("a checkpoint");
    assert!(latest.is_signed_by(&witness.verifier()) && latest.signatures().len() == 2);
    assert_eq!(made.sign(), signed, "as it was stamped");
    let proof = made.ledger().prove(0, None).expect("a proof").to_bytes();
    let proven = check(&proof, &[key(1).verifier()]).expect("proves");
    assert_eq!(proven.token.as_deref(), Some(&b"token"[..]));
    assert_eq!(proven.stamped, signed.to_text().as_bytes());
    assert_eq!(proven.cosignatures.len(), 1);

    let place = tempfile::tempdir().expect("folder");
    let folder = witness::Witness::Folder(place.path().to_owned());
    let spool = witness::Witness::MailSpool {
        folder: place.path().to_owned(),
        from: "so-cai@phuong-mau.gov.example".to_owned(),
        to: "luu@tinh-mau.gov.example\r\nBcc: x".to_owned(),
    };
    for kept in [&folder, &folder, &spool, &spool] {
        kept.keep(&signed, at()).expect("kept");
    }
    let mail = spool.keep(&signed, at()).expect("kept");
    assert!(
        !std::fs::read_to_string(mail)
            .expect("mail")
            .contains("\nBcc")
    );
    assert_eq!(witness::copies(place.path()).expect("copies"), [signed]);
    let other = Made::of(&[2]).sign();
    for differs in [&folder, &spool] {
        let error = differs.keep(&other, at()).expect_err("another tree");
        assert!(
            matches!(error, LedgerError::WitnessDiffers { .. }),
            "{error}"
        );
    }
}

#[test]
fn keys_are_kept_in_a_file_of_their_own() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("ledger.key");
    key(1).write_new(&path).expect("written");
    assert_eq!(
        LedgerKey::open(&path).expect("read").verifier(),
        key(1).verifier()
    );
    assert!(
        key(2).write_new(&path).is_err(),
        "a key is never written over"
    );
    std::fs::write(&path, "another").expect("written");
    assert!(matches!(
        LedgerKey::open(&path),
        Err(LedgerError::KeyInvalid { .. })
    ));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn the_root_is_that_of_the_definition(steps in prop::collection::vec(0_u64..400, 1..4)) {
        let made = Made::of(&steps);
        let size = steps.iter().sum();
        let ledger = made.ledger();
        let leaves: Vec<NodeHash> = ledger
            .recorded_from(0)
            .expect("read")
            .map(|found| NodeHash::of_leaf(found.expect("read").leaf.text().as_bytes()))
            .collect();
        prop_assert_eq!(leaves.len() as u64, size);
        prop_assert_eq!(ledger.head().expect("head").root, Naive(leaves).root(0, size));
    }
}
