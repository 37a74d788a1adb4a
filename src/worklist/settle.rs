//! The rule, pure: what was found and what people decided in; what the document will be, or what a person
//! must settle first, out.
//!
//! Machine-checked sources that agree decide; read text never does (`recognise::identity`). A document
//! whose dossier is certain may be sealed while its citizen is still a matter of candidates: it is filed, and
//! the record stays in the worklist. Where neither is certain but text names somebody, it waits.

use crate::capture::{ScanBatch, SheetFacts};
use crate::config::Unsettled;
use crate::recognise::identity::{self, Evidence};
use crate::record::{
    Candidate, CitizenId, Decision, DecisionRecord, DocumentKind, DossierCode, Field, FieldName,
    LeftOutPage, PageReading, Source,
};

use super::{Findings, PlannedPage, Question, page_plan};

/// Read text may name the kind of a paper from this confidence on; it is no identity, and a person sees it.
const KIND_SURE: f32 = 80.0;

/// A document that may be put together and sealed.
#[derive(Debug, Clone, PartialEq)]
pub struct Settled {
    /// Its pages, in order.
    pub pages: Vec<PlannedPage>,
    /// Pages of the scan that it leaves out.
    pub left_out: Vec<LeftOutPage>,
    /// Whose it is.
    pub citizen: Option<CitizenId>,
    /// What says so.
    pub citizen_sources: Vec<Source>,
    /// Former numbers of that citizen.
    pub aliases: Vec<String>,
    /// Whom it may belong to, where `citizen` is not certain.
    pub candidates: Vec<Candidate>,
    /// Which dossier's.
    pub dossier: Option<DossierCode>,
    /// What kind.
    pub kind: Option<DocumentKind>,
}

/// What a person finds in the worklist.
#[derive(Debug, Clone, PartialEq)]
pub struct Open {
    /// What is to be settled; never empty.
    pub questions: Vec<Question>,
    /// Whom it may belong to.
    pub candidates: Vec<Candidate>,
    /// Which dossiers are named.
    pub dossiers: Vec<DossierCode>,
    /// What kind it seems to be.
    pub kind: Option<DocumentKind>,
}

/// The outcome.
#[derive(Debug, Clone, PartialEq)]
pub enum Settlement {
    /// Go on.
    Settled(Box<Settled>),
    /// A person must look.
    Open(Box<Open>),
    /// A person said that it is not to be archived, and why.
    Rejected(String),
}

/// Applies the rule.
#[must_use]
pub fn settle(findings: &Findings<'_>) -> Settlement {
    if let Some(reason) = rejection(findings.decisions) {
        return Settlement::Rejected(reason);
    }
    let approved = findings.decisions.iter().any(DecisionRecord::is_approval);
    let (citizen, citizen_sources, candidates) = citizen(findings);
    let dossiers = dossiers(findings);
    let (pages, left_out) = page_plan::of(findings);
    let mut questions = Vec::new();
    if citizen.is_none() {
        questions.extend(identity_question(&candidates, &dossiers));
    }
    if dossiers.len() > 1 {
        questions.push(Question::DossiersDiffer);
    }
    if findings.unsettled == Unsettled::Archive {
        questions.clear();
    }
    questions.extend(sheet_question(findings));
    questions.extend(page_question(findings, pages.len()));
    questions.extend(drawing_question(findings, &pages));
    questions.extend(signature_question(findings));
    let kind = kind(findings);
    if pages.is_empty() || !(approved || questions.is_empty()) {
        return Settlement::Open(Box::new(Open {
            questions,
            candidates,
            dossiers,
            kind,
        }));
    }
    let aliases = citizen
        .as_ref()
        .map(|citizen| aliases(findings.fields, citizen))
        .unwrap_or_default();
    let dossier = match dossiers.as_slice() {
        [only] => Some(only.clone()),
        _ => None,
    };
    Settlement::Settled(Box::new(Settled {
        pages,
        left_out,
        citizen,
        citizen_sources,
        aliases,
        candidates,
        dossier,
        kind,
    }))
}

