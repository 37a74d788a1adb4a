//! What may still change about a record in the archive: whose it is, its dossier, its kind; never its pages.

use super::WorklistError;
use super::settle::{aliases, assigned_citizen, sources_of_assigned};
use crate::recognise::fields;
use crate::recognise::identity::{self, Decision as Identity};
use crate::record::{Decision, DecisionRecord, FieldName, RecordDescription};

/// Enters a decision into the record's description.
///
/// # Errors
/// [`WorklistError::Sealed`] for a decision about its pages, or that it is not to be archived;
/// [`WorklistError::Unfit`] where nothing is assigned.
pub fn enter(
    description: &mut RecordDescription,
    taken: DecisionRecord,
) -> Result<(), WorklistError> {
    match &taken.decision {
        Decision::Approve => {}
        Decision::Assign {
            citizen: None,
            dossier: None,
            kind: None,
        } => {
            return Err(WorklistError::Unfit {
                what: "nothing is assigned".to_owned(),
            });
        }
        Decision::Assign {
            citizen,
            dossier,
            kind,
        } => {
            if let Some(citizen) = citizen {
                let evidence = fields::evidence(&description.fields);
                description.citizen_sources = sources_of_assigned(&evidence, citizen);
                description.citizen = Some(citizen.clone());
                description.aliases = aliases(&description.fields, citizen);
                description.candidates.clear();
            }
            if dossier.is_some() {
                description.dossier.clone_from(dossier);
            }
            if kind.is_some() {
                description.kind.clone_from(kind);
            }
        }
        Decision::DropBlank { .. }
        | Decision::Rotate { .. }
        | Decision::Order { .. }
        | Decision::Split { .. }
        | Decision::Merge { .. }
        | Decision::Reject { .. } => return Err(WorklistError::Sealed),
    }
    description.decisions.push(taken);
    Ok(())
}

/// Looks again at whose it is after pages were read that had not been. What is certain stays; a source
/// that contradicts it makes candidates, so that a person looks.
pub fn reconsider(description: &mut RecordDescription) {
    if assigned_citizen(&description.decisions).is_some() {
        return;
    }
    let mut evidence = fields::evidence(&description.fields);
    if let Some(known) = &description.citizen {
        evidence.extend(
            description
                .citizen_sources
                .iter()
                .map(|source| identity::Evidence {
                    citizen: known.clone(),
                    source: *source,
                    page: None,
                    confidence: None,
                }),
        );
    }
    match identity::decide(&evidence) {
        Identity::Certain { citizen, sources } => {
            description.aliases = aliases(&description.fields, &citizen);
            description.citizen = Some(citizen);
            description.citizen_sources = sources;
            description.candidates.clear();
        }
        Identity::Candidates { candidates } => description.candidates = candidates,
        Identity::Nothing => {}
    }
    let mut dossiers = description
        .fields
        .iter()
        .filter(|field| field.name == FieldName::DossierCode && field.source.decides())
        .filter_map(|field| field.value.parse().ok());
    if let (None, Some(first)) = (&description.dossier, dossiers.next())
        && dossiers.all(|other| other == first)
    {
        description.dossier = Some(first);
    }
}
