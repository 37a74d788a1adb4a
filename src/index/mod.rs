//! Stage index (being built).