fn rejection(decisions: &[DecisionRecord]) -> Option<String> {
    match decisions.last().map(|taken| &taken.decision) {
        Some(Decision::Reject { reason }) => Some(reason.clone()),
        _ => None,
    }
}

/// The newest citizen that people assigned.
pub(super) fn assigned_citizen(decisions: &[DecisionRecord]) -> Option<CitizenId> {
    assigned(decisions, |decision| match decision {
        Decision::Assign { citizen, .. } => citizen.clone(),
        _ => None,
    })
}

/// The newest dossier that people assigned.
pub(super) fn assigned_dossier(decisions: &[DecisionRecord]) -> Option<DossierCode> {
    assigned(decisions, |decision| match decision {
        Decision::Assign { dossier, .. } => dossier.clone(),
        _ => None,
    })
}

/// What says that it is the citizen's whom a person assigned: that person, and what agrees.
pub(super) fn sources_of_assigned(evidence: &[Evidence], citizen: &CitizenId) -> Vec<Source> {
    let agreeing = evidence.iter().filter(|found| found.citizen == *citizen);
    let mut sources: Vec<Source> = agreeing.map(|found| found.source).collect();
    sources.push(Source::Person);
    sources.sort_unstable();
    sources.dedup();
    sources
}

/// The newest thing that people assigned, of what `part` looks at.
fn assigned<T>(decisions: &[DecisionRecord], part: impl Fn(&Decision) -> Option<T>) -> Option<T> {
    decisions
        .iter()
        .rev()
        .find_map(|taken| part(&taken.decision))
}

fn proved_sheet(batch: &ScanBatch) -> Option<&SheetFacts> {
    let sheet = batch.origin.as_ref()?.sheet.as_ref()?;
    sheet.proved.then_some(sheet)
}

fn citizen(findings: &Findings<'_>) -> (Option<CitizenId>, Vec<Source>, Vec<Candidate>) {
    let mut evidence = crate::recognise::fields::evidence(findings.fields);
    let beside = [
        (findings.slip_source, findings.batch.slip.citizen.as_ref()),
        (
            Source::CoverSheet,
            proved_sheet(findings.batch).and_then(|sheet| sheet.citizen.as_ref()),
        ),
    ];
    evidence.extend(beside.into_iter().filter_map(|(source, citizen)| {
        Some(Evidence {
            citizen: citizen?.clone(),
            source,
            page: None,
            confidence: None,
        })
    }));
    if let Some(citizen) = assigned_citizen(findings.decisions) {
        let sources = sources_of_assigned(&evidence, &citizen);
        return (Some(citizen), sources, Vec::new());
    }
    match identity::decide(&evidence) {
        identity::Decision::Certain { citizen, sources } => (Some(citizen), sources, Vec::new()),
        identity::Decision::Candidates { candidates } => (None, Vec::new(), candidates),
        identity::Decision::Nothing => (None, Vec::new(), Vec::new()),
    }
}

/// Drawings in doubt of pages that the document has.
fn drawing_question(findings: &Findings<'_>, pages: &[PlannedPage]) -> Option<Question> {
    let stays = |page: &&usize| pages.iter().any(|planned| planned.number == **page);
    let doubtful = findings.doubtful.iter().filter(stays);
    let pages: Vec<usize> = doubtful.map(|page| page + 1).collect();
    (!pages.is_empty()).then_some(Question::DrawingDoubtful { pages })
}

/// Signed files that are not what was signed, or not signed by whom they say.
fn signature_question(findings: &Findings<'_>) -> Option<Question> {
    let files: Vec<usize> = findings
        .failed_signatures
        .iter()
        .map(|file| file + 1)
        .collect();
    (!files.is_empty()).then_some(Question::SignatureFailed { files })
}

