//! placeholder
use super::ReadPage;
use super::identity::Evidence;
use crate::record::Field;
/// placeholder
#[must_use]
pub fn find(_pages: &[ReadPage]) -> Vec<Field> {
    Vec::new()
}
/// placeholder
#[must_use]
pub fn evidence(fields: &[Field]) -> Vec<Evidence> {
    fields
        .iter()
        .filter(|f| f.name == crate::record::FieldName::CitizenId)
        .filter_map(|f| {
            Some(Evidence {
                citizen: f.value.parse().ok()?,
                source: f.source,
                page: f.page,
                confidence: f.confidence,
            })
        })
        .collect()
}
