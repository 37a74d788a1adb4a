//! PDFs as scanners write them, and as they do not.
