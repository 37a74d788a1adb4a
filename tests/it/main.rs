//! The one integration-test binary: the real program, judged from outside, and rules about the source.

mod broken_archives;
mod compose;
mod corpus;
mod corpus_pages;
mod coversheet;
mod daemon;
mod faults;
mod fields;
mod find;
mod fuzz_seeds;
mod fuzz_slice;
mod journey;
mod judge;
mod office;
mod read_journey;
mod reading;
mod readme;
mod revisions;
mod samples;
mod signed_input;
mod signing;
mod soak;
mod text_layer;
mod tidy;
mod trust;
mod worklist;
