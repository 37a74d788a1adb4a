//! The citizen's data for a procedure's form, each value with who says so, from which record and of which day.
//!
//! A page may name several people. A value is taken only from a page on which the same source names this citizen's
//! number and no other, and only where that page has one value of the field. Read text is offered to be checked,
//! never as certain.
//!
//! Not here: the form's own layout, which is the ministry's; the plain sheet lists what to copy.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::path::Path;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use super::ReuseError;
use super::checklist::HeldRecord;
use super::procedure::{Catalogue, Procedure, day_text};
use super::stage::Stage;
use crate::compose::printed_report::{self, PrintedReport, ReportPart};
use crate::record::{
    CitizenId, DocumentKind, Field, FieldName, Lang, RecordId, Source, vietnam_time,
};

const TITLE: &str = "PHIẾU THÔNG TIN ĐIỀN SẴN";

/// One field of a form, filled.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FilledField {
    /// Which.
    pub field: FieldName,
    /// What to write.
    pub value: String,
    /// Who says so.
    pub source: Source,
    /// On which record.
    pub record: RecordId,
    /// What kind of paper that is.
    pub kind: Option<DocumentKind>,
    /// Of which day the paper is.
    pub date: Date,
    /// Its page, from 1, where it stands on one.
    pub page: Option<u32>,
    /// It must be compared with the paper: read as text, or something does not fit.
    pub check: bool,
    /// What other records say instead.
    pub others: Vec<OtherValue>,
}

/// Another value of a field.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct OtherValue {
    /// The value.
    pub value: String,
    /// On which record.
    pub record: RecordId,
}

/// One saying of a value.
struct Saying<'a> {
    value: &'a str,
    source: Source,
    page: Option<u32>,
    held: &'a HeldRecord,
    check: bool,
}

/// Fills what the procedure's form asks for and the records of the citizen say. The most trustworthy source
/// wins, of these the newest paper. Records in doubt say nothing.
#[must_use]
pub fn prefill(
    catalogue: &Catalogue,
    procedure: &Procedure,
    citizen: &CitizenId,
    held: &[HeldRecord],
) -> Vec<FilledField> {
    let wanted: BTreeSet<FieldName> = suppliers(catalogue, procedure)
        .flat_map(|(_, fields)| fields.iter().copied())
        .collect();
    let filled = wanted.into_iter().filter_map(|name| {
        let kinds: BTreeSet<&DocumentKind> = suppliers(catalogue, procedure)
            .filter(|(_, fields)| fields.contains(&name))
            .flat_map(|(kinds, _)| kinds)
            .collect();
        let records = held.iter().filter(|it| it.doubts.is_empty());
        let records =
            records.filter(|it| it.kind.as_ref().is_some_and(|kind| kinds.contains(kind)));
        fill(
            name,
            records.flat_map(|it| sayings(name, citizen, it)).collect(),
        )
    });
    filled.collect()
}

/// Kinds of papers, and the fields that they fill.
fn suppliers<'a>(
    catalogue: &'a Catalogue,
    procedure: &'a Procedure,
) -> impl Iterator<Item = (&'a [DocumentKind], &'a [FieldName])> {
    let identity = &catalogue.identity;
    let papers = procedure.papers.iter();
    std::iter::once((identity.kinds.as_slice(), identity.prefills.as_slice()))
        .chain(papers.map(|paper| (paper.kinds.as_slice(), paper.prefills.as_slice())))
}

fn fill(name: FieldName, mut sayings: Vec<Saying<'_>>) -> Option<FilledField> {
    sayings.sort_by_key(|it| {
        (
            it.check,
            it.source,
            Reverse((it.held.date.day, it.held.archived)),
        )
    });
    let best = sayings.first()?;
    let others: BTreeSet<OtherValue> = sayings
        .iter()
        .filter(|it| it.value != best.value)
        .map(|it| OtherValue {
            value: it.value.to_owned(),
            record: it.held.record,
        })
        .collect();
    Some(FilledField {
        field: name,
        value: best.value.to_owned(),
        source: best.source,
        record: best.held.record,
        kind: best.held.kind.clone(),
        date: best.held.date.day,
        page: best.page,
        check: best.check,
        others: others.into_iter().collect(),
    })
}

/// What a record says of the citizen.
fn sayings<'a>(name: FieldName, citizen: &'a CitizenId, held: &'a HeldRecord) -> Vec<Saying<'a>> {
    let places: BTreeSet<(Option<u32>, Source)> = held
        .fields
        .iter()
        .map(|field| (field.page, field.source))
        .collect();
    let mut found = Vec::new();
    for (page, source) in places {
        let on_page = |wanted: FieldName| {
            let here = held.fields.iter().filter(move |field| {
                (field.name, field.page, field.source) == (wanted, page, source)
            });
            here.collect::<Vec<&Field>>()
        };
        let numbers = on_page(FieldName::CitizenId);
        let is_theirs =
            !numbers.is_empty() && numbers.iter().all(|it| it.value == citizen.expose());
        let values = on_page(name);
        let Some(first) = values.first().filter(|_| is_theirs) else {
            continue;
        };
        if values.iter().all(|field| field.value == first.value) {
            found.push(Saying {
                value: &first.value,
                source,
                page,
                held,
                check: !source.decides() || first.doubt.is_some(),
            });
        }
    }
    // Filed under this number because a person, or another deciding source, said so.
    let filed = held.citizen_sources.first().copied();
    if let Some(source) = filed.filter(|source| name == FieldName::CitizenId && source.decides()) {
        found.push(Saying {
            value: citizen.expose(),
            source,
            page: None,
            held,
            check: false,
        });
    }
    found
}

