//! The document security store of a revision (EN 319 142-1 §5.4.2): certificates and revocation data.
//!
//! What belongs to one signature (`/VRI`) is given with the rest: readers must not depend on its keys, which writers
//! compute differently.

use std::collections::BTreeSet;

use super::objects::{Objects, Revision};
use super::syntax::{Dictionary, Value};
use crate::trust::Evidence;

/// One certificate, list or response.
const ITEM_MAX: usize = 64 * 1024 * 1024;
/// Streams looked at.
const ITEMS_MAX: usize = 20_000;

/// Reads the store of a revision; what cannot be read in it is left out, as if it were not there.
pub(super) fn read(objects: &Objects, revision: Revision) -> Evidence {
    let mut reader = Reader {
        objects,
        revision,
        seen: BTreeSet::new(),
        evidence: Evidence::default(),
    };
    let catalogue = objects.catalogue(revision);
    let store = catalogue.and_then(|it| objects.value(revision, it.dictionary()?, b"DSS"));
    let Some(Value::Dictionary(store)) = store else {
        return reader.evidence;
    };
    reader.take(&store, [b"Certs", b"OCSPs", b"CRLs"]);
    let per_signature = objects.value(revision, &store, b"VRI");
    if let Some(Value::Dictionary(per_signature)) = per_signature {
        for (_, entry) in per_signature.entries() {
            if let Some(Value::Dictionary(entry)) = objects.resolve(revision, entry) {
                reader.take(&entry, [b"Cert", b"OCSP", b"CRL"]);
            }
        }
    }
    reader.evidence
}

struct Reader<'a> {
    objects: &'a Objects,
    revision: Revision,
    /// Streams that were read already.
    seen: BTreeSet<(u32, u16)>,
    evidence: Evidence,
}

impl Reader<'_> {
    fn take(&mut self, owner: &Dictionary, [certificates, responses, lists]: [&[u8]; 3]) {
        let found = self.streams(owner, certificates);
        self.evidence.certificates.extend(found);
        let found = self.streams(owner, responses);
        self.evidence.ocsp_responses.extend(found);
        let found = self.streams(owner, lists);
        self.evidence.crls.extend(found);
    }

    fn streams(&mut self, owner: &Dictionary, key: &[u8]) -> Vec<Vec<u8>> {
        let Some(Value::Array(items)) = self.objects.value(self.revision, owner, key) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        for id in items.iter().filter_map(Value::reference) {
            if self.seen.len() >= ITEMS_MAX || !self.seen.insert(id) {
                continue;
            }
            let object = self.objects.object(self.revision, id);
            found.extend(object.and_then(|it| self.objects.decoded(&it, ITEM_MAX)));
        }
        found
    }
}
