//! What a person should see although all is well: in the receipt, and in the record.
//!
//! Vietnamese and English in one line each; never a citizen's number or name.

use crate::capture::ScanBatch;
use crate::compose::PdfaDocument;
use crate::config::Config;
use crate::describe::Known;
use crate::read_back::SignatureFacts;
use crate::read_back::raster::NotCompared;
use crate::record::{
    Candidate, CitizenId, DecisionRecord, Field, FieldName, LeftOutPage, LeftOutReason,
    PageReading, PageRecord, RecordDescription, Source,
};

/// Of a document made from a signed file. Who signed is not for receipts.
const RENDITION: &str = "tệp gốc đã ký số, giữ nguyên; bản PDF/A là bản thể hiện / \
     the original is digitally signed and kept as it is; the PDF/A is a rendition of it";

/// What a person at the station should see although the document was taken.
#[must_use]
pub fn of(
    batch: &ScanBatch,
    config: &Config,
    known: &Known,
    document: &PdfaDocument,
    facts: &[SignatureFacts],
    not_compared: &[NotCompared],
) -> Vec<String> {
    let settled = &known.settled;
    let mut remarks = changing_remarks(&Remarkable {
        pages: &document.pages,
        left_out: &settled.left_out,
        citizen: settled.citizen.as_ref(),
        citizen_sources: &settled.citizen_sources,
        candidates: &settled.candidates,
        fields: &known.fields,
        decisions: &known.decisions,
    });
    let lowest = f64::from(batch.profile.image.lowest_dpi);
    let coarse = document
        .pages
        .iter()
        .filter(|page| page.dpi_x.min(page.dpi_y) < lowest - 1.0)
        .count();
    if coarse > 0 {
        remarks.push(format!(
            "{coarse} trang dưới {lowest} dpi / pages below {lowest} dpi"
        ));
    }
    let warning_days = config
        .signing
        .as_ref()
        .map(|signing| i64::from(signing.expiry_warning_days));
    let ends_first = facts.iter().map(|facts| facts.days_left).min();
    if let (Some(days_left), Some(warning_days)) = (ends_first, warning_days)
        && days_left < warning_days
    {
        remarks.push(format!(
            "chứng thư còn {days_left} ngày / certificate ends in {days_left} days"
        ));
    }
    if !known.signed_originals.rendition_of.is_empty() {
        remarks.push(RENDITION.to_owned());
    }
    remarks.extend(not_compared_remark(not_compared));
    remarks
}

/// The part of the remarks that may change after the record was archived, brought up to date: `before` is
/// the description as it was.
pub fn refresh(before: &RecordDescription, description: &mut RecordDescription) {
    let of = |record: &RecordDescription| {
        changing_remarks(&Remarkable {
            pages: &record.pages,
            left_out: &record.left_out,
            citizen: record.citizen.as_ref(),
            citizen_sources: &record.citizen_sources,
            candidates: &record.candidates,
            fields: &record.fields,
            decisions: &record.decisions,
        })
    };
    let (outdated, mut remarks) = (of(before), of(description));
    let others = description.remarks.drain(..);
    remarks.extend(others.filter(|remark| !outdated.contains(remark)));
    description.remarks = remarks;
}

/// What of a record, archived or to be, may change later and give cause for a remark.
struct Remarkable<'a> {
    pages: &'a [PageRecord],
    left_out: &'a [LeftOutPage],
    citizen: Option<&'a CitizenId>,
    citizen_sources: &'a [Source],
    candidates: &'a [Candidate],
    fields: &'a [Field],
    decisions: &'a [DecisionRecord],
}

/// Pages that a person should look at, by what came of reading them, pages left out, and what is odd
/// about whose it is.
fn changing_remarks(known: &Remarkable<'_>) -> Vec<String> {
    let with = |reading: PageReading| {
        let numbers = (1..).zip(known.pages);
        let those = numbers.filter(move |(_, page)| page.reading == reading);
        listed(those.map(|(number, _): (usize, _)| number))
    };
    let low = with(PageReading::LowConfidence)
        .map(|pages| format!("trang đọc chưa chắc / pages read with low confidence: {pages}"));
    let failed = with(PageReading::Failed).map(|pages| {
        format!("trang không đọc được chữ / pages whose text could not be read: {pages}")
    });
    let pending = with(PageReading::Pending)
        .map(|pages| format!("trang chưa đọc chữ / pages whose text is pending: {pages}"));
    let blank = known
        .left_out
        .iter()
        .filter(|page| page.why == LeftOutReason::Blank);
    let dropped = listed(blank.map(|page| page.original_page + 1))
        .map(|pages| format!("trang trắng đã bỏ / blank pages left out: {pages}"));
    let nobodys = is_nobodys(known).then(|| {
        "chưa gắn với công dân nào, xem danh sách chờ / filed under no citizen yet, see the worklist"
            .to_owned()
    });
    let others = names_others(known).then(|| {
        "số định danh đọc được trên giấy khác với số đã nêu / the paper names other citizens than the one given"
            .to_owned()
    });
    [low, failed, pending, dropped, nobodys, others]
        .into_iter()
        .flatten()
        .collect()
}

/// Whether candidates are named, and nobody settled that it is one's or that it is nobody's.
fn is_nobodys(known: &Remarkable<'_>) -> bool {
    known.citizen.is_none()
        && !known.candidates.is_empty()
        && !known.decisions.iter().any(DecisionRecord::is_approval)
}

/// Whether the citizen is known only from what was said with the paper, and the paper names others only.
/// It may be a child's, or a slip may lie with the wrong paper: no reason to wait, but to look. A person
/// who settled it in the worklist has looked.
fn names_others(known: &Remarkable<'_>) -> bool {
    let has_seen = |source: &Source| {
        matches!(
            source,
            Source::CardQr | Source::Mrz | Source::Ocr | Source::Person
        )
    };
    let is_read = |field: &Field| field.name == FieldName::CitizenId && field.doubt.is_none();
    known.citizen.is_some()
        && !known.citizen_sources.iter().any(has_seen)
        && known.fields.iter().any(is_read)
}

/// `1, 4, 7 …`: so many numbers as a receipt has room for; `None` for none.
fn listed(numbers: impl Iterator<Item = usize>) -> Option<String> {
    const ROOM: usize = 20;
    let mut shown: Vec<String> = numbers.take(ROOM + 1).map(|n| n.to_string()).collect();
    if shown.len() > ROOM {
        shown.truncate(ROOM);
        shown.push("…".to_owned());
    }
    (!shown.is_empty()).then(|| shown.join(", "))
}

/// One remark for all pages whose pixels only one decoder has seen.
fn not_compared_remark(pages: &[NotCompared]) -> Option<String> {
    let NotCompared { page, why } = pages.first()?;
    let count = pages.len();
    Some(format!(
        "{count} trang chưa được đối chiếu bằng bộ giải mã khác / \
         pages not compared with another decoder: {count} (page {page}: {why})"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_not_compared_make_one_remark() {
        assert_eq!(not_compared_remark(&[]), None);
        let pages = [3, 7].map(|page| NotCompared {
            page,
            why: "CCITT G3".to_owned(),
        });
        assert_eq!(
            not_compared_remark(&pages).as_deref(),
            Some(
                "2 trang chưa được đối chiếu bằng bộ giải mã khác / \
                 pages not compared with another decoder: 2 (page 3: CCITT G3)"
            )
        );
    }
}
