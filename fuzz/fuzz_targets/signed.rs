//! A signed PDF: its fields, their digests and evidence, and what was changed after each.
#![no_main]

#[path = "../hook.rs"]
mod hook;

use std::hint::black_box;

use sohoa::config::Limits;
use sohoa::record::{Explain, Lang};
use sohoa::validate::changes;
use sohoa::validate::document::{DigestAlgorithm, SignedDocument};

/// Small, so that an input is over quickly.
const EXPANSION_MIB: u64 = 16;

libfuzzer_sys::fuzz_target!(init: hook::install(), |data: &[u8]| {
    let limits = Limits {
        pdf_expansion_mib: EXPANSION_MIB,
        ..Limits::default()
    };
    let document = match SignedDocument::read(data.to_vec(), &limits) {
        Ok(document) => document,
        Err(fault) => {
            black_box((fault.message(Lang::Vi), fault.advice(Lang::En)));
            return;
        }
    };
    for finding in document.findings() {
        black_box((finding.text(Lang::Vi), finding.text(Lang::En)));
    }
    black_box(document.evidence(None));
    for field in document.fields() {
        black_box(document.digest(field, DigestAlgorithm::Sha256));
        black_box(document.evidence(Some(field)));
        let changes = changes::after(&document, field);
        for change in changes.allowed.iter().chain(&changes.forbidden) {
            black_box((change.text(Lang::Vi), change.text(Lang::En)));
        }
    }
});
