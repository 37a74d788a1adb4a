//! Records for the tests of look-ups.

use crate::record::*;

/// A record of that number with nothing in it.
pub(crate) fn description(id: u8, citizen: Option<&str>, archived: &str) -> RecordDescription {
    let digest = Sha256Digest::of(&[id]);
    RecordDescription {
        format: RecordDescription::FORMAT.to_owned(),
        record: number(id),
        archived: archived.parse().expect("time"),
        claimed: archived.parse().expect("time"),
        station: "quay-01".parse().expect("station"),
        profile: "generic".to_owned(),
        citizen: citizen.map(|digits| digits.parse().expect("citizen")),
        citizen_sources: Vec::new(),
        aliases: Vec::new(),
        candidates: Vec::new(),
        dossier: Some("H36.105-261123-0007".parse().expect("dossier")),
        kind: None,
        title: None,
        copy_form: CopyForm::SaoY,
        agency: "UBND xã Mẫu".to_owned(),
        converter: "sohoa".to_owned(),
        conformance: "PDF/A-2b".to_owned(),
        document: "document.pdf".to_owned(),
        document_bytes: 10,
        document_sha256: digest,
        content_sha256: digest,
        originals: Vec::new(),
        pages: Vec::new(),
        left_out: Vec::new(),
        divided_from: Vec::new(),
        text: None,
        fields: Vec::new(),
        decisions: Vec::new(),
        signatures: Vec::new(),
        original_signatures: Vec::new(),
        rendition_of: Vec::new(),
        remarks: Vec::new(),
    }
}

/// A name on page 1.
pub(crate) fn full_name(value: &str, source: Source) -> Field {
    Field {
        name: FieldName::FullName,
        value: value.to_owned(),
        source,
        page: Some(1),
        place: None,
        confidence: None,
        doubt: None,
    }
}

/// The number of record `id`.
pub(crate) fn number(id: u8) -> RecordId {
    RecordId::new_v7(u64::from(id), &[id; 10])
}
