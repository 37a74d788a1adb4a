use super::*;
use crate::compose::tests::{jpeg_page, read_page};

fn shown(page: &RecognisedPage) -> Option<String> {
    let image = jpeg_page(1);
    let geometry = PageGeometry::of(&image).expect("a page");
    let layer = TextLayer::of(page, &image, &geometry)?;
    let mut content = Content::new();
    layer.show(&mut content);
    Some(String::from_utf8_lossy(&content.finish()).into_owned())
}

#[test]
fn a_word_fills_its_box_and_one_space_the_gap() {
    // 200 dpi: 0.36 points a pixel, from the upper left corner of a page of 842.04 points.
    let page = read_page(&[("ab", 100.0), ("c", 300.0)]);
    let content = shown(&page).expect("text");
    let expected = "BT\n3 Tr\n/F0 14.4 Tf\n\
        1 0 0 1 36 770.04 Tm\n300 Tz\n(\\000a\\000b) Tj\n400 Tz\n(\\000 ) Tj\n\
        1 0 0 1 108 770.04 Tm\n300 Tz\n(\\000c) Tj\nET";
    assert_eq!(content, expected);
}

#[test]
fn letters_become_codes_that_level_u_allows() {
    let codes = |word: &str| -> Vec<u16> {
        codes_of(word)
            .chunks(2)
            .map(|code| u16::from_be_bytes([code[0], code[1]]))
            .collect()
    };
    assert_eq!(codes(" Việt\n"), [0x56, 0x69, 0x1EC7, 0x74]);
    assert_eq!(codes("Vie\u{302}\u{323}t"), codes("Việt"));
    assert_eq!(codes("a\tb\u{A0}c"), [0x61, 0x20, 0x62, 0x20, 0x63]);
    for strange in [
        '\0',
        '\u{7F}',
        '\u{FEFF}',
        '\u{FFFE}',
        '\u{FFFF}',
        '\u{E000}',
        '\u{1F600}',
    ] {
        assert_eq!(
            codes(&format!("a{strange}")),
            [0x61, REPLACEMENT],
            "{strange:?}"
        );
    }
    assert_eq!(codes(" \u{A0}"), [0; 0]);
}

#[test]
fn every_code_that_is_written_has_a_meaning() {
    let map = font::to_unicode();
    let number = |hex: &str| u32::from_str_radix(hex.trim_matches(['<', '>']), 16).expect("hex");
    let ranges: Vec<[u32; 3]> = map
        .lines()
        .filter_map(|line| {
            let numbers: Vec<_> = line.split(' ').map(str::to_owned).collect();
            let numbers: [String; 3] = numbers.try_into().ok()?;
            numbers[0]
                .starts_with('<')
                .then(|| numbers.map(|hex| number(&hex)))
        })
        .collect();
    assert_eq!(ranges.len(), 223);
    for [first, last, meaning] in &ranges {
        assert!(first == meaning && first >> 8 == last >> 8 && first < last);
    }
    for section in map.split("beginbfrange\n").skip(1) {
        let entries = section.lines().take_while(|line| line.starts_with('<'));
        assert!(entries.count() <= 100);
    }
    let has_meaning = |code: u32| {
        ranges
            .iter()
            .any(|[first, last, _]| (*first..=*last).contains(&code))
    };
    for letter in '\0'..=char::MAX {
        let code = u32::from(code_of(letter));
        assert!(has_meaning(code), "{letter:?}");
    }
    for forbidden in [0, 0xFEFF, 0xFFFE, 0xFFFF, 0xD800, 0xE000] {
        assert!(!has_meaning(forbidden), "{forbidden:04X}");
    }
}

#[test]
fn words_without_letters_or_place_are_left_out() {
    assert_eq!(shown(&read_page(&[])), None);
    assert_eq!(shown(&read_page(&[(" ", 100.0)])), None);
    let mut page = read_page(&[("a", 100.0)]);
    let whole = page.words[0].place.corners;
    for (corner, value) in [(0, f32::NAN), (1, f32::INFINITY), (3, 1e30), (3, -1e30)] {
        page.words[0].place.corners = whole;
        page.words[0].place.corners[corner][0] = value;
        assert_eq!(shown(&page), None, "{value}");
    }
    page.words[0].place.corners = [whole[0]; 4];
    assert_eq!(shown(&page), None, "a point");
    page.words[0].place.corners = [whole[0], whole[1], whole[1], whole[1]];
    assert_eq!(shown(&page), None, "a line");
}

#[test]
fn words_of_one_line_have_its_middle_height() {
    let mut page = read_page(&[("a", 100.0), ("|", 200.0), ("b", 300.0), ("d", 400.0)]);
    page.words[1].place.corners[3][1] -= 300.0;
    page.words[3].line = 1;
    page.words[3].place.corners[3][1] -= 10.0;
    let content = shown(&page).expect("text");
    let sizes: Vec<_> = content
        .lines()
        .filter(|line| line.ends_with("Tf"))
        .collect();
    assert_eq!(sizes, ["/F0 14.4 Tf", "/F0 18 Tf"]);
}

#[test]
fn words_that_touch_give_way_to_a_space() {
    // 60 pixels a letter are 21.6 points; a space has at least a fifth of 14.4 points.
    for (next, width, space) in [
        (160.0, 18.72, 2.88),
        (150.0, 15.12, 2.88),
        (90.0, 10.8, 2.88),
    ] {
        let content = shown(&read_page(&[("a", 100.0), ("b", next)])).expect("text");
        let scalings: Vec<f64> = content
            .lines()
            .filter_map(|line| line.strip_suffix(" Tz")?.parse().ok())
            .collect();
        let [word, gap, _] = scalings[..] else {
            panic!("{content}");
        };
        assert!((word * 0.072 - width).abs() < 0.01, "{next}: {word}");
        assert!((gap * 0.072 - space).abs() < 0.01, "{next}: {gap}");
    }
}

#[test]
fn a_word_that_climbs_little_is_laid_level() {
    let matrix = |climb: f32| {
        let mut page = read_page(&[("abcde", 100.0)]);
        for corner in [1, 2] {
            page.words[0].place.corners[corner][1] -= climb;
        }
        let content = shown(&page).expect("text");
        let line = content.lines().find(|line| line.ends_with("Tm"));
        line.expect("a matrix").to_owned()
    };
    assert_eq!(matrix(0.0), "1 0 0 1 36 770.04 Tm");
    // 4 pixels are 1.44 points: half of it up, so that the middle stays where it was.
    let levelled = matrix(4.0);
    assert!(
        levelled.starts_with("1 0 0 1 36") || levelled.starts_with("1 0 0 1 35.99"),
        "{levelled}"
    );
    assert!(levelled.ends_with(" 770.76 Tm"), "{levelled}");
    assert!(
        matrix(10.0).starts_with("0.9994 0.0333 0 1 36 "),
        "{}",
        matrix(10.0)
    );
}
