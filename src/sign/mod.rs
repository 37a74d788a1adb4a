//! Stage sign (being built).
