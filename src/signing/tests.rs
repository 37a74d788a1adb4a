//! Signers in turn, by sessions that open and close, on a document of one page.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::kept::{self, Kept};
use super::*;
use crate::compose::{ConformanceLevel, PdfaDocument};
use crate::config::RsaPadding;
use crate::config::signing::Signer;
use crate::read_back;
use crate::record::Digests;
use crate::sign::SignError;
use crate::sign::SoftwareKey;
use crate::sign::keys::remote::{
    Answer as Told, Credential, Order, PendingStore, RemoteKey, RemoteService,
};
use crate::sign::keys::{RemoteError, SignedValue, TokenError};
use crate::sign::test_support::{Pulled, Sample, at, bytes_of, now, quick_key};

const KEYS: &str = "
    [agency]
    name = \"UBND xã Thử Nghiệm\"
    [trust]
    fetch = false
    [signing.keys.officer]
    kind = \"pkcs12\"
    file = \"officer.p12\"
    [signing.keys.organisation]
    kind = \"pkcs12\"
    file = \"organisation.p12\"
    [[signing.policy.default]]
    role = \"officer\"
    key = \"officer\"
    [[signing.policy.default]]
    role = \"organisation\"
    key = \"organisation\"
";

/// An office whose sessions the test opens, and one job of it.
struct Counter {
    home: tempfile::TempDir,
    config: Config,
}

impl Counter {
    fn new() -> Self {
        let home = tempfile::tempdir().expect("folder");
        let file = home.path().join("sohoa.toml");
        std::fs::write(&file, KEYS).expect("written");
        let config = Config::load(&file).expect("valid");
        let counter = Self { home, config };
        std::fs::create_dir(counter.job()).expect("folder");
        counter
    }

    fn job(&self) -> std::path::PathBuf {
        self.home.path().join("job")
    }

    fn output(&self) -> std::path::PathBuf {
        let output = self.home.path().join("document.pdf");
        let _absent = std::fs::remove_file(&output);
        output
    }

    /// As composing for this time would make it.
    fn document(&self, composed: Timestamp, page: &str) -> PdfaDocument {
        let path = self.job().join("composed.pdf");
        let note = format!("<</Note({composed})>>");
        let sample = Sample {
            page,
            objects: &[&note],
            ..Sample::default()
        };
        std::fs::write(&path, sample.pdf()).expect("written");
        let file = std::fs::File::open(&path).expect("opens");
        PdfaDocument {
            digests: Digests::of_reader(file).expect("digests").into(),
            path,
            conformance: ConformanceLevel::A2b,
            pages: Vec::new(),
        }
    }

    fn signers(&self) -> Vec<Signer> {
        let policy = &self.config.signing.as_ref().expect("keys").policy;
        policy.signers(None, &"quay-01".parse().expect("a station"))
    }

    /// One try of the journey.
    fn attempt(&self, signing: &Signing<'_>, at: Timestamp) -> Result<Sealed, Error> {
        self.attempt_on(signing, "", at)
    }

    fn attempt_on(
        &self,
        signing: &Signing<'_>,
        page: &str,
        at: Timestamp,
    ) -> Result<Sealed, Error> {
        let (job, record) = (self.job(), RecordId::new_v7(1, &[7; 10]));
        let turns = Turns::take_up(signing, record, &job, self.signers())?;
        turns.require_key(at)?;
        let document = self.document(turns.composed_at(at), page);
        turns.seal(&document, &self.output(), at)
    }

    fn kept(&self) -> Option<Kept> {
        Kept::load(&self.job()).expect("reads")
    }

    fn signed_files(&self) -> usize {
        let entries = std::fs::read_dir(self.job()).expect("lists").flatten();
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        names.filter(|name| name.starts_with("signed-")).count()
    }
}

fn open(signing: &Signing<'_>, key: &str) {
    open_with(signing, key, Box::new(quick_key()));
}

fn open_with(signing: &Signing<'_>, key: &str, signer: Box<dyn RawSigner>) {
    let opened = signing.sessions.open(key, "A", signer, now());
    opened.expect("opened");
}

fn close(signing: &Signing<'_>, key: &str) {
    let closed = signing.sessions.close(Some(key), Ending::Closed, now());
    assert_eq!(closed.len(), 1);
}

/// The key whose session is waited for.
fn awaited(result: &Result<Sealed, Error>) -> &str {
    match result {
        Err(Error::Journey(JourneyError::NoSession { key })) => key,
        other => panic!("{other:?}"),
    }
}

