//! Two-phase signing against a service that lives in the test; the real protocol is judged in
//! `tests/it/keys.rs`.

use std::sync::Mutex;

use super::*;
use crate::sign::test_support::{at, now, quick_key};

/// A service whose user confirms when told to, and which counts its orders.
struct Phone {
    key: crate::sign::SoftwareKey,
    credential: Credential,
    orders: Mutex<Vec<String>>,
    /// What it signs, given once it is confirmed.
    confirmed: Mutex<Option<Vec<u8>>>,
    loses_answers: bool,
}

impl Phone {
    fn key(loses_answers: bool) -> RemoteKey<Phone> {
        let key = quick_key();
        let phone = Phone {
            credential: Credential {
                certificate: key.certificate().to_vec(),
                ..Credential::default()
            },
            key,
            orders: Mutex::default(),
            confirmed: Mutex::default(),
            loses_answers,
        };
        RemoteKey::open(phone, RsaPadding::Pss, None).expect("opens")
    }

    fn confirm(&self, attributes: &[u8]) {
        let value = self.key.sign(attributes).expect("signs");
        *self.confirmed.lock().expect("lock") = Some(value);
    }

    fn orders(&self) -> usize {
        self.orders.lock().expect("lock").len()
    }
}

impl RemoteService for Phone {
    fn credential(&self) -> &Credential {
        &self.credential
    }

    fn order(&self, order: &Order<'_>) -> Result<Answer, RemoteError> {
        let name = order.transaction.to_owned();
        self.orders.lock().expect("lock").push(name.clone());
        if self.loses_answers {
            return Err(RemoteError::Http(crate::http::HttpError::TooSlow));
        }
        let reference = Some(format!("ref-{name}"));
        Ok(Answer::Pending { reference })
    }

    fn ask_after(&self, transaction: &str, _: Option<&str>) -> Result<Answer, RemoteError> {
        if !self
            .orders
            .lock()
            .expect("lock")
            .iter()
            .any(|known| known == transaction)
        {
            return Ok(Answer::Unknown);
        }
        let confirmed = self.confirmed.lock().expect("lock").clone();
        let signed = |value| Answer::Signed(SignedValue::Raw(value));
        Ok(confirmed.map_or(
            Answer::Pending {
                reference: Some(format!("ref-{transaction}")),
            },
            signed,
        ))
    }
}

const ATTRIBUTES: &[u8] = b"signed attributes";

fn store() -> (tempfile::TempDir, PendingStore) {
    let folder = tempfile::tempdir().expect("folder");
    let store = PendingStore::open(&folder.path().join("pending")).expect("opens");
    (folder, store)
}

fn deadline() -> Timestamp {
    at("2026-11-23T02:00:00Z")
}

#[test]
fn a_signature_is_ordered_once_and_survives_a_restart() {
    let (_folder, store) = store();
    let key = Phone::key(false);
    let pending = key
        .prepare(&store, ATTRIBUTES, deadline())
        .expect("ordered");
    assert_eq!(pending.hash, Hash::Sha256.digest(ATTRIBUTES));
    // As after a restart: nothing but the store is left.
    assert_eq!(store.all(), std::slice::from_ref(&pending));
    let again = key.prepare(&store, ATTRIBUTES, deadline()).expect("kept");
    assert_eq!((again, key.service.orders()), (pending.clone(), 1));

    let waiting = key.complete(&store, &pending.transaction, now());
    assert!(matches!(
        waiting,
        Err(SignError::Remote(RemoteError::Waiting))
    ));
    key.service.confirm(ATTRIBUTES);
    let value = key
        .complete(&store, &pending.transaction, now())
        .expect("signed");
    let SignedValue::Raw(signature) = &value else {
        panic!("{value:?}");
    };
    assert!(key.check(ATTRIBUTES, signature).is_ok());
    // A crash before it was in the document: it is given again, from the store.
    *key.service.confirmed.lock().expect("lock") = None;
    let later = at("2027-01-01T00:00:00Z");
    let kept = key
        .complete(&store, &pending.transaction, later)
        .expect("kept");
    assert_eq!((kept, key.service.orders()), (value, 1));
    store.remove(&pending.transaction).expect("removed");
    assert!(store.all().is_empty());
}

#[test]
fn an_order_whose_answer_was_lost_is_asked_after_first() {
    let (_folder, store) = store();
    let key = Phone::key(true);
    assert!(key.prepare(&store, ATTRIBUTES, deadline()).is_err());
    let [pending] = store.all().try_into().expect("kept all the same");
    key.service.confirm(ATTRIBUTES);
    let done = key.complete(&store, &pending.transaction, now());
    assert!(done.is_ok() && key.service.orders() == 1, "{done:?}");
}

#[test]
fn nothing_is_taken_after_its_deadline_or_from_another_key() {
    let (_folder, store) = store();
    let key = Phone::key(false);
    let pending = key
        .prepare(&store, ATTRIBUTES, deadline())
        .expect("ordered");
    let late = key.complete(&store, &pending.transaction, at("2026-11-23T02:00:01Z"));
    assert!(matches!(late, Err(SignError::Remote(RemoteError::Expired))));
    key.service.confirm(b"other attributes");
    let other = key.complete(&store, &pending.transaction, now());
    assert!(matches!(
        other,
        Err(SignError::Remote(RemoteError::WrongSignature))
    ));
    assert!(
        store
            .find(&pending.transaction)
            .expect("kept")
            .value
            .is_none()
    );
}

#[test]
fn a_damaged_file_is_no_order_and_stops_nothing() {
    let (folder, store) = store();
    let key = Phone::key(false);
    let pending = key
        .prepare(&store, ATTRIBUTES, deadline())
        .expect("ordered");
    let pending_folder = folder.path().join("pending");
    std::fs::write(pending_folder.join("abc.json"), "{").expect("written");
    std::fs::write(pending_folder.join("abc.txt"), "").expect("written");
    assert_eq!(store.all(), [pending]);
    assert!(store.find("abc").is_none());
}
