//! One record: what is known of it, what its signatures are worth, its bytes.

use jiff::Timestamp;
use serde::Serialize;

use super::answered;
use crate::access::EventKind;
use crate::record::{Field, RecordDescription, RecordId, Sha256Digest, SignatureRecord};
use crate::validate::report::Report;
use crate::web::asked::Asked;
use crate::web::desk::Desk;
use crate::web::handlers::files::in_stretches;
use crate::web::handlers::proof::in_ledger;
use crate::web::handlers::record::{named, note};
use crate::web::holdings::Held;
use crate::web::identity;
use crate::web::problem::Mistake;
use crate::web::reply::{Refusal, Reply};
use crate::web::views::record::InLedger;

/// Field names are part of the interface.
#[derive(Serialize)]
struct Record<'a> {
    record: RecordId,
    citizen: Option<&'a str>,
    dossier: Option<String>,
    kind: Option<&'a str>,
    kind_name: String,
    title: Option<&'a str>,
    station: &'a str,
    archived: Timestamp,
    agency: &'a str,
    copy_form: &'static str,
    pages: usize,
    document: Document<'a>,
    originals: Vec<Original>,
    signatures: &'a [SignatureRecord],
    proof: Option<Proof>,
    ledger: Ledger,
    /// It shows an identity card, and the client lacks the scope for these: no values, no bytes.
    guarded: bool,
    fields: Vec<&'a Field>,
    remarks: &'a [String],
}

#[derive(Serialize)]
struct Document<'a> {
    conformance: &'a str,
    bytes: u64,
    sha256: Sha256Digest,
}

/// A file as dropped. What it was called stays here: stations call scans after people.
#[derive(Serialize)]
struct Original {
    number: usize,
    bytes: u64,
    sha256: Sha256Digest,
}

#[derive(Serialize)]
struct Proof {
    level: &'static str,
    until: Timestamp,
    days_left: i64,
}

#[derive(Serialize)]
struct Ledger {
    state: &'static str,
    index: Option<u64>,
    stamped: Option<bool>,
}

/// What is known of the record.
pub(in crate::web) fn face(desk: &Desk, asked: &Asked) -> Result<Reply, Refusal> {
    let (look_up, held) = named(desk, asked)?;
    note(desk, asked, (&look_up, &held), EventKind::View)?;
    Reply::json(&record(desk, asked, &held))
}

fn record<'a>(desk: &Desk, asked: &Asked, held: &'a Held) -> Record<'a> {
    let it: &RecordDescription = &held.description;
    let guarded = identity::is_shown_by(desk, it) && !identity::may_see(desk, asked);
    let proof = desk.holdings.proof(held, asked.now);
    let kind = it.kind.as_ref().map(|kind| kind.as_str());
    let originals = (1..).zip(&it.originals).map(|(number, file)| Original {
        number,
        bytes: file.bytes,
        sha256: file.sha256,
    });
    Record {
        record: it.record,
        citizen: it.citizen.as_ref().map(|citizen| citizen.expose()),
        dossier: it.dossier.as_ref().map(ToString::to_string),
        kind,
        kind_name: desk.kind_name(kind, asked.lang),
        title: it.title.as_deref(),
        station: it.station.as_str(),
        archived: it.archived,
        agency: &it.agency,
        copy_form: it.copy_form.label(),
        pages: it.pages.len(),
        document: Document {
            conformance: &it.conformance,
            bytes: it.document_bytes,
            sha256: it.document_sha256,
        },
        originals: originals.collect(),
        signatures: &it.signatures,
        proof: proof.map(|proof| Proof {
            level: proof.level.as_str(),
            until: proof.until,
            days_left: proof.days_left,
        }),
        ledger: ledger(desk, held),
        guarded,
        fields: if guarded {
            Vec::new()
        } else {
            fields(it).collect()
        },
        remarks: &it.remarks,
    }
}

/// The values on the pages, but no number of anybody else: whose paper it is, is what was asked and is kept.
fn fields(it: &RecordDescription) -> impl Iterator<Item = &Field> {
    use crate::record::FieldName::{CitizenId, FormerId};
    let own = it.citizen.as_ref().map(|citizen| citizen.expose());
    it.fields.iter().filter(move |field| match field.name {
        CitizenId => own == Some(field.value.as_str()),
        FormerId => it.aliases.contains(&field.value),
        _ => true,
    })
}

fn ledger(desk: &Desk, held: &Held) -> Ledger {
    let (state, index, stamped) = match in_ledger(desk, held) {
        InLedger::Proven { index, is_stamped } => ("proven", Some(index), Some(is_stamped)),
        InLedger::Waiting => ("waiting", None, None),
        InLedger::Absent => ("absent", None, None),
        InLedger::Unreadable => ("could-not-check", None, None),
    };
    Ledger {
        state,
        index,
        stamped,
    }
}

/// What its signatures are worth now; nobody is asked over the network.
pub(in crate::web) fn validation(desk: &Desk, asked: &Asked) -> Result<Reply, Refusal> {
    let (look_up, held) = named(desk, asked)?;
    note(desk, asked, (&look_up, &held), EventKind::View)?;
    let report: Report = desk.holdings.validate(&held, asked.now)?;
    answered(Reply::json(&report).map_err(Mistake::from))
}

/// The document's bytes, or the stretch of them that is asked for.
pub(in crate::web) fn document(desk: &Desk, asked: &Asked) -> Result<Reply, Refusal> {
    let name = format!("{}.pdf", asked.part("record"));
    in_stretches(desk, asked, EventKind::Download, Some(&name))
}
