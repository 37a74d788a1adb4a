//! The document security store (EN 319 142-1 §5.4.2): streams of evidence, and the lists that lead to them.

use std::collections::BTreeSet;

use super::Part;
use super::comparison::Comparison;
use super::kind::{ChangeKind, ObjectClass};
use crate::validate::document::objects::Revision;
use crate::validate::document::syntax::{Dictionary, ObjectId, Value};

const OF_THE_STORE: [&[u8]; 5] = [b"Type", b"Certs", b"OCSPs", b"CRLs", b"VRI"];
const OF_A_SIGNATURE: [&[u8]; 6] = [b"Type", b"Cert", b"OCSP", b"CRL", b"TU", b"TS"];
const LISTS: [&[u8]; 6] = [b"Certs", b"OCSPs", b"CRLs", b"Cert", b"OCSP", b"CRL"];

/// A store taken apart.
#[derive(Debug, Default)]
struct Parts {
    /// Dictionaries and lists that are objects of their own.
    frame: BTreeSet<ObjectId>,
    /// The evidence.
    streams: BTreeSet<ObjectId>,
    /// An entry that no store has, and whose.
    strange: Option<Vec<u8>>,
}

impl Comparison<'_> {
    /// The store may come, grow, and be written in another way.
    pub(super) fn compare_stores(&mut self, root: ObjectId, before: &Dictionary, now: &Dictionary) {
        let old = self.store(self.then, before);
        let new = self.store(self.latest, now);
        if let Some(key) = new.strange {
            self.forbid_entry(
                root,
                ObjectClass::Catalogue,
                &[b"DSS/", key.as_slice()].concat(),
            );
        }
        let mut owners: Vec<u32> = old.frame.iter().map(|id| id.0).collect();
        owners.push(root.0);
        for id in &new.frame {
            self.explain_owned(*id, &owners);
        }
        for id in &new.streams {
            let is_stream = self.now(*id).is_some_and(|it| it.data.is_some());
            if is_stream && self.is_added(id.0) {
                self.explain(id.0);
                // Their lengths may be objects of their own.
                self.explain_added(&Value::Reference(*id));
                if let Some(object) = self.now(*id) {
                    self.explain_added(&object.value);
                }
            }
        }
        let own = now.reference(b"DSS").unwrap_or(root);
        let part = Part::Object(own.0, own.1);
        if !new.streams.is_subset(&old.streams) {
            self.allow(part.clone(), ChangeKind::EvidenceAdded);
        }
        if !old.streams.is_subset(&new.streams) {
            self.allow(part, ChangeKind::EvidenceDropped);
        }
    }

    fn store(&self, revision: Revision, catalogue: &Dictionary) -> Parts {
        let mut parts = Parts::default();
        let store = self.part_of_store(&mut parts, revision, catalogue, b"DSS");
        let Some(Value::Dictionary(store)) = store else {
            if catalogue.get(b"DSS").is_some() {
                parts.strange = Some(Vec::new());
            }
            return parts;
        };
        self.take_lists(&mut parts, revision, &store, &OF_THE_STORE);
        let per_signature = self.part_of_store(&mut parts, revision, &store, b"VRI");
        if let Some(Value::Dictionary(per_signature)) = per_signature {
            for (key, _) in per_signature.entries() {
                match self.part_of_store(&mut parts, revision, &per_signature, key) {
                    Some(Value::Dictionary(entry)) => {
                        self.take_lists(&mut parts, revision, &entry, &OF_A_SIGNATURE);
                    }
                    Some(Value::Name(_)) if key == b"Type" => {}
                    _ => parts.strange = Some(key.to_vec()),
                }
            }
        }
        parts
    }

    /// The value of a key; notes it as part of the frame where it is an object of its own.
    fn part_of_store(
        &self,
        parts: &mut Parts,
        revision: Revision,
        owner: &Dictionary,
        key: &[u8],
    ) -> Option<Value> {
        parts.frame.extend(owner.reference(key));
        self.objects.value(revision, owner, key)
    }

    fn take_lists(
        &self,
        parts: &mut Parts,
        revision: Revision,
        owner: &Dictionary,
        known: &[&[u8]],
    ) {
        for (key, value) in owner.entries() {
            if !known.contains(&key) {
                parts.strange = Some(key.to_vec());
            } else if LISTS.contains(&key) {
                match self.part_of_store(parts, revision, owner, key) {
                    Some(Value::Array(items)) => {
                        parts
                            .streams
                            .extend(items.iter().filter_map(Value::reference));
                    }
                    _ => parts.strange = Some(key.to_vec()),
                }
            } else if key == b"TS" {
                // A timestamp of the evidence itself, a stream.
                parts.streams.extend(value.reference());
            } else if key == b"TU" {
                parts.frame.extend(value.reference());
            }
        }
    }
}