fn minutes(count: i64) -> Timestamp {
    now() + jiff::SignedDuration::from_mins(count)
}

#[test]
fn each_signs_in_turn_though_their_sessions_never_meet() {
    let counter = Counter::new();
    let signing = Signing::new(&counter.config);
    assert_eq!(awaited(&counter.attempt(&signing, now())), "officer");
    open(&signing, "organisation");
    let early = counter.attempt(&signing, now());
    assert_eq!(awaited(&early), "officer", "the order is kept");
    close(&signing, "organisation");
    assert_eq!(counter.signed_files(), 0);

    open(&signing, "officer");
    assert_eq!(awaited(&counter.attempt(&signing, now())), "organisation");
    let by_officer = bytes_of(&counter.job().join("signed-1.pdf"));
    close(&signing, "officer");
    assert_eq!(
        awaited(&counter.attempt(&signing, minutes(5))),
        "organisation"
    );
    open(&signing, "organisation");
    let sealed = counter.attempt(&signing, minutes(10)).expect("sealed");
    assert!(bytes_of(&sealed.path).starts_with(&by_officer));
    let roles: Vec<_> = sealed.signatures.iter().map(|it| it.role).collect();
    use crate::record::SignerRole::{Officer, Organisation};
    assert_eq!(roles, [Some(Officer), Some(Organisation)]);
    assert_ne!(
        sealed.signatures[0].claimed_time,
        sealed.signatures[1].claimed_time
    );
    let facts = read_back::signature::check_recorded(
        &sealed.path,
        &sealed.signatures,
        minutes(10),
        read_back::Streams::Digested,
    );
    assert_eq!(facts.expect("both hold").len(), 2);
    assert_eq!(signing.sessions.status(now())[0].documents, 1);
}

#[test]
fn a_crash_before_a_signature_counts_leaves_one_and_one_after_loses_none() {
    let counter = Counter::new();
    let signing = Signing::new(&counter.config);
    std::fs::write(counter.job().join("signed-1.pdf"), "half").expect("written");
    open(&signing, "officer");
    assert_eq!(awaited(&counter.attempt(&signing, now())), "organisation");
    // As a kill between the second signature and the archive leaves it: the first one is still there.
    open(&signing, "organisation");
    let first = counter.attempt(&signing, now()).expect("sealed").signatures;
    close(&signing, "officer");
    let again = counter.attempt(&signing, minutes(1)).expect("sealed");
    assert_eq!(again.signatures[0], first[0]);
    let held = read_back::signature::check_recorded(
        &again.path,
        &again.signatures,
        now(),
        read_back::Streams::Digested,
    );
    assert_eq!(held.expect("one each").len(), 2);
    assert_eq!(counter.signed_files(), 1);
}

#[test]
fn one_person_under_two_names_signs_once() {
    let counter = Counter::new();
    let signing = Signing::new(&counter.config);
    let phone = Phone::new();
    open_with(&signing, "officer", Phone::signer(&phone));
    assert!(is_waiting(&counter.attempt(&signing, now())));
    phone.confirm(&counter.job());
    open_with(&signing, "organisation", Phone::signer(&phone));
    let refused = counter.attempt(&signing, now());
    let Err(Error::Journey(JourneyError::SignsTwice { key })) = &refused else {
        panic!("{refused:?}");
    };
    assert_eq!((key.as_str(), counter.signed_files()), ("organisation", 1));
    assert_eq!(phone.orders(), 1);
}

#[test]
fn what_is_kept_counts_for_the_same_document_and_policy_only() {
    let counter = Counter::new();
    let signing = Signing::new(&counter.config);
    let begin = || {
        open(&signing, "officer");
        let begun = counter.attempt_on(&signing, "", now());
        assert_eq!(awaited(&begun), "organisation");
        close(&signing, "officer");
        assert!(counter.kept().is_some());
        open(&signing, "organisation");
    };
    let is_afresh = |attempt: Result<Sealed, Error>| {
        assert_eq!(awaited(&attempt), "officer");
        assert!(counter.kept().is_none() && counter.signed_files() == 0);
        close(&signing, "organisation");
    };
    // A person turned the page meanwhile.
    begin();
    is_afresh(counter.attempt_on(&signing, "/Rotate 90", now()));
    // The file was touched.
    begin();
    let file = counter.job().join("signed-1.pdf");
    std::fs::write(&file, [bytes_of(&file).as_slice(), b"\n"].concat()).expect("written");
    is_afresh(counter.attempt(&signing, now()));
    // The state is none.
    begin();
    std::fs::write(counter.job().join("signed.json"), "{").expect("written");
    assert!(counter.kept().is_none());
    assert_eq!(awaited(&counter.attempt(&signing, now())), "officer");
    close(&signing, "organisation");
    // Another officer is to sign now.
    begin();
    let mut signers = counter.signers();
    signers[0].key = "officer-2".to_owned();
    let (job, record) = (counter.job(), RecordId::new_v7(1, &[7; 10]));
    Turns::take_up(&signing, record, &job, signers).expect("taken up");
    assert!(counter.kept().is_none() && counter.signed_files() == 0);
}

