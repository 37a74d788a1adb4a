//! TIFF of every kind that scanners write.