/// What the sheet says besides the fields.
#[derive(Debug, Clone, Copy)]
pub struct Form<'a> {
    /// The procedure.
    pub procedure: &'a Procedure,
    /// The event under which the data were looked up.
    pub event: RecordId,
    /// Why they were: the dossier, or in words.
    pub purpose: &'a str,
    /// Who did.
    pub by: &'a str,
    /// Name of the agency.
    pub agency: &'a str,
    /// Program and version.
    pub program: &'a str,
    /// When.
    pub made: Timestamp,
}

/// Writes the sheet as a new PDF/A-2u file, which has its name only when it is whole and synced.
///
/// # Errors
/// [`ReuseError::OutputExists`], or what the machine said.
pub fn write_form(
    form: &Form<'_>,
    fields: &[FilledField],
    catalogue: &Catalogue,
    out: &Path,
) -> Result<(), ReuseError> {
    let stage = Stage::beside(out)?;
    let procedure = form.procedure;
    let mut parts = vec![
        ReportPart::Row(
            "Thủ tục",
            format!("{} – {}", procedure.code, procedure.name),
        ),
        ReportPart::Row("Mục đích", form.purpose.to_owned()),
        ReportPart::Row("Người lập", form.by.to_owned()),
        ReportPart::Row("Lập lúc", vietnam_time(form.made)),
        ReportPart::Heading("Thông tin của công dân".to_owned()),
    ];
    for field in fields {
        parts.push(ReportPart::Row(
            label(field.field, Lang::Vi),
            written(field),
        ));
        parts.push(ReportPart::Row("", explained(field, catalogue)));
    }
    let report = PrintedReport {
        number: &form.event.to_string(),
        title: TITLE,
        agency: form.agency,
        program: form.program,
        made: form.made,
        parts,
    };
    let staged = stage.inside("form.pdf");
    printed_report::write(&report, &staged)?;
    crate::durable::stage_written(&staged)?;
    stage.deliver("form.pdf", out)
}

/// A value as forms write it, Vietnamese.
#[must_use]
pub fn written(field: &FilledField) -> String {
    match (field.field, field.value.as_str()) {
        (FieldName::Sex, "male") => "Nam".to_owned(),
        (FieldName::Sex, "female") => "Nữ".to_owned(),
        (FieldName::DateOfBirth, value) => value
            .parse()
            .map_or_else(|_| value.to_owned(), |day| day_text(day, Lang::Vi)),
        (_, value) => value.to_owned(),
    }
}

fn explained(field: &FilledField, catalogue: &Catalogue) -> String {
    let kind = field
        .kind
        .as_ref()
        .map_or("–", |kind| catalogue.kind_name(kind));
    let check = if field.check {
        "; CẦN ĐỐI CHIẾU"
    } else {
        ""
    };
    let others = match field.others.len() {
        0 => String::new(),
        count => format!("; {count} bản ghi khác ghi khác"),
    };
    format!(
        "Nguồn: {} ({}), ngày {}, bản ghi {}{check}{others}",
        kind,
        source_text(field.source),
        day_text(field.date, Lang::Vi),
        field.record
    )
}

/// What forms call a field.
#[must_use]
pub fn label(name: FieldName, lang: Lang) -> &'static str {
    let (vi, en) = match name {
        FieldName::CitizenId => ("Số định danh cá nhân", "Citizen ID"),
        FieldName::FormerId => ("Số CMND", "Former ID"),
        FieldName::FullName => ("Họ, chữ đệm, tên", "Full name"),
        FieldName::DateOfBirth => ("Ngày, tháng, năm sinh", "Date of birth"),
        FieldName::Sex => ("Giới tính", "Sex"),
        FieldName::Address => ("Nơi cư trú", "Address"),
        FieldName::DossierCode => ("Mã hồ sơ", "Dossier"),
        FieldName::DocumentNumber => ("Số, ký hiệu văn bản", "Document number"),
        FieldName::DocumentDate => ("Ngày văn bản", "Document date"),
        FieldName::IssuingAgency => ("Cơ quan cấp", "Issuing agency"),
        FieldName::DocumentKind => ("Loại giấy tờ", "Kind of paper"),
        FieldName::Title => ("Tên giấy tờ", "Title"),
    };
    lang.pick(vi, en)
}

fn source_text(source: Source) -> &'static str {
    match source {
        Source::Person => "cán bộ xác nhận",
        Source::Operator => "người nhập",
        Source::Slip => "phiếu kèm",
        Source::CoverSheet => "tờ phân cách",
        Source::CaseSlip => "giấy tiếp nhận",
        Source::Folder => "thư mục",
        Source::CardQr => "mã QR trên thẻ",
        Source::Mrz => "dòng MRZ trên thẻ",
        Source::Ocr => "chữ đọc được",
    }
}

#[cfg(test)]
mod tests;
