//! A disk that fills up, and is given more room.
