//! sohoa (số hóa = digitise): from a scan dropped at a public counter to a signed, searchable, provable record.
//!
//! The journey, told by [`pipeline`], is one stage type after another, moved by value:
//! [`capture`] → [`pages`] → [`compose`] → [`sign`] → [`read_back`] → [`archive`] → [`ledger`] → [`index`] → receipt.
//! Imports run one way along it: `record` imports nothing of ours, a stage imports `record`, `config`
//! and the output types of earlier stages, and only `pipeline` knows all stages.
//!
//! # Invariants
//! * Originals are never altered or lost; the archive is create-only; the index can be thrown away.
//! * No input kills or stalls the daemon. No status says “done” before the bytes are synced and read back.
//! * No citizen ID or name in logs, paths or file names.
//! * Verification believes bytes, never the index.

pub mod access;
pub mod amend;
pub mod answer;
pub mod archive;
pub mod backup;
pub mod capture;
pub mod cli;
pub mod compose;
pub mod config;
pub mod contents;
pub mod daemon;
pub mod decide;
pub mod describe;
pub mod disposal;
pub mod divide;
pub mod durable;
mod endings;
pub mod error;
mod fence;
pub mod hand_out;
pub mod http;
pub mod index;
pub mod inspection;
pub mod journal;
pub mod ledger;
pub mod lift;
mod live_index;
pub mod look_up;
pub mod nightly;
pub mod office_ledger;
pub mod pages;
pub mod pdf_object;
pub mod pdfa;
pub mod pipeline;
pub mod preservation;
pub mod quarantine;
pub mod random;
pub mod read_back;
pub mod receipt;
pub mod recognise;
pub mod record;
pub mod reindex;
pub mod remarks;
pub mod repair;
pub mod replica;
pub mod reuse;
pub mod second_look;
pub mod second_opinion;
pub mod second_renderer;
pub mod session;
pub mod sign;
mod signed_originals;
pub mod signing;
pub mod supervisor;
pub mod trust;
mod typeface;
pub mod validate;
pub mod validation_page;
pub mod verify;
pub mod web;
pub mod worklist;
