//! The pages: HTML made whole on the server, in Vietnamese or English. Everything shown is escaped by the template;
//! nothing here is marked as safe. States are said in words, colour only repeats them.

pub(super) mod entry;
pub(super) mod found;
pub(super) mod health;
pub(super) mod layout;
pub(super) mod person;
pub(super) mod record;
pub(super) mod refusal;
pub(super) mod search;
mod words;
