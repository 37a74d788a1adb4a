//! The pages: HTML made whole on the server, in Vietnamese or English. Everything shown is escaped by the template;
//! nothing here is marked as safe. States are said in words, colour only repeats them.

pub(super) mod accounts;
pub(super) mod audit;
pub(super) mod entry;
pub(super) mod found;
pub(super) mod health;
pub(super) mod item;
pub(super) mod layout;
mod pages;
pub(super) mod password;
pub(super) mod person;
pub(super) mod prefill;
pub(super) mod procedures;
pub(super) mod record;
pub(super) mod refusal;
pub(super) mod search;
pub(super) mod signing;
pub(super) mod station;
mod words;
pub(super) mod worklist;