#[test]
fn what_waits_for_which_key_is_told() {
    let counter = Counter::new();
    let signing = Signing::new(&counter.config);
    let records = [1, 2, 3].map(|number| RecordId::new_v7(1, &[number; 10]));
    signing.note(records[0], Some("officer"));
    signing.note(records[1], Some("officer"));
    signing.note(records[2], Some("organisation"));
    signing.note(records[1], None);
    let told = |waiting: &[RecordId]| {
        let waiting = waiting.iter().copied().collect();
        match signing.answer(Request::Status, now(), &waiting) {
            Answer::Sessions {
                waiting, queues, ..
            } => (waiting, queues),
            Answer::Refused { code, .. } => panic!("{code}"),
        }
    };
    let queue = |key: &str, documents| Queue {
        key: key.to_owned(),
        documents,
    };
    let both = vec![queue("officer", 1), queue("organisation", 1)];
    assert_eq!(told(&records), (3, both));
    // Another process brought the others to their end.
    let rest = vec![queue("organisation", 1)];
    assert_eq!(told(&records[2..]), (1, rest));
}

/// A service whose user confirms when told to, and which counts its orders.
struct Phone {
    key: SoftwareKey,
    credential: Credential,
    orders: Mutex<Vec<String>>,
    confirmed: Mutex<BTreeMap<String, Vec<u8>>>,
}

struct Line(Arc<Phone>);

impl Phone {
    fn new() -> Arc<Self> {
        let key = quick_key();
        Arc::new(Self {
            credential: Credential {
                certificate: key.certificate().to_vec(),
                ..Credential::default()
            },
            key,
            orders: Mutex::default(),
            confirmed: Mutex::default(),
        })
    }

    fn signer(phone: &Arc<Self>) -> Box<dyn RawSigner> {
        let key = RemoteKey::open(Line(Arc::clone(phone)), RsaPadding::Pss, None);
        Box::new(key.expect("opens"))
    }

    /// What was ordered is confirmed; a real service knows the hash alone.
    fn confirm(&self, job: &Path) {
        let store = PendingStore::open(&kept::orders(job)).expect("opens");
        for order in store.all() {
            let value = self.key.sign(&order.signed_attributes).expect("signs");
            locked(&self.confirmed).insert(order.transaction, value);
        }
    }

    fn orders(&self) -> usize {
        locked(&self.orders).len()
    }
}

impl RemoteService for Line {
    fn credential(&self) -> &Credential {
        &self.0.credential
    }

    fn order(&self, order: &Order<'_>) -> Result<Told, RemoteError> {
        locked(&self.0.orders).push(order.transaction.to_owned());
        Ok(Told::Pending { reference: None })
    }

    fn ask_after(&self, transaction: &str, _: Option<&str>) -> Result<Told, RemoteError> {
        let confirmed = locked(&self.0.confirmed).get(transaction).cloned();
        Ok(
            confirmed.map_or(Told::Pending { reference: None }, |value| {
                Told::Signed(SignedValue::Raw(value))
            }),
        )
    }
}

fn is_waiting(result: &Result<Sealed, Error>) -> bool {
    matches!(
        result,
        Err(Error::Sign(SignError::Remote(RemoteError::Waiting)))
    )
}

