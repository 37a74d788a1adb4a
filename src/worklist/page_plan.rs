//! Which pages of the scan the document has, in which order and turned how.

use super::{Entry, Findings, PlannedPage};
use crate::config::BlankPages;
use crate::record::{Decision, DecisionRecord, LeftOutPage, LeftOutReason, PageReading};

/// The plan, and the pages that it leaves out. All pages in the scan's order, unless the profile drops
/// blank ones or people decided otherwise.
pub(super) fn of(findings: &Findings<'_>) -> (Vec<PlannedPage>, Vec<LeftOutPage>) {
    let mut pages: Vec<PlannedPage> = (0..findings.page_sources.len())
        .map(|number| PlannedPage { number, turned: 0 })
        .collect();
    arrange(
        &mut pages,
        findings.batch.profile.blank.pages,
        findings.decisions,
        &|number| is_blank(findings, number),
    );
    let mut gone: Vec<LeftOutPage> = findings
        .batch
        .origin
        .iter()
        .flat_map(|origin| origin.left_out.iter().cloned())
        .collect();
    gone.extend(
        findings
            .page_sources
            .iter()
            .enumerate()
            .filter(|(number, _)| !pages.iter().any(|page| page.number == *number))
            .map(|(_, source)| blank_page(*source)),
    );
    (pages, gone)
}

/// The plan of a document that waits, as far as its entry tells.
#[must_use]
pub fn planned(entry: &Entry, blank: BlankPages, decisions: &[DecisionRecord]) -> Vec<PlannedPage> {
    let mut pages: Vec<PlannedPage> = (0..entry.pages.len())
        .map(|number| PlannedPage { number, turned: 0 })
        .collect();
    arrange(&mut pages, blank, decisions, &|number| {
        let page = entry.pages.get(number);
        page.is_some_and(|page| page.reading == PageReading::Blank)
    });
    pages
}

/// Leaves out what the profile does not want, and applies what people decided.
fn arrange(
    pages: &mut Vec<PlannedPage>,
    blank: BlankPages,
    decisions: &[DecisionRecord],
    is_blank: &dyn Fn(usize) -> bool,
) {
    if blank == BlankPages::Drop {
        pages.retain(|page| !is_blank(page.number));
    }
    for taken in decisions {
        apply(&taken.decision, pages, is_blank);
    }
}

fn is_blank(findings: &Findings<'_>, number: usize) -> bool {
    findings
        .pages
        .get(number)
        .is_some_and(|read| read.page.reading == PageReading::Blank)
}

/// Page decisions count from 1, as people do. Only a blank page is ever dropped.
fn apply(decision: &Decision, pages: &mut Vec<PlannedPage>, is_blank: &dyn Fn(usize) -> bool) {
    let named = |number: &u32, page: &PlannedPage| page.number + 1 == *number as usize;
    match decision {
        Decision::DropBlank { pages: dropped } => pages.retain(|page| {
            !is_blank(page.number) || !dropped.iter().any(|number| named(number, page))
        }),
        Decision::Rotate { page, degrees } => {
            for planned in pages.iter_mut().filter(|planned| named(page, planned)) {
                planned.turned = (planned.turned + degrees) % 360;
            }
        }
        // A page that the new order forgets stays, at the end: only blank pages are ever dropped.
        Decision::Order { pages: order } => pages.sort_by_key(|page| {
            order
                .iter()
                .position(|number| named(number, page))
                .unwrap_or(order.len())
        }),
        Decision::Assign { .. }
        | Decision::Split { .. }
        | Decision::Merge { .. }
        | Decision::Approve
        | Decision::Reject { .. } => {}
    }
}

fn blank_page((original, original_page): (usize, usize)) -> LeftOutPage {
    LeftOutPage {
        original,
        original_page,
        why: LeftOutReason::Blank,
        sheet: None,
    }
}
