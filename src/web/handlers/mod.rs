//! What each route does: look, have the look kept, answer. Plain functions that may wait for disks; they run on a
//! bounded number of threads and know nothing of HTTP but what [`Reply`](super::reply::Reply) offers.

pub(super) mod accounts;
pub(super) mod audit;
pub(super) mod bundle;
pub(super) mod decide;
pub(super) mod entry;
pub(super) mod files;
pub(super) mod pages;
pub(super) mod password;
pub(super) mod person;
pub(super) mod prefill;
pub(super) mod procedures;
pub(super) mod proof;
pub(super) mod public;
pub(super) mod record;
pub(super) mod search;
pub(super) mod signing;
pub(super) mod station;
pub(super) mod worklist;
