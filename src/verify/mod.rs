//! Stage verify (being built).
