//! Stage archive (being built).
