use super::super::picture::Samples;
use super::*;

fn page(width: u32, height: u32, ink: impl Fn(u32, u32) -> u8) -> Picture {
    let samples = (0..height)
        .flat_map(|y| (0..width).map(move |x| (x, y)))
        .map(|(x, y)| ink(x, y))
        .collect();
    Picture {
        width,
        height,
        samples: Samples::Grey(samples),
    }
}

/// A bar 20 × 40 px at 300 dpi, or what it is at another scale.
fn bar(scale: u32, shift: u32) -> Picture {
    page(600 / scale, 800 / scale, |x, y| {
        let (x, y) = (x * scale, y * scale);
        let inside = (200 + shift..220 + shift).contains(&x) && (300..340).contains(&y);
        if inside { 0 } else { 255 }
    })
}

#[test]
fn the_same_page_at_two_scales_is_the_same() {
    let verdict = compare(&bar(1, 0), &bar(2, 0));
    assert!(verdict.mean < 0.1, "{verdict:?}");
    assert!(verdict.confirms() && !verdict.differs(), "{verdict:?}");
}

#[test]
fn a_shift_by_half_a_pixel_of_the_grid_is_no_difference() {
    let verdict = compare(&bar(1, 2), &bar(2, 0));
    assert!(verdict.confirms(), "{verdict:?}");
}

#[test]
fn a_letter_in_one_only_is_seen_from_both_sides() {
    let blank = page(300, 400, |_, _| 255);
    let extra = compare(&bar(1, 0), &blank);
    assert!(extra.fine_extra > 0 && extra.fine_lost == 0, "{extra:?}");
    assert!(extra.differs(), "ink in one, none in the other");
    let lost = compare(&page(600, 800, |_, _| 255), &bar(2, 0));
    assert!(lost.fine_lost > 0 && !lost.confirms(), "{lost:?}");
    assert!(lost.differs(), "{lost:?}");
}

/// Stripes of two levels over most of the page.
fn stripes(line: u8, ground: u8) -> Picture {
    page(600, 800, |x, y| {
        let inside = (60..540).contains(&x) && (60..740).contains(&y);
        match inside {
            true if y % 40 < 12 => line,
            true => ground,
            false => 255,
        }
    })
}

#[test]
fn other_tones_are_one_page_and_other_lines_are_not() {
    let plain = stripes(0, 160);
    let toned = compare(&plain, &stripes(60, 230));
    assert!(toned.mean > 40.0 && toned.structure > 0.8, "{toned:?}");
    assert!(!toned.differs(), "{toned:?}");
    let reversed = compare(&plain, &stripes(160, 0));
    assert!(
        reversed.structure < 0.5 && reversed.differs(),
        "{reversed:?}"
    );
    let flat = compare(&plain, &stripes(100, 100));
    assert!(flat.structure < 0.8 && flat.differs(), "{flat:?}");
}

#[test]
fn another_shape_is_another_page() {
    let ink = |x: u32, y: u32| if x < 200 && y < 200 { 0 } else { 255 };
    let verdict = compare(&page(800, 600, ink), &page(300, 400, ink));
    assert!(verdict.mean > 254.0 && verdict.differs(), "{verdict:?}");
    let blank = compare(&page(800, 600, |_, _| 255), &page(300, 400, |_, _| 255));
    assert!(!blank.differs(), "{blank:?}");
}

#[test]
fn a_light_tint_in_both_is_no_difference_and_in_one_it_is() {
    let tinted = |level| page(600, 800, move |_, y| if y < 400 { level } else { 255 });
    let alike = compare(&tinted(233), &tinted(235));
    assert!(alike.confirms() && alike.coarse_extra == 0, "{alike:?}");
    let lost = compare(&tinted(255), &tinted(233));
    assert!(lost.differs() && lost.coarse_lost > 0, "{lost:?}");
}

#[test]
fn tiny_pages_do_not_upset_it() {
    for (width, height) in [(1, 1), (1, 900), (7, 3)] {
        let tiny = page(width, height, |_, _| 0);
        let verdict = compare(&tiny, &tiny);
        assert!(verdict.mean < 0.1 && !verdict.differs(), "{verdict:?}");
    }
}
