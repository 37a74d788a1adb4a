//! What each route does: look, have the look kept, answer. Plain functions that may wait for disks; they run on a
//! bounded number of threads and know nothing of HTTP but what [`Reply`](super::reply::Reply) offers.

pub(super) mod entry;
pub(super) mod files;
pub(super) mod person;
pub(super) mod public;
pub(super) mod record;
pub(super) mod search;
