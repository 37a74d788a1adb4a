//! Which pages of the scan the document has, in which order and turned how.

use super::{Findings, PlannedPage};
use crate::config::BlankPages;
use crate::record::{Decision, LeftOutPage, LeftOutReason, PageReading};

/// The plan, and the pages that it leaves out. All pages in the scan's order, unless the profile drops
/// blank ones or people decided otherwise.
pub(super) fn of(findings: &Findings<'_>) -> (Vec<PlannedPage>, Vec<LeftOutPage>) {
    let mut pages: Vec<PlannedPage> = (0..findings.page_sources.len())
        .map(|number| PlannedPage { number, turned: 0 })
        .collect();
    if findings.batch.profile.blank.pages == BlankPages::Drop {
        pages.retain(|page| !is_blank(findings, page.number));
    }
    for taken in findings.decisions {
        apply(&taken.decision, &mut pages, findings);
    }
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

fn is_blank(findings: &Findings<'_>, number: usize) -> bool {
    findings
        .pages
        .get(number)
        .is_some_and(|read| read.page.reading == PageReading::Blank)
}

/// Page decisions count from 1, as people do. Only a blank page is ever dropped.
fn apply(decision: &Decision, pages: &mut Vec<PlannedPage>, findings: &Findings<'_>) {
    let named = |number: &u32, page: &PlannedPage| page.number + 1 == *number as usize;
    match decision {
        Decision::DropBlank { pages: dropped } => pages.retain(|page| {
            !is_blank(findings, page.number) || !dropped.iter().any(|number| named(number, page))
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