fn identity_question(candidates: &[Candidate], dossiers: &[DossierCode]) -> Option<Question> {
    let decides = |candidate: &Candidate| candidate.sources.iter().any(|source| source.decides());
    if candidates.iter().any(decides) {
        Some(Question::CitizensDiffer)
    } else if !candidates.is_empty() && dossiers.is_empty() {
        Some(Question::CitizenOnlyRead)
    } else {
        None
    }
}

/// The dossiers that deciding sources name, each once; what a person assigned stands alone.
fn dossiers(findings: &Findings<'_>) -> Vec<DossierCode> {
    if let Some(dossier) = assigned_dossier(findings.decisions) {
        return vec![dossier];
    }
    let on_pages = findings
        .fields
        .iter()
        .filter(|field| field.name == FieldName::DossierCode && field.source.decides())
        .filter_map(|field| field.value.parse().ok());
    let sheet = proved_sheet(findings.batch).and_then(|sheet| sheet.dossier.clone());
    let beside = findings.batch.slip.dossier.iter().cloned().chain(sheet);
    let mut dossiers: Vec<DossierCode> = Vec::new();
    for dossier in beside.chain(on_pages) {
        if !dossiers.contains(&dossier) {
            dossiers.push(dossier);
        }
    }
    dossiers
}

fn kind(findings: &Findings<'_>) -> Option<DocumentKind> {
    let by_person = assigned(findings.decisions, |decision| match decision {
        Decision::Assign { kind, .. } => kind.clone(),
        _ => None,
    });
    let sure = |field: &&Field| field.confidence.is_none_or(|sure| sure.0 >= KIND_SURE);
    by_person
        .or_else(|| findings.batch.slip.kind.clone())
        .or_else(|| proved_sheet(findings.batch).and_then(|sheet| sheet.kind.clone()))
        .or_else(|| {
            findings
                .fields
                .iter()
                .filter(|field| field.name == FieldName::DocumentKind)
                .filter(sure)
                .find_map(|field| field.value.parse().ok())
        })
}

/// Former numbers on the same card as the citizen's own.
pub(super) fn aliases(fields: &[Field], citizen: &CitizenId) -> Vec<String> {
    let on_card = |name| {
        fields
            .iter()
            .filter(move |field| field.name == name && field.source == Source::CardQr)
    };
    let mut aliases: Vec<String> = on_card(FieldName::CitizenId)
        .filter(|id| id.value == citizen.expose())
        .flat_map(|id| on_card(FieldName::FormerId).filter(|former| same_card(former, id)))
        .map(|former| former.value.clone())
        .collect();
    aliases.sort_unstable();
    aliases.dedup();
    aliases
}

/// Values of one code stand on one place.
fn same_card(one: &Field, other: &Field) -> bool {
    one.page == other.page && one.place == other.place
}

fn sheet_question(findings: &Findings<'_>) -> Option<Question> {
    let origin = findings.batch.origin.as_ref()?;
    let someone_said = findings
        .decisions
        .iter()
        .any(|taken| matches!(taken.decision, Decision::Assign { .. }));
    if someone_said {
        None
    } else if origin.sheet.as_ref().is_some_and(|sheet| !sheet.proved) {
        Some(Question::SheetUnproved)
    } else {
        origin
            .sheet_without_pages
            .then_some(Question::SheetWithoutPages)
    }
}

/// The slip may count the blank backs or not.
fn page_question(findings: &Findings<'_>, kept: usize) -> Option<Question> {
    if kept == 0 {
        return Some(Question::AllBlank);
    }
    let promised = findings.batch.slip.pages?;
    let blank = findings
        .pages
        .iter()
        .filter(|read| read.page.reading == PageReading::Blank);
    let scanned = findings.page_sources.len();
    let agrees = promised == kept || promised == scanned || promised + blank.count() == scanned;
    (!agrees).then_some(Question::PageCount {
        promised,
        found: kept,
    })
}