#[test]
fn a_signature_that_somebody_must_confirm_is_ordered_once_and_put_into_the_same_bytes() {
    let counter = Counter::new();
    let phones = ["officer", "organisation"].map(|key| (key, Phone::new()));
    let office = || {
        let signing = Signing::new(&counter.config);
        for (key, phone) in &phones {
            open_with(&signing, key, Phone::signer(phone));
        }
        signing
    };
    let signing = office();
    assert!(is_waiting(&counter.attempt(&signing, now())));
    assert!(is_waiting(&counter.attempt(&signing, minutes(1))));
    let [(_, officer), (_, registrar)] = &phones;
    assert_eq!((officer.orders(), registrar.orders()), (1, 0));
    officer.confirm(&counter.job());
    assert!(is_waiting(&counter.attempt(&signing, minutes(2))));
    assert_eq!((officer.orders(), registrar.orders()), (1, 1));
    // As after a restart; and a crash after the last signature asks nobody again.
    let signing = office();
    registrar.confirm(&counter.job());
    let sealed = counter.attempt(&signing, minutes(3)).expect("sealed");
    let again = counter.attempt(&signing, minutes(9)).expect("sealed again");
    assert_eq!(bytes_of(&sealed.path), bytes_of(&again.path));
    assert_eq!(sealed.digests, again.digests);
    assert_eq!((officer.orders(), registrar.orders()), (1, 1));
    let claimed = |number: usize| sealed.signatures[number].claimed_time.clone();
    assert_eq!(
        [claimed(0), claimed(1)],
        [now(), minutes(2)].map(crate::record::vietnam_time)
    );
    let held = read_back::signature::check_recorded(
        &sealed.path,
        &sealed.signatures,
        minutes(9),
        read_back::Streams::Digested,
    );
    assert_eq!(held.expect("both hold").len(), 2);
}

#[test]
fn an_order_that_nobody_confirmed_in_time_is_placed_anew() {
    let counter = Counter::new();
    let phone = Phone::new();
    let signing = Signing::new(&counter.config);
    open_with(&signing, "officer", Phone::signer(&phone));
    assert!(is_waiting(&counter.attempt(&signing, now())));
    let late = at("2026-11-23T01:50:00Z");
    open_with(&signing, "officer", Phone::signer(&phone));
    // The session was idle meanwhile; another of the same key goes on.
    let session = signing
        .sessions
        .open("officer", "A", Phone::signer(&phone), late);
    session.expect("opened");
    let expired = counter.attempt(&signing, late);
    assert!(
        matches!(
            expired,
            Err(Error::Sign(SignError::Remote(RemoteError::Expired)))
        ),
        "{expired:?}"
    );
    assert_eq!(phone.orders(), 1);
    assert!(is_waiting(&counter.attempt(&signing, late)));
    assert_eq!(phone.orders(), 2, "for another time, so for other bytes");
    phone.confirm(&counter.job());
    open(&signing, "organisation");
    let session = signing
        .sessions
        .open("organisation", "B", Box::new(quick_key()), late);
    session.expect("opened");
    let sealed = counter.attempt(&signing, late).expect("sealed");
    let claimed = &sealed.signatures[0].claimed_time;
    assert_eq!(*claimed, crate::record::vietnam_time(late));
}

#[test]
fn a_token_that_is_out_is_asked_for_by_one_and_not_by_each_document() {
    let counter = Counter::new();
    let signing = Signing::new(&counter.config);
    let says = Arc::new(Mutex::new(Some(TokenError::Absent)));
    let heard = Arc::new(Mutex::new((0, 0)));
    let key = Pulled {
        inner: quick_key(),
        says: Arc::clone(&says),
        heard: Arc::clone(&heard),
    };
    open_with(&signing, "officer", Box::new(key));
    let before = signing.sessions.opened("officer");
    let until_it_is_back = || {
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
        while signing.sessions.is_away("officer") {
            assert!(std::time::Instant::now() < deadline, "nobody asks");
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    };
    for _ in 0..50 {
        let tried = counter.attempt(&signing, now()).expect_err("it is out");
        assert_eq!(tried.code(), "sign.token_absent");
        assert!(tried.is_retryable());
    }
    assert_eq!(locked(&heard).0, 1, "one document told it to sign");

    // Put back with another PIN: the asking ends, and the next document says what is wrong, once.
    *locked(&says) = Some(TokenError::PinRejected);
    until_it_is_back();
    let asked = locked(&heard).1;
    let tried = counter.attempt(&signing, now()).expect_err("rejected");
    assert_eq!(
        (tried.code(), tried.is_retryable()),
        ("sign.pin_rejected", false)
    );
    assert_eq!(
        signing.sessions.opened("officer"),
        before + 1,
        "news for what waits"
    );
    std::thread::sleep(std::time::Duration::from_millis(600));
    assert_eq!(*locked(&heard), (2, asked), "nobody gives the PIN again");

    *locked(&says) = Some(TokenError::Absent);
    assert!(counter.attempt(&signing, now()).is_err());
    *locked(&says) = None;
    until_it_is_back();
    assert_eq!(awaited(&counter.attempt(&signing, now())), "organisation");
    assert_eq!(signing.sessions.opened("officer"), before + 2);
}
