//! Pictures of pages: one large with what was found on it marked, the others small beside it. The marks are drawn over the
//! picture by attributes alone (SVG), which the policy against styles and scripts from outside allows.

use maud::{Markup, html};

use super::item::Shown;
use super::words;
use crate::record::{Field, Source};
use crate::web::asked::Asked;
use crate::web::items::Item;
use crate::web::pictures::Layout;

/// Thumbnails at once; a batch may have two thousand pages.
const SMALL_MAX: usize = 12;
/// Values marked on one page.
const MARKS_MAX: usize = 60;

/// What was found on a page, in the order of the marks.
pub(super) fn fields_of(item: &Item, page: usize) -> Vec<&Field> {
    let is_here = |field: &&Field| {
        let number = field.page.and_then(|it| usize::try_from(it).ok());
        number == Some(page)
    };
    item.fields.iter().filter(is_here).take(MARKS_MAX).collect()
}

/// The page shown, and the way to the others.
pub(super) fn sheet(asked: &Asked, shown: &Shown<'_>) -> Markup {
    let lang = asked.lang;
    let (item, page) = (shown.item, shown.page);
    let place = format!("/worklist/{}", item.record);
    let at = item
        .pages
        .iter()
        .position(|it| it.number == page)
        .unwrap_or(0);
    let beside = |at: Option<usize>| at.and_then(|at| item.pages.get(at)).map(|it| it.number);
    let first = at.saturating_sub(SMALL_MAX / 2);
    html! {
        section.sheet aria-label=(lang.pick("Trang", "Page")) {
            nav.turner aria-label=(lang.pick("Các trang", "Pages")) {
                @if let Some(number) = beside(at.checked_sub(1)) {
                    a.button rel="prev" accesskey="p" href={ (place) "?page=" (number) } { "← " (lang.pick("Trước", "Previous")) }
                }
                strong { (lang.pick("Trang ", "Page ")) (page) "/" (item.pages.len()) }
                @for known in item.pages.iter().filter(|it| it.number == page) {
                    span.hint { (words::reading(known.reading, lang)) }
                    @if known.is_left_out { span.state.warn { (lang.pick("sẽ bỏ", "left out")) } }
                }
                @if let Some(number) = beside(at.checked_add(1)) {
                    a.button rel="next" accesskey="n" href={ (place) "?page=" (number) } { (lang.pick("Sau", "Next")) " →" }
                }
            }
            @match shown.layout {
                Some(layout) => (marked(asked, shown, layout)),
                None => p.notice.warn { (lang.pick("Không vẽ được trang này; xem tệp gốc.", "This page cannot be drawn; see the original.")) },
            }
            @if item.pages.len() > 1 {
                ol.strip {
                    @for other in item.pages.iter().skip(first).take(SMALL_MAX) {
                        li {
                            a href={ (place) "?page=" (other.number) } aria-current=[(other.number == page).then_some("page")] {
                                img src={ (place) "/pages/" (other.number) "?size=small" } loading="lazy"
                                    alt={ (lang.pick("Trang ", "Page ")) (other.number) };
                                (other.number)
                                @if other.is_left_out { " " (lang.pick("(bỏ)", "(out)")) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn marked(asked: &Asked, shown: &Shown<'_>, layout: Layout) -> Markup {
    let lang = asked.lang;
    let (width, height) = layout.shown;
    let fields = fields_of(shown.item, shown.page);
    let marks = (1..).zip(fields).filter_map(|(number, field)| {
        let corners = field.place?.map(|corner| layout.place(corner));
        let corners: Vec<[f64; 2]> = corners.into_iter().collect::<Option<_>>()?;
        Some((number, field, corners))
    });
    html! {
        svg.page viewBox={ "0 0 " (width) " " (height) } role="img"
            aria-label={ (lang.pick("Ảnh trang ", "Picture of page ")) (shown.page) } {
            image href={ "/worklist/" (shown.item.record) "/pages/" (shown.page) } width=(width) height=(height) {}
            @for (number, field, corners) in marks {
                g.mark.sure[field.source != Source::Ocr] {
                    title { (words::field(field.name, lang)) ": " (field.value) }
                    polygon points=(points(&corners)) {}
                    @let (x, y) = label(&corners);
                    text x=(x) y=(y) { (number) }
                }
            }
        }
    }
}

fn points(corners: &[[f64; 2]]) -> String {
    let points = corners.iter().map(|[x, y]| format!("{x:.1},{y:.1}"));
    points.collect::<Vec<_>>().join(" ")
}

/// Above the left upper corner of what is marked, inside the picture.
fn label(corners: &[[f64; 2]]) -> (String, String) {
    let least = |at: usize| {
        corners
            .iter()
            .map(|it| it[at])
            .fold(f64::INFINITY, f64::min)
    };
    let (x, y) = (least(0).max(0.0), (least(1) - 4.0).max(16.0));
    (format!("{x:.1}"), format!("{y:.1}"))
}
