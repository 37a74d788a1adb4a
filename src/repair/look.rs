//! What a repair by hand is to be about: everything in archive and replicas, looked at now.

use crate::archive::ArchiveReader;
use crate::config::Config;
use crate::error::Error;
use crate::index::Index;
use crate::journal::CommitTurn;
use crate::office_ledger::facts::add_facts;
use crate::record::{Finding, FindingCode};
use crate::replica::check::check;
use crate::verify::{Accounts, LedgerFacts, Slice, verify};

/// Every finding about bytes, in the archive and in the replicas; what documents mean and sign is `verify`'s.
///
/// # Errors
/// The storage root cannot be listed.
pub fn look(config: &Config) -> Result<Vec<Finding>, Error> {
    let archive = ArchiveReader::at(&config.folders.archive);
    let mut facts = LedgerFacts::default();
    // Before the archive is looked at: what is in the ledger was in the archive first.
    let read = add_facts(&config.ledger.folder, 0, &mut facts);
    let facts = read.is_ok().then_some(&facts);
    // An index that does not open holds nothing.
    let facts_of_index = || Index::open(&config.folders.index).and_then(|index| index.facts());
    let index = facts_of_index().unwrap_or_default();
    let accounts = Accounts {
        index: &index,
        ledger: facts,
    };
    let report = verify(
        &archive,
        accounts,
        Slice::ALL,
        &|_, _, _| Vec::new(),
        config.workers,
    )?;
    let mut findings = report.findings;
    let is_missing = |finding: &Finding| finding.code == FindingCode::IndexMissing;
    if findings.iter().any(is_missing) {
        // The daemon may have archived meanwhile.
        let _turn = CommitTurn::take(&config.folders.work)?;
        let now = facts_of_index().unwrap_or_default();
        let is_there = |finding: &Finding| finding.record.is_some_and(|it| now.contains_key(&it));
        findings.retain(|finding| !(is_missing(finding) && is_there(finding)));
    }
    findings.extend(check(config, facts, Slice::ALL, config.workers));
    Ok(findings)
}
