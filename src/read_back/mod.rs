//! Reading back: what was written is checked from disk with other code than wrote it.

pub mod signature;
