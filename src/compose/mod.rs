//! Stage compose (being built).
