//! Stage read_back (being built).
